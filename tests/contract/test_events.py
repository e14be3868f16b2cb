"""The events of a prompt: their order and what they carry."""

import asyncio
import uuid

import httpx

from tests.contract.servers import (
    ContractServer,
    Prompts,
    new_text,
    preview_of,
    save_of,
    stepping,
    steps_node,
    text_prompt,
    two_pictures_and_text,
)
from tests.contract.stories import heard, short, stepped, story
from tests.emulator.wire import Listener


async def test_events_come_in_order(prompts: Prompts, server: ContractServer, client_id: str) -> None:
    listener = await heard(prompts, server, client_id, two_pictures_and_text())
    told = story(listener)
    assert told[:-6] == [
        "start",
        "cached",
        "executing 3",
        "progress_text 3",
        "executed 3",
        "executing 1",
        *stepped("1", 3),
    ]
    two, four = ["executing 2", "executed 2"], ["executing 4", "executed 4"]
    # Which of the two goes first differs from one start of a real server to the next.
    assert told[-6:-2] in (two + four, four + two)
    assert told[-2:] == ["success", "executing None"]


async def test_the_state_of_progress_is_told_around_each_node(
    prompts: Prompts, server: ContractServer, client_id: str
) -> None:
    listener = await heard(prompts, server, client_id, stepping())
    states = [
        {node: (each["state"], each["value"], each["max"]) for node, each in event[1]["nodes"].items()}
        for event in listener.events
        if event[0] == "progress_state"
    ]
    finished = ("finished", 3, 3)
    assert states == [
        {"1": ("running", 0, 1)},
        {"1": ("running", 1, 3)},
        {"1": ("running", 2, 3)},
        {"1": ("running", 3, 3)},
        {"1": finished},
        {"1": finished, "2": ("running", 0, 1)},
        {"1": finished, "2": ("finished", 1, 1)},
    ]
    entry = listener.events[[event[0] for event in listener.events].index("progress_state")][1]["nodes"]["1"]
    assert entry["display_node_id"] == entry["real_node_id"] == entry["node_id"] == "1"
    assert entry["parent_node_id"] is None


async def test_what_events_carry(prompts: Prompts, server: ContractServer, client_id: str) -> None:
    text = new_text()
    prompt = stepping() | {"3": text_prompt(text)["1"]}
    listener = await heard(prompts, server, client_id, prompt)
    data = {short(event): event[1:] for event in listener.events if event != ("closed",)}
    prompt_id = data["start"][0]["prompt_id"]
    assert data["start"][0].keys() == data["success"][0].keys() == {"prompt_id", "timestamp"}
    assert data["cached"][0].keys() == {"nodes", "prompt_id", "timestamp"}
    assert data["executing 1"][0] == {"node": "1", "display_node": "1", "prompt_id": prompt_id}
    assert data["executing None"][0] == {"node": None, "prompt_id": prompt_id}
    assert data["progress 1"][0] == {"value": 3, "max": 3, "prompt_id": prompt_id, "node": "1"}
    assert data["progress_text 3"][0] == {"node": "3", "text": text}
    assert data["executed 3"][0] == {
        "node": "3",
        "display_node": "3",
        "output": {"text": [text]},
        "prompt_id": prompt_id,
    }
    described, picture_format, size = data["described_preview 1"]
    assert described == {
        "node_id": "1",
        "prompt_id": prompt_id,
        "display_node_id": "1",
        "parent_node_id": None,
        "real_node_id": "1",
        "image_type": "image/jpeg",
    }
    # Previews are made as large as the node allows, whatever the size of the picture.
    assert (picture_format, size) == ("JPEG", (512, 512))


async def test_the_queue_is_told_around_the_prompt(prompts: Prompts, server: ContractServer, client_id: str) -> None:
    listener = await heard(prompts, server, client_id, stepping())
    first, *later = [event[1] for event in listener.events if event[0] == "status"]
    assert first == {"status": {"exec_info": {"queue_remaining": 0}}, "sid": client_id}
    assert later[0] == {"status": {"exec_info": {"queue_remaining": 1}}}
    kinds = listener.kinds()
    assert "status" in kinds[kinds.index("execution_success") :]
    assert kinds.index("execution_success") < len(kinds) - kinds[::-1].index("status")


async def test_the_history_is_written_before_the_last_event(
    prompts: Prompts, server: ContractServer, client: httpx.AsyncClient, client_id: str
) -> None:
    await prompts.idle()
    async with Listener(server.host, client_id) as listener:
        for _ in range(5):
            prompt_id = await prompts.post(text_prompt(), client_id=client_id)
            await listener.until_end(prompt_id)
            assert list((await client.get(f"/history/{prompt_id}")).json()) == [prompt_id]


async def test_without_feature_flags_previews_are_plain(
    prompts: Prompts, server: ContractServer, client_id: str
) -> None:
    await prompts.idle()
    async with Listener(server.host, client_id, feature_flags=False) as listener:
        await listener.until_end(await prompts.post(stepping(), client_id=client_id))
    assert story(listener)[3:9] == ["progress 1", "preview"] * 3
    assert "feature_flags" not in listener.kinds()
    (preview, *_) = (event for event in listener.events if event[0] == "preview")
    assert preview == ("preview", {"format": 1}, "JPEG", (512, 512))


