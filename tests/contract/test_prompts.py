"""Posting prompts: what is taken, what is refused, and with which words."""

import uuid
from typing import Any

import httpx
import pytest

from tests.contract.servers import ContractServer, Prompts, long_running, new_text, stepping, text_node, text_prompt
from tests.contract.test_system import JSON


async def refusal(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await client.post("/prompt", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, JSON)
    refused: dict[str, Any] = answer.json()
    assert refused.keys() == {"error", "node_errors"}
    assert refused["error"].keys() == {"type", "message", "details", "extra_info"}
    return refused


async def test_a_good_prompt_is_numbered_and_named(client: httpx.AsyncClient, prompts: Prompts) -> None:
    first = await prompts.posted(text_prompt())
    second = await prompts.posted(text_prompt())
    assert first.keys() == {"prompt_id", "number", "node_errors"}
    assert first["node_errors"] == {}
    assert str(uuid.UUID(first["prompt_id"])) == first["prompt_id"]
    assert second["number"] > first["number"]


async def test_the_client_chooses_the_id(prompts: Prompts) -> None:
    wanted = str(uuid.uuid4())
    posted = await prompts.posted(text_prompt(), prompt_id=wanted)
    assert posted["prompt_id"] == wanted
    await prompts.finished(wanted)


@pytest.mark.parametrize("odd", ["X", "0E31A0B8-CDEE-4374-A3A4-BAB62A408F15", "c6ad98123f1748819c975095f68eb854", 7])
async def test_odd_ids_are_refused_by_newer_servers(
    client: httpx.AsyncClient, prompts: Prompts, server: ContractServer, odd: object
) -> None:
    if server.is_old:
        assert (await prompts.posted(text_prompt(), prompt_id=odd))["prompt_id"] == str(odd)
        await prompts.finished(str(odd))
    else:
        refused = await refusal(client, prompt=text_prompt(), prompt_id=odd)
        assert refused["error"]["type"] == "invalid_prompt_id"


async def test_the_same_id_twice_runs_twice(prompts: Prompts, client: httpx.AsyncClient) -> None:
    prompt_id = await prompts.post(text_prompt("one"))
    await prompts.finished(prompt_id)
    again = await prompts.posted(text_prompt(second := new_text()), prompt_id=prompt_id)
    assert again["prompt_id"] == prompt_id
    await prompts.idle()
    entry = await prompts.finished(prompt_id)
    assert entry["outputs"] == {"1": {"text": [second]}}


@pytest.mark.parametrize("body", [{}, {"front": True}, [], ["x"]])
async def test_a_body_without_a_prompt_is_refused(client: httpx.AsyncClient, body: object) -> None:
    answer = await client.post("/prompt", json=body)
    assert (answer.status_code, answer.json()["node_errors"]) == (400, {})
    assert answer.json()["error"] == {
        "type": "no_prompt",
        "message": "No prompt provided",
        "details": "No prompt provided",
        "extra_info": {},
    }


async def test_a_prompt_without_outputs_is_refused(client: httpx.AsyncClient) -> None:
    for prompt in ({}, {"1": stepping()["1"]}):
        refused = await refusal(client, prompt=prompt)
        assert refused["error"]["type"] == "prompt_no_outputs"
        assert refused["node_errors"] == {}


async def test_an_unknown_node_is_named(client: httpx.AsyncClient, server: ContractServer) -> None:
    prompt = {"7": {"class_type": "NoSuchNode", "inputs": {}, "_meta": {"title": "Mine"}}}
    error = (await refusal(client, prompt=prompt))["error"]
    assert error["details"] == "Node ID '#7'"
    if server.is_old:
        assert error["type"] == "invalid_prompt"
        assert error["message"] == "Cannot execute because node NoSuchNode does not exist."
    else:
        assert error["type"] == "missing_node_type"
        assert error["message"] == "Node 'Mine' not found. The custom node may not be installed."
        assert error["extra_info"] == {"node_id": "7", "class_type": "NoSuchNode", "node_title": "Mine"}


async def test_a_node_without_a_class_is_named(client: httpx.AsyncClient, server: ContractServer) -> None:
    error = (await refusal(client, prompt={"7": {"inputs": {}}}))["error"]
    assert error["type"] == ("invalid_prompt" if server.is_old else "missing_node_type")
    assert error["details"] == "Node ID '#7'"


@pytest.mark.parametrize(
    ("inputs", "kind", "message"),
    [
        ({"width": 0}, "value_smaller_than_min", "Value 0 smaller than min of 1"),
        ({"width": 99999}, "value_bigger_than_max", "Value 99999 bigger than max of 8192"),
        ({"width": "wide"}, "invalid_input_type", "Failed to convert an input value to a INT value"),
        ({"preview": "GIF"}, "value_not_in_list", "Value not in list"),
        ({"width": None}, "invalid_input_type", "Failed to convert an input value to a INT value"),
        (
            {"width": ["9", 0, 0]},
            "bad_linked_input",
            "Bad linked input, must be a length-2 list of [node_id, slot_index]",
        ),
    ],
)
async def test_a_bad_input_is_named(client: httpx.AsyncClient, inputs: dict[str, Any], kind: str, message: str) -> None:
    prompt = stepping()
    prompt["1"]["inputs"] |= inputs
    refused = await refusal(client, prompt=prompt)
    assert refused["error"]["type"] == "prompt_outputs_failed_validation"
    entry = refused["node_errors"]["1"]
    assert (entry["class_type"], entry["dependent_outputs"]) == ("ProbeSteps", ["2"])
    (error,) = entry["errors"]
    assert (error["type"], error["message"]) == (kind, message)
    assert error["extra_info"]["input_name"] == next(iter(inputs))
    assert error["extra_info"]["received_value"] == next(iter(inputs.values()))


async def test_a_missing_input_is_named(client: httpx.AsyncClient) -> None:
    prompt = stepping()
    del prompt["1"]["inputs"]["steps"]
    (error,) = (await refusal(client, prompt=prompt))["node_errors"]["1"]["errors"]
    assert error == {
        "type": "required_input_missing",
        "message": "Required input is missing",
        "details": "steps",
        "extra_info": {"input_name": "steps"},
    }


async def test_a_link_of_the_wrong_type_is_named(client: httpx.AsyncClient) -> None:
    prompt = {"1": text_node(), "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}}
    answer = await client.post("/prompt", json={"prompt": {"1": prompt["1"], "2": prompt["2"]}})
    # The text alone is an output of its own and runs.
    assert answer.status_code == 200
    (error,) = answer.json()["node_errors"]["2"]["errors"]
    assert error["type"] == "return_type_mismatch"
    assert error["details"] == "images, received_type(STRING) mismatch input_type(IMAGE)"
    assert error["extra_info"]["linked_node"] == ["1", 0]
    await client.post("/history", json={"delete": [answer.json()["prompt_id"]]})


async def test_a_link_to_nowhere_is_refused(client: httpx.AsyncClient) -> None:
    prompt = {"2": {"class_type": "PreviewImage", "inputs": {"images": ["99", 0]}}}
    refused = await refusal(client, prompt=prompt)
    (error,) = refused["node_errors"]["2"]["errors"]
    assert error["type"] == "exception_during_validation"
    assert error["extra_info"]["exception_type"] == "KeyError"


async def test_a_loop_is_named_by_newer_servers(client: httpx.AsyncClient, server: ContractServer) -> None:
    prompt = {
        "1": {"class_type": "ProbeFail", "inputs": {"message": "a", "image": ["2", 0]}},
        "2": {"class_type": "ProbeFail", "inputs": {"message": "b", "image": ["1", 0]}},
        "3": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }
    refused = await refusal(client, prompt=prompt)
    assert refused["error"]["type"] == "prompt_outputs_failed_validation"
    kinds = {error["type"] for entry in refused["node_errors"].values() for error in entry["errors"]}
    assert ("dependency_cycle" in kinds) is not server.is_old


async def test_an_invalid_branch_is_dropped_and_the_rest_runs(prompts: Prompts) -> None:
    prompt = stepping() | {"3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}}
    posted = await prompts.posted(prompt)
    assert list(posted["node_errors"]) == ["3"]
    assert posted["node_errors"]["3"]["errors"][0]["type"] == "required_input_missing"
    entry = await prompts.finished(posted["prompt_id"])
    assert list(entry["outputs"]) == ["2"]
    assert entry["prompt"][4] == ["2"]


async def test_constants_are_converted(prompts: Prompts) -> None:
    prompt = stepping()
    prompt["1"]["inputs"] |= {"width": "24", "height": 24.7}
    entry = await prompts.run(prompt)
    inputs = entry["prompt"][2]["1"]["inputs"]
    assert (inputs["width"], inputs["height"]) == (24, 24)


async def test_partial_targets_choose_outputs(client: httpx.AsyncClient, prompts: Prompts) -> None:
    prompt = stepping() | {"3": text_node()}
    entry = await prompts.run(prompt, partial_execution_targets=["2"])
    assert (entry["prompt"][4], list(entry["outputs"])) == (["2"], ["2"])
    refused = await refusal(client, prompt=prompt, partial_execution_targets=["99"])
    assert refused["error"]["type"] == "prompt_no_outputs"


@pytest.mark.parametrize("content", [b"{", b"", b"null", b'{"prompt": [], "number": "x"}'])
async def test_a_body_that_is_no_object_breaks_the_request(client: httpx.AsyncClient, content: bytes) -> None:
    answer = await client.post("/prompt", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("500 Internal Server Error")


async def test_an_empty_list_is_no_prompt(client: httpx.AsyncClient, server: ContractServer) -> None:
    answer = await client.post("/prompt", json={"prompt": []})
    if server.is_old:
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "prompt_no_outputs")
    else:
        assert answer.status_code == 500


@pytest.mark.parametrize(
    ("class_type", "error"),
    [
        ("EmptyImage", "prompt_no_outputs"),
        ("SaveImage", "prompt_outputs_failed_validation"),
    ],
)
async def test_inputs_that_are_null_break_newer_servers(
    client: httpx.AsyncClient, server: ContractServer, class_type: str, error: str
) -> None:
    answer = await client.post("/prompt", json={"prompt": {"1": {"class_type": class_type, "inputs": None}}})
    if not server.is_old:
        assert answer.status_code == 500
        return
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, error)
    for entry in answer.json()["node_errors"].values():
        assert [each["type"] for each in entry["errors"]] == ["exception_during_validation"]
        assert entry["errors"][0]["extra_info"]["exception_type"] == "TypeError"


@pytest.mark.parametrize("inputs", [[], ["images"], "", "images"], ids=repr)
async def test_inputs_that_are_lists_or_text_break_newer_servers(
    client: httpx.AsyncClient, server: ContractServer, inputs: object
) -> None:
    answer = await client.post("/prompt", json={"prompt": {"1": {"class_type": "PreviewImage", "inputs": inputs}}})
    if not server.is_old:
        assert answer.status_code == 500
        return
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "prompt_outputs_failed_validation")
    (error,) = answer.json()["node_errors"]["1"]["errors"]
    assert error["type"] == ("exception_during_validation" if inputs else "required_input_missing")


async def test_numbers_decide_the_order(prompts: Prompts, client: httpx.AsyncClient) -> None:
    await prompts.idle()
    blocking = await prompts.post(long_running())
    await prompts.running(blocking)
    last = await prompts.posted(text_prompt(), number=1_000_000)
    ordinary = await prompts.posted(text_prompt())
    front = await prompts.posted(text_prompt(), front=True)
    assert last["number"] == 1_000_000
    assert front["number"] < 0 < ordinary["number"]
    expected = [each["prompt_id"] for each in (front, ordinary, last)]
    waiting = sorted((await prompts.queue())["queue_pending"], key=lambda item: float(item[0]))
    assert [item[1] for item in waiting if item[1] in expected] == expected
    await client.post("/interrupt", json={"prompt_id": blocking})
    await prompts.finished(expected[-1])
    order = [prompt_id for prompt_id in (await client.get("/history")).json() if prompt_id in expected]
    assert order == expected


async def test_how_much_is_left(prompts: Prompts, client: httpx.AsyncClient) -> None:
    await prompts.idle()
    answer = await client.get("/prompt")
    assert (answer.status_code, answer.json()) == (200, {"exec_info": {"queue_remaining": 0}})
    await prompts.post(long_running())
    await prompts.post(text_prompt())
    assert (await client.get("/prompt")).json()["exec_info"]["queue_remaining"] >= 2
