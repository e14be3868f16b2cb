"""Python functions become nodes: their inputs by annotation, their outputs by what they return."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from PIL import Image as PillowImage

import comfy_emulator
from comfy_emulator import Execution, Image, Limits, Mask, Ui
from tests import plain_http
from tests.emulator.wire import Listener, finished, post


def darken(
    image: Image, amount: Annotated[float, Limits(least=0, greatest=1)] = 0.5, mode: Literal["a", "b"] = "a"
) -> Image:
    """Makes pictures darker."""
    return [picture.point(lambda level: level * amount) for picture in image]


@comfy_emulator.node(name="Show Text", category="tests", display_name="Show")
def show_text(text: str, times: int = 1, loud: bool = False, mask: Mask | None = None) -> Ui:
    return Ui({"text": [text.upper() if loud else text] * times})


def split(text: str) -> tuple[str, int]:
    return text[:1], len(text)


@comfy_emulator.node(output_node=True)
def report(execution: Execution, number: int) -> None:
    execution.progress(1, 2, PillowImage.new("RGB", (8, 8)), preview_size=None)
    execution.text(f"at {execution.node_id}")
    execution.event("tests.number", {"number": number})


@comfy_emulator.node(output_node=True)
def fail() -> str:
    raise LookupError("no luck")


NODES: list[Callable[..., Any]] = [darken, show_text, split, report, fail]


def definition(name: str) -> dict[str, Any]:
    with comfy_emulator.running(nodes=NODES) as server:
        found: dict[str, Any] = plain_http.get(f"{server.url}/object_info/{name}").json()[name]
        return found


def test_inputs_derive_from_annotations() -> None:
    described = definition("darken")
    assert described["input"]["required"] == {
        "image": ["IMAGE"],
        "amount": ["FLOAT", {"default": 0.5, "min": 0, "max": 1}],
        "mode": [["a", "b"], {"default": "a"}],
    }
    assert described["output"] == ["IMAGE"]
    assert described["output_node"] is False
    assert described["description"] == "Makes pictures darker."


def test_a_decorator_gives_details() -> None:
    described = definition("Show Text")
    assert described["input"]["optional"] == {"mask": ["MASK"]}
    assert (described["category"], described["display_name"], described["output_node"]) == ("tests", "Show", True)
    assert show_text("a").content == {"text": ["a"]}


def test_several_outputs_come_from_a_tuple() -> None:
    assert definition("split")["output"] == ["STRING", "INT"]


async def test_functions_run_as_nodes() -> None:
    prompt: dict[str, Any] = {
        "1": {"class_type": "split", "inputs": {"text": "hello"}},
        "2": {"class_type": "Show Text", "inputs": {"text": ["1", 0], "times": ["1", 1], "loud": True}},
        "3": {"class_type": "report", "inputs": {"number": 7}},
    }
    with comfy_emulator.running(nodes=NODES) as server:
        async with plain_http.AsyncClient(base_url=server.url) as client, Listener(server.host, "me") as listener:
            posted = await post(client, prompt, client_id="me")
            await listener.until_end(posted["prompt_id"])
            assert (await listener.until("executed"))[1]["output"] == {"text": ["H"] * 5}
            assert (await listener.until("tests.number"))[1] == {"number": 7}
            assert (await listener.until("progress_text"))[1] == {"node": "3", "text": "at 3"}
            assert (await listener.until("described_preview"))[3] == (8, 8)


async def test_what_a_function_raises_fails_the_prompt() -> None:
    with comfy_emulator.running(nodes=NODES) as server:
        async with plain_http.AsyncClient(base_url=server.url) as client:
            posted = await post(client, {"1": {"class_type": "fail", "inputs": {}}})
            record = await finished(client, posted["prompt_id"])
    name, data = record["status"]["messages"][-1]
    assert name == "execution_error"
    assert (data["exception_type"], data["exception_message"]) == ("LookupError", "no luck\n")
    assert "raise LookupError" in data["traceback"][-1]


def test_an_annotation_that_names_no_input_is_refused() -> None:
    def odd(value: dict[str, int]) -> None: ...

    def bare(value) -> None: ...  # type: ignore[no-untyped-def]

    for function in (odd, bare):
        with pytest.raises(TypeError, match="parameter value"), comfy_emulator.running(nodes=[function]):
            pass
