"""Who receives which events: after interrupts and deletions, beside other clients, and from nodes with events of
their own.
"""

import asyncio
import uuid
from typing import Any

import httpx
import pytest

from tests.contract.servers import (
    ContractServer,
    Prompts,
    long_running,
    new_text,
    stepping,
    steps_node,
    text_prompt,
)
from tests.contract.stories import heard, short, stepped, story
from tests.emulator.wire import Event, Listener


@pytest.mark.parametrize("named", [True, False])
async def test_an_interrupt_is_told(
    client: httpx.AsyncClient, prompts: Prompts, server: ContractServer, client_id: str, named: bool
) -> None:
    await prompts.idle()
    async with Listener(server.host, client_id) as listener:
        prompt_id = await prompts.post(long_running(), client_id=client_id)
        await listener.until("progress")
        await client.post("/interrupt", json={"prompt_id": prompt_id} if named else None)
        await listener.until_end(prompt_id)
    assert story(listener)[-2:] == ["interrupted 1", "executing None"]
    interrupted = (await listener.until("execution_interrupted"))[1]
    assert interrupted.keys() == {"prompt_id", "node_id", "node_type", "executed", "timestamp"}
    assert not {"execution_success", "execution_error", "executed"} & set(listener.kinds())


async def test_a_deleted_prompt_is_not_heard_of(
    client: httpx.AsyncClient, prompts: Prompts, server: ContractServer, client_id: str
) -> None:
    await prompts.idle()
    other_id = uuid.uuid4().hex
    async with Listener(server.host, client_id) as listener:
        running = await prompts.post(long_running(), client_id=other_id)
        await prompts.running(running)
        waiting = await prompts.post(text_prompt(), client_id=client_id)
        before = listener.kinds().count("status")
        await client.post("/queue", json={"delete": [waiting]})
        await client.post("/interrupt", json={"prompt_id": running})
        await prompts.idle()
        await asyncio.sleep(0.1)
    assert story(listener) == []
    assert listener.kinds().count("status") > before
    assert (await client.get(f"/history/{waiting}")).json() == {}


async def test_events_go_to_the_client_of_the_prompt(prompts: Prompts, server: ContractServer, client_id: str) -> None:
    await prompts.idle()
    text = new_text()
    prompt = stepping() | {"3": text_prompt(text)["1"]}
    async with Listener(server.host, client_id) as listener, Listener(server.host, uuid.uuid4().hex) as other:
        prompt_id = await prompts.post(prompt, client_id=client_id)
        await listener.until_end(prompt_id)
        await other.until("progress_text", text=text)
        await asyncio.sleep(0.1)
    assert [short(event) for event in other.events if is_of(event, prompt_id, text)] == ["progress_text 3"]
    assert [event[1]["status"] for event in other.events if event[0] == "status"][-1] == {
        "exec_info": {"queue_remaining": 0}
    }


def is_of(event: Event, prompt_id: str, text: str) -> bool:
    return len(event) > 1 and (event[1].get("prompt_id") == prompt_id or event[1].get("text") == text)


async def test_a_prompt_without_a_client_is_heard_in_part_by_all(
    prompts: Prompts, server: ContractServer, client_id: str
) -> None:
    await prompts.idle()
    text = new_text()
    prompt = stepping() | {"3": text_prompt(text)["1"]}
    async with Listener(server.host, client_id) as listener:
        prompt_id = await prompts.post(prompt)
        await prompts.finished(prompt_id)
        await listener.until("progress", value=3, prompt_id=prompt_id)
        await asyncio.sleep(0.1)
    kinds = {event[0] for event in listener.events if is_of(event, prompt_id, text) or event[0] == "preview"}
    # Nobody said whether metadata is understood, so previews come plain.
    assert kinds == {"progress_state", "progress", "preview", "progress_text"}


async def test_an_interrupt_of_a_prompt_without_a_client_is_heard_by_all(
    client: httpx.AsyncClient, prompts: Prompts, server: ContractServer, client_id: str
) -> None:
    await prompts.idle()
    async with Listener(server.host, client_id) as listener:
        prompt_id = await prompts.post(long_running())
        await prompts.running(prompt_id)
        await client.post("/interrupt", json={"prompt_id": prompt_id})
        await listener.until("execution_interrupted", prompt_id=prompt_id)


async def test_events_of_a_custom_node(prompts: Prompts, server: ContractServer, client_id: str) -> None:
    inputs = {"event": "contract.event", "size": 100_000, "seed": uuid.uuid4().int >> 70}
    prompt = {"1": {"class_type": "ProbeCustomEvent", "inputs": inputs}}
    listener = await heard(prompts, server, client_id, prompt)
    assert story(listener) == [
        "start",
        "cached",
        "executing 1",
        "contract.event",
        "executed 1",
        "success",
        "executing None",
    ]
    assert (await listener.until("contract.event"))[1] == {"blob": "x" * 100_000, "seed": inputs["seed"]}
    assert (await listener.until("executed"))[1]["output"] == {"blob": ["y" * 100_000]}


async def test_pictures_sent_instead_of_saved(prompts: Prompts, server: ContractServer, client_id: str) -> None:
    prompt = {
        "1": steps_node(2, size=40),
        "2": {"class_type": "ProbeWebsocketImage", "inputs": {"images": ["1", 0]}},
    }
    listener = await heard(prompts, server, client_id, prompt)
    assert story(listener) == [
        "start",
        "cached",
        "executing 1",
        *stepped("1", 2),
        "executing 2",
        *stepped("2", 1),
        "success",
        "executing None",
    ]
    picture = next(event for event in listener.events if short(event) == "described_preview 2")
    assert (picture[1]["image_type"], picture[2:]) == ("image/png", ("PNG", (40, 40)))
    progress = next(event for event in listener.events if short(event) == "progress 2")
    assert (progress[1]["value"], progress[1]["max"]) == (0, 1)


async def test_the_same_id_twice_is_told_twice(prompts: Prompts, server: ContractServer, client_id: str) -> None:
    await prompts.idle()
    prompt_id = str(uuid.uuid4())
    async with Listener(server.host, client_id) as listener:
        for _ in range(2):
            await prompts.post(text_prompt(), prompt_id=prompt_id, client_id=client_id)
            await prompts.idle()
        await asyncio.sleep(0.2)
    once = ["start", "cached", "executing 1", "progress_text 1", "executed 1", "success", "executing None"]
    assert story(listener) == once * 2


@pytest.mark.parametrize("place", [{"front": True}, {"number": -7.5}])
async def test_a_place_in_the_queue_changes_no_event(
    prompts: Prompts, server: ContractServer, client_id: str, place: dict[str, Any]
) -> None:
    listener = await heard(prompts, server, client_id, stepping(1), **place)
    assert story(listener) == [
        "start",
        "cached",
        "executing 1",
        *stepped("1", 1),
        "executing 2",
        "executed 2",
        "success",
        "executing None",
    ]