async def test_png_previews(prompts: Prompts, server: ContractServer, client_id: str) -> None:
    listener = await heard(prompts, server, client_id, stepping(1, preview="PNG"))
    (preview,) = (event for event in listener.events if event[0] == "described_preview")
    assert (preview[1]["image_type"], preview[2]) == ("image/png", "PNG")


async def test_progress_without_previews_is_thinned_out_by_newer_servers(
    prompts: Prompts, server: ContractServer, client_id: str
) -> None:
    listener = await heard(prompts, server, client_id, stepping(100, delay_ms=2, preview="none"))
    values = [event[1]["value"] for event in listener.events if event[0] == "progress"]
    assert (values[0], values[-1]) == (1, 100)
    assert values == sorted(values)
    assert (len(values) == 100) is server.is_old


async def test_a_prompt_that_ran_before_comes_from_the_cache(
    prompts: Prompts, server: ContractServer, client_id: str
) -> None:
    prompt = two_pictures_and_text()
    await prompts.run(prompt)
    listener = await heard(prompts, server, client_id, prompt)
    told = story(listener)
    assert told[:2] == ["start", "cached"]
    assert sorted(told[2:-2]) == ["executed 2", "executed 3", "executed 4"]
    assert told[-2:] == ["success", "executing None"]
    cached = (await listener.until("execution_cached"))[1]["nodes"]
    assert sorted(cached) == ["1", "2", "3", "4"]
    states = [event[1]["nodes"] for event in listener.events if event[0] == "progress_state"]
    # Nodes upstream of the outputs are never touched.
    assert sorted(states[-1]) == ["2", "3", "4"]
    assert {each["state"] for each in states[-1].values()} == {"finished"}


async def test_a_changed_prompt_comes_from_the_cache_in_part(
    prompts: Prompts, server: ContractServer, client_id: str
) -> None:
    prompt = stepping()
    await prompts.run(prompt)
    listener = await heard(prompts, server, client_id, prompt | {"3": save_of("1", uuid.uuid4().hex)})
    cached = (await listener.until("execution_cached"))[1]["nodes"]
    assert sorted(cached) == ["1", "2"]
    told = story(listener)
    assert sorted(told[2:-2]) == ["executed 2", "executed 3", "executing 3"]


async def test_text_nodes_are_cached_by_their_id(prompts: Prompts, server: ContractServer, client_id: str) -> None:
    text = new_text()
    await prompts.run({"1": text_prompt(text)["1"]})
    listener = await heard(prompts, server, client_id, {"2": text_prompt(text)["1"]})
    assert (await listener.until("execution_cached"))[1]["nodes"] == []


async def test_partial_targets_run_what_they_need(prompts: Prompts, server: ContractServer, client_id: str) -> None:
    prompt = two_pictures_and_text()
    listener = await heard(prompts, server, client_id, prompt, partial_execution_targets=["4"])
    told = story(listener)
    expected = ["executing 1", *stepped("1", 3), "executing 4", "executed 4"]
    assert told == ["start", "cached", *expected, "success", "executing None"]


async def test_an_invalid_branch_does_not_run(prompts: Prompts, server: ContractServer, client_id: str) -> None:
    prompt = stepping() | {"3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}}
    listener = await heard(prompts, server, client_id, prompt)
    assert [each for each in story(listener) if each.startswith("executing")] == [
        "executing 1",
        "executing 2",
        "executing None",
    ]


async def test_a_refused_prompt_is_not_heard_of(
    client: httpx.AsyncClient, prompts: Prompts, server: ContractServer, client_id: str
) -> None:
    await prompts.idle()
    async with Listener(server.host, client_id) as listener:
        for prompt in ({}, {"1": {"class_type": "NoSuchNode", "inputs": {}}}, {"1": steps_node()}):
            answer = await client.post("/prompt", json={"prompt": prompt, "client_id": client_id})
            assert answer.status_code == 400
        await asyncio.sleep(0.1)
    assert story(listener) == []


async def test_a_failure_is_told(prompts: Prompts, server: ContractServer, client_id: str) -> None:
    prompt = {
        "1": steps_node(),
        "2": {"class_type": "ProbeFail", "inputs": {"message": "bad input ✗", "image": ["1", 0]}},
        "3": preview_of("2"),
        "4": preview_of("1"),
    }
    listener = await heard(prompts, server, client_id, prompt)
    assert story(listener)[-4:] == ["executed 4", "executing 2", "error 2", "executing None"]
    failure = (await listener.until("execution_error"))[1]
    assert failure["node_type"] == "ProbeFail"
    assert sorted(failure["executed"]) == ["1", "4"]
    assert (failure["exception_type"], failure["exception_message"]) == ("ValueError", "bad input ✗\n")
    assert failure.keys() >= {"traceback", "current_inputs", "current_outputs", "timestamp"}
