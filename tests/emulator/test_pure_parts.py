"""What the emulator decides without input and output: order, signatures, types, pictures."""

import io

import pytest
from PIL import Image as PillowImage

from comfy_emulator.frames import encode_preview, shown_size
from comfy_emulator.graph import ExecutionOrder
from comfy_emulator.json_types import Prompt
from comfy_emulator.node_types import NodeClass
from comfy_emulator.picture import Recipe, paint
from comfy_emulator.signature import signatures
from comfy_emulator.validation import types_match, validate_prompt
from comfy_emulator.versions import VERSIONS

NEWER, OLDER = VERSIONS["0.33.0"], VERSIONS["0.3.64"]
CATALOGUE = {
    "Source": NodeClass("Source", lambda: {"required": {"n": ["INT", {"min": 0}]}}, ("X",), lambda _e, n: (n,)),
    "Step": NodeClass("Step", lambda: {"required": {"x": ["X"]}}, ("X",), lambda _e, x: (x,)),
    "End": NodeClass("End", lambda: {"required": {"x": ["X"]}}, (), lambda _e, x: (), output_node=True),
}


def node(class_type: str, **inputs: object) -> dict[str, object]:
    return {"class_type": class_type, "inputs": inputs}


def order_of(prompt: Prompt, outputs: list[str], cached: tuple[str, ...] = ()) -> list[str]:
    order = ExecutionOrder(prompt, outputs, lambda each: prompt[each]["class_type"] == "End", cached.__contains__)
    found: list[str] = []
    while order:
        found.append(order.next_node())
        order.finish(found[-1])
    return found


def test_what_feeds_an_output_directly_goes_first() -> None:
    prompt: Prompt = {
        "a": node("Source", n=1),
        "b": node("Step", x=["a", 0]),
        "c": node("Step", x=["b", 0]),
        "long": node("End", x=["c", 0]),
        "short": node("End", x=["a", 0]),
    }
    assert order_of(prompt, ["long", "short"]) == ["a", "short", "b", "c", "long"]
    assert order_of(prompt, ["long"], cached=("b",)) == ["c", "long"]


def test_nodes_that_wait_for_each_other_end_the_order() -> None:
    prompt: Prompt = {"a": node("Step", x=["b", 0]), "b": node("Step", x=["a", 0]), "e": node("End", x=["a", 0])}
    with pytest.raises(LookupError):
        order_of(prompt, ["e"])


def test_signatures_depend_on_all_that_comes_before_but_not_on_ids() -> None:
    one = signatures({"a": node("Source", n=1), "e": node("End", x=["a", 0])}, CATALOGUE)
    same = signatures({"k": node("Source", n=1), "z": node("End", x=["k", 0])}, CATALOGUE)
    other = signatures({"a": node("Source", n=2), "e": node("End", x=["a", 0])}, CATALOGUE)
    assert list(one.values()) == list(same.values())
    assert one["e"] != other["e"]


def test_checking_a_prompt_leaves_the_original_alone() -> None:
    prompt: Prompt = {"a": node("Source", n="5"), "e": node("End", x=["a", 0])}
    verdict = validate_prompt(prompt, CATALOGUE, NEWER)
    assert verdict.prompt["a"]["inputs"] == {"n": 5}
    assert prompt["a"]["inputs"] == {"n": "5"}


def test_loops_are_named_only_by_the_newer_version() -> None:
    prompt: Prompt = {"a": node("Step", x=["b", 0]), "b": node("Step", x=["a", 0]), "e": node("End", x=["a", 0])}
    newer, older = (validate_prompt(prompt, CATALOGUE, version) for version in (NEWER, OLDER))
    assert [each["type"] for each in newer.node_errors["a"]["errors"]] == ["dependency_cycle"]
    assert newer.node_errors["a"]["errors"][0]["details"] == "a (Step) -> b (Step) -> a (Step)"
    assert older.error is not None
    assert older.node_errors == {}


@pytest.mark.parametrize(
    ("received", "wanted", "fits"),
    [("X", "X", True), ("X", "Y", False), ("*", "Y", True), ("X,Y", "Y", True), ("X", ["a"], False)],
)
def test_types_match(received: str, wanted: object, fits: bool) -> None:
    assert types_match(received, wanted) is fits


def test_a_recipe_gives_one_picture() -> None:
    recipe = Recipe("a lighthouse", "rain", 1, 20, 7.0)
    assert paint(recipe, (64, 32)).tobytes() == paint(recipe, (64, 32)).tobytes()
    assert paint(recipe, (64, 32)).tobytes() != paint(Recipe("a cat", "rain", 1, 20, 7.0), (64, 32)).tobytes()


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((64, 64), (512, 512)),
        ((64, 48), (512, 384)),
        ((48, 64), (384, 512)),
        ((1024, 1000), (512, 500)),
        ((8192, 1), (512, 1)),
        ((1, 8192), (1, 512)),
    ],
)
def test_previews_are_scaled_by_their_longer_edge(size: tuple[int, int], shown: tuple[int, int]) -> None:
    preview = encode_preview(PillowImage.new("RGB", size), "JPEG", 512)
    with PillowImage.open(io.BytesIO(preview.data)) as picture:
        assert picture.size == shown_size(size, 512) == shown
