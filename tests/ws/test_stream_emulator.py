"""Streams from an emulated ComfyUI: a prompt from its first event to its last, a drop, and refusals."""

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

import comfy_emulator
from comfy_ws import (
    ConnectFailedError,
    Event,
    EventStream,
    Executed,
    Executing,
    ExecutionCached,
    ExecutionError,
    ExecutionStart,
    ExecutionSuccess,
    FeatureFlags,
    HandshakeRejectedError,
    PreviewImage,
    Progress,
    ProgressState,
    Reconnected,
    Status,
    websocket_url,
)
from tests import plain_http
from tests.ws.sockets import QUICK
from tests.ws.streams import next_of


@pytest.fixture(scope="module")
def comfy() -> Iterator[comfy_emulator.RunningServer]:
    with comfy_emulator.running() as running:
        yield running


def prompt(seed: int, fails: bool = False) -> dict[str, Any]:
    steps = {"seed": seed, "steps": 3, "delay_ms": 1, "width": 16, "height": 16, "preview": "JPEG"}
    graph: dict[str, Any] = {"1": {"class_type": "ProbeSteps", "inputs": steps}}
    source = ["1", 0]
    if fails:
        graph["2"] = {"class_type": "ProbeFail", "inputs": {"message": "no ☃", "image": source}}
        source = ["2", 0]
    graph["3"] = {"class_type": "PreviewImage", "inputs": {"images": source}}
    return graph


async def post(server: comfy_emulator.RunningServer, client_id: str, graph: dict[str, Any]) -> str:
    async with plain_http.AsyncClient(base_url=server.url) as client:
        answer = await client.post("/prompt", json={"prompt": graph, "client_id": client_id})
    return str(answer.raise_for_status().json()["prompt_id"])


async def events_of(stream: EventStream, prompt_id: str) -> list[Event]:
    """Everything up to the last event of a prompt."""
    events = [await next_of(stream)]
    while not (isinstance(events[-1], Executing) and events[-1].node is None):
        events.append(await next_of(stream))
    assert isinstance(events[-1], Executing)
    assert events[-1].prompt_id == prompt_id
    return events


async def test_a_stream_begins_with_the_status_and_the_servers_flags(comfy: comfy_emulator.RunningServer) -> None:
    client_id = uuid.uuid4().hex
    async with EventStream(websocket_url(comfy.url, client_id)) as stream:
        status, flags = await next_of(stream), await next_of(stream)
    assert isinstance(status, Status)
    assert (status.sid, status.queue_remaining) == (client_id, 0)
    assert isinstance(flags, FeatureFlags)
    assert flags.data["supports_preview_metadata"] is True


async def test_the_events_of_a_prompt_come_in_their_order(comfy: comfy_emulator.RunningServer) -> None:
    client_id = uuid.uuid4().hex
    async with EventStream(websocket_url(comfy.url, client_id)) as stream:
        prompt_id = await post(comfy, client_id, prompt(seed=1))
        events = await events_of(stream, prompt_id)
    milestones = [
        event
        for event in events
        if not isinstance(event, (Status, FeatureFlags, Progress, ProgressState, PreviewImage))
    ]
    assert [type(event) for event in milestones] == [
        ExecutionStart,
        ExecutionCached,
        Executing,
        Executing,
        Executed,
        ExecutionSuccess,
        Executing,
    ]
    assert {getattr(event, "prompt_id", None) for event in milestones} == {prompt_id}
    assert [event.node for event in milestones if isinstance(event, Executing)] == ["1", "3", None]
    steps = [event for event in events if isinstance(event, Progress)]
    assert [event.value for event in steps] == sorted(event.value for event in steps)
    assert (steps[-1].value, steps[-1].max, steps[-1].node) == (3, 3, "1")
    previews = [event for event in events if isinstance(event, PreviewImage)]
    assert {(event.prompt_id, event.node_id, event.mime_type) for event in previews} == {(prompt_id, "1", "image/jpeg")}
    states = [event for event in events if isinstance(event, ProgressState)]
    assert {node.state for node in states[-1].nodes.values()} == {"finished"}
    (output,) = (event.output for event in events if isinstance(event, Executed))
    assert output["images"][0]["type"] == "temp"


async def test_a_node_that_raises_is_told(comfy: comfy_emulator.RunningServer) -> None:
    client_id = uuid.uuid4().hex
    async with EventStream(websocket_url(comfy.url, client_id)) as stream:
        prompt_id = await post(comfy, client_id, prompt(seed=2, fails=True))
        events = await events_of(stream, prompt_id)
    (error,) = (event for event in events if isinstance(event, ExecutionError))
    assert (error.prompt_id, error.node_id, error.node_type) == (prompt_id, "2", "ProbeFail")
    assert "no ☃" in error.exception_message
    assert error.traceback
    assert not [event for event in events if isinstance(event, ExecutionSuccess)]


async def test_after_a_drop_the_flags_are_negotiated_anew(comfy: comfy_emulator.RunningServer) -> None:
    client_id = uuid.uuid4().hex
    async with EventStream(websocket_url(comfy.url, client_id), backoff=QUICK) as stream:
        await next_of(stream)
        await next_of(stream)
        await asyncio.to_thread(comfy.drop_sockets)
        events = [await next_of(stream) for _ in range(3)]
        assert [type(event) for event in events] == [Reconnected, Status, FeatureFlags]
        prompt_id = await post(comfy, client_id, prompt(seed=3))
        previews = [event for event in await events_of(stream, prompt_id) if isinstance(event, PreviewImage)]
    assert {event.node_id for event in previews} == {"1"}


async def test_a_server_that_refuses_websockets_is_told(comfy: comfy_emulator.RunningServer) -> None:
    comfy.refuse_websockets(401)
    try:
        with pytest.raises(HandshakeRejectedError, match="401"):
            async with EventStream(websocket_url(comfy.url, "me")):
                pytest.fail("it let us in")
    finally:
        comfy.refuse_websockets(None)


async def test_a_path_without_a_websocket_is_told(comfy: comfy_emulator.RunningServer) -> None:
    with pytest.raises(ConnectFailedError) as failed:
        await EventStream(websocket_url(f"{comfy.url}/no/such/base", "me")).open()
    assert isinstance(failed.value, HandshakeRejectedError)
