"""Streams over a socket of their own and over a shared one, from opening to closing, over real sockets."""

import asyncio
import contextlib
import gc
import time
import uuid
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

import comfy_emulator
from comfy_ws import (
    BacklogLimits,
    ConnectFailedError,
    Event,
    EventChannel,
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
    SlowConsumerError,
    Status,
    StreamClosedError,
    UnknownEvent,
    websocket_url,
)
from tests.ws.sockets import PATIENCE, QUICK, LocalServer, eventually, other_tasks, text


@pytest.fixture(scope="module")
def comfy() -> Iterator[comfy_emulator.RunningServer]:
    with comfy_emulator.running() as running:
        yield running


def stream_of(server: LocalServer, **options: Any) -> EventStream:
    return EventStream(server.url, backoff=QUICK, **options)


async def next_of(stream: EventStream) -> Event:
    async with asyncio.timeout(PATIENCE):
        return await anext(stream)


async def all_of(stream: EventStream) -> list[Event]:
    async with asyncio.timeout(PATIENCE):
        return [event async for event in stream]


class TestOwnSocket:
    async def test_events_are_iterated_in_order_until_it_is_closed(self, server: LocalServer) -> None:
        async with stream_of(server) as stream:
            assert stream.connected
            peer = await server.accepted()
            for number in range(3):
                await peer.send(text("any", number))
            assert [await next_of(stream) for _ in range(3)] == [UnknownEvent("any", number) for number in range(3)]
        assert not stream.connected
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        await server.deserted()

    async def test_nothing_is_left_behind(self, server: LocalServer) -> None:
        before = other_tasks()
        async with stream_of(server) as stream:
            (await server.accepted()).transport.abort()
            assert isinstance(await next_of(stream), Reconnected)
            await server.accepted()
        await server.deserted()
        await eventually(lambda: other_tasks() <= before)

    async def test_its_options_reach_the_handshake(self, server: LocalServer) -> None:
        async with stream_of(server, headers={"X-Token": "1"}, feature_flags={"more": True}):
            await server.accepted()
        assert server.requests[0].headers["X-Token"] == "1"
        assert '"more": true' in server.greetings[0]

    async def test_a_message_over_its_limit_costs_the_socket_and_not_the_stream(self, server: LocalServer) -> None:
        async with stream_of(server, max_message_bytes=100) as stream:
            await (await server.accepted()).send(bytes(101))
            event = await next_of(stream)
            assert isinstance(event, Reconnected)
            assert "1009" in event.reason

    async def test_a_first_attempt_that_fails_leaves_nothing_open(self, server: LocalServer) -> None:
        before = other_tasks()
        server.refusals.append((503, {}))
        stream = stream_of(server)
        with pytest.raises(HandshakeRejectedError):
            await stream.__aenter__()
        assert other_tasks() <= before
        assert len(server.requests) == 1
        with pytest.raises(StreamClosedError):
            await stream.open()

    async def test_a_refusal_for_good_reaches_the_reader_after_the_last_event(self, server: LocalServer) -> None:
        async with stream_of(server) as stream:
            peer = await server.accepted()
            await peer.send(text("any", 1))
            server.refusals.append((403, {}))
            await peer.close()
            assert await next_of(stream) == UnknownEvent("any", 1)
            with pytest.raises(HandshakeRejectedError, match="403"):
                await next_of(stream)

    async def test_a_reader_that_waits_is_let_go_by_close(self, server: LocalServer) -> None:
        stream = stream_of(server)
        await stream.open()
        reader = asyncio.create_task(all_of(stream))
        await server.accepted()
        await stream.close()
        assert await reader == []

    async def test_close_is_quick_when_nobody_reads_what_pours_in(self, server: LocalServer) -> None:
        async def flood() -> None:
            peer = await server.accepted()
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await peer.send(text("progress", {"value": 1, "max": 2, "filling": "x" * 50_000}))

        flooding = asyncio.create_task(flood())
        stream = stream_of(server, limits=BacklogLimits(events=10))
        await stream.open()
        await next_of(stream)
        started = time.monotonic()
        await stream.close()
        assert time.monotonic() - started < 2
        await flooding

    async def test_a_reader_too_far_behind_gets_an_error_and_the_socket_stays(self, server: LocalServer) -> None:
        async with stream_of(server, limits=BacklogLimits(control_events=5)) as stream:
            witness = EventStream(stream._channel)
            peer = await server.accepted()
            for number in range(10):
                await peer.send(text("any", number))
            for _ in range(10):
                await next_of(witness)
            assert [await next_of(stream) for _ in range(6)] == [UnknownEvent("any", number) for number in range(6)]
            with pytest.raises(SlowConsumerError):
                await next_of(stream)
            assert stream.connected


class TestSharedChannel:
    @pytest.fixture
    async def channel(self, server: LocalServer) -> AsyncIterator[EventChannel]:
        channel = EventChannel(server.handshake, backoff=QUICK)
        yield channel
        await channel.close()

    async def test_several_streams_hear_the_same_over_one_socket(
        self, server: LocalServer, channel: EventChannel
    ) -> None:
        async with EventStream(channel) as first, EventStream(channel) as second:
            peer = await server.accepted()
            await peer.send(text("any", 1))
            assert await next_of(first) == await next_of(second) == UnknownEvent("any", 1)
        assert len(server.requests) == 1

    async def test_closing_one_leaves_the_channel_to_the_others(
        self, server: LocalServer, channel: EventChannel
    ) -> None:
        async with EventStream(channel) as stream:
            peer = await server.accepted()
            async with EventStream(channel) as closed:
                pass
            await peer.send(text("any", 1))
            assert await next_of(stream) == UnknownEvent("any", 1)
            assert await all_of(closed) == []
            assert channel.connected
            assert len(channel._listeners) == 1

    async def test_a_slow_reader_does_not_hold_up_another(self, server: LocalServer, channel: EventChannel) -> None:
        async with EventStream(channel, limits=BacklogLimits(events=4)) as slow, EventStream(channel) as quick:
            peer = await server.accepted()
            for number in range(100):
                await peer.send(text("progress", {"value": number, "max": 100, "node": "1"}))
            values = [
                event.value for event in [await next_of(quick) for _ in range(100)] if isinstance(event, Progress)
            ]
            assert values == list(range(100))
            await slow.close()
            seen = [event.value for event in await all_of(slow) if isinstance(event, Progress)]
            assert len(seen) <= 4
            assert seen[-1] == 99

    async def test_the_end_of_the_channel_ends_its_streams(self, server: LocalServer, channel: EventChannel) -> None:
        async with EventStream(channel) as stream:
            reader = asyncio.create_task(all_of(stream))
            peer = await server.accepted()
            await peer.send(text("any", 1))
            await channel.close()
            assert await reader in ([], [UnknownEvent("any", 1)])
            with pytest.raises(StreamClosedError):
                await stream.open()

    async def test_a_stream_of_a_channel_that_ended_ends_at_once(
        self, server: LocalServer, channel: EventChannel
    ) -> None:
        await channel.open()
        server.refusals.append((401, {}))
        (await server.accepted()).transport.abort()
        await eventually(lambda: channel.failure is not None)
        with pytest.raises(HandshakeRejectedError):
            await next_of(EventStream(channel))
        await channel.close()
        with pytest.raises(HandshakeRejectedError):
            await next_of(EventStream(channel))

    async def test_a_dropped_stream_is_fed_no_more(self, server: LocalServer, channel: EventChannel) -> None:
        await channel.open()
        listening = len(channel._listeners)
        stream = EventStream(channel)
        inbox = weakref.ref(stream._inbox)
        assert len(channel._listeners) == listening + 1
        del stream
        gc.collect()
        assert inbox() is None
        assert len(channel._listeners) == listening
        async with EventStream(channel) as other:
            await (await server.accepted()).send(text("any", 1))
            assert await next_of(other) == UnknownEvent("any", 1)

    async def test_a_stream_that_is_read_is_not_dropped(self, server: LocalServer, channel: EventChannel) -> None:
        await channel.open()
        reader = asyncio.create_task(next_of(EventStream(channel)))
        await asyncio.sleep(0)
        gc.collect()
        await (await server.accepted()).send(text("any", 1))
        assert await reader == UnknownEvent("any", 1)


class TestEmulator:
    """Against a server that speaks as ComfyUI does."""

    @staticmethod
    def prompt(seed: int, fails: bool = False) -> dict[str, Any]:
        steps = {"seed": seed, "steps": 3, "delay_ms": 1, "width": 16, "height": 16, "preview": "JPEG"}
        graph: dict[str, Any] = {"1": {"class_type": "ProbeSteps", "inputs": steps}}
        source = ["1", 0]
        if fails:
            graph["2"] = {"class_type": "ProbeFail", "inputs": {"message": "no ☃", "image": source}}
            source = ["2", 0]
        graph["3"] = {"class_type": "PreviewImage", "inputs": {"images": source}}
        return graph

    @staticmethod
    async def post(server: comfy_emulator.RunningServer, client_id: str, graph: dict[str, Any]) -> str:
        async with httpx.AsyncClient(base_url=server.url) as client:
            answer = await client.post("/prompt", json={"prompt": graph, "client_id": client_id})
        return str(answer.raise_for_status().json()["prompt_id"])

    @staticmethod
    async def events_of(stream: EventStream, prompt_id: str) -> list[Event]:
        """Everything up to the last event of a prompt."""
        events = [await next_of(stream)]
        while not (isinstance(events[-1], Executing) and events[-1].node is None):
            events.append(await next_of(stream))
        assert isinstance(events[-1], Executing)
        assert events[-1].prompt_id == prompt_id
        return events

    async def test_a_stream_begins_with_the_status_and_the_servers_flags(
        self, comfy: comfy_emulator.RunningServer
    ) -> None:
        client_id = uuid.uuid4().hex
        async with EventStream(websocket_url(comfy.url, client_id)) as stream:
            status, flags = await next_of(stream), await next_of(stream)
        assert isinstance(status, Status)
        assert (status.sid, status.queue_remaining) == (client_id, 0)
        assert isinstance(flags, FeatureFlags)
        assert flags.data["supports_preview_metadata"] is True

    async def test_the_events_of_a_prompt_come_in_their_order(self, comfy: comfy_emulator.RunningServer) -> None:
        client_id = uuid.uuid4().hex
        async with EventStream(websocket_url(comfy.url, client_id)) as stream:
            prompt_id = await self.post(comfy, client_id, self.prompt(seed=1))
            events = await self.events_of(stream, prompt_id)
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
        assert {(event.prompt_id, event.node_id, event.mime_type) for event in previews} == {
            (prompt_id, "1", "image/jpeg")
        }
        states = [event for event in events if isinstance(event, ProgressState)]
        assert {node.state for node in states[-1].nodes.values()} == {"finished"}
        (output,) = (event.output for event in events if isinstance(event, Executed))
        assert output["images"][0]["type"] == "temp"

    async def test_a_node_that_raises_is_told(self, comfy: comfy_emulator.RunningServer) -> None:
        client_id = uuid.uuid4().hex
        async with EventStream(websocket_url(comfy.url, client_id)) as stream:
            prompt_id = await self.post(comfy, client_id, self.prompt(seed=2, fails=True))
            events = await self.events_of(stream, prompt_id)
        (error,) = (event for event in events if isinstance(event, ExecutionError))
        assert (error.prompt_id, error.node_id, error.node_type) == (prompt_id, "2", "ProbeFail")
        assert "no ☃" in error.exception_message
        assert error.traceback
        assert not [event for event in events if isinstance(event, ExecutionSuccess)]

    async def test_after_a_drop_the_flags_are_negotiated_anew(self, comfy: comfy_emulator.RunningServer) -> None:
        client_id = uuid.uuid4().hex
        async with EventStream(websocket_url(comfy.url, client_id), backoff=QUICK) as stream:
            await next_of(stream)
            await next_of(stream)
            await asyncio.to_thread(comfy.drop_sockets)
            events = [await next_of(stream) for _ in range(3)]
            assert [type(event) for event in events] == [Reconnected, Status, FeatureFlags]
            prompt_id = await self.post(comfy, client_id, self.prompt(seed=3))
            previews = [event for event in await self.events_of(stream, prompt_id) if isinstance(event, PreviewImage)]
        assert {event.node_id for event in previews} == {"1"}

    async def test_a_server_that_refuses_websockets_is_told(self, comfy: comfy_emulator.RunningServer) -> None:
        comfy.refuse_websockets(401)
        try:
            with pytest.raises(HandshakeRejectedError, match="401"):
                async with EventStream(websocket_url(comfy.url, "me")):
                    pytest.fail("it let us in")
        finally:
            comfy.refuse_websockets(None)

    async def test_a_path_without_a_websocket_is_told(self, comfy: comfy_emulator.RunningServer) -> None:
        with pytest.raises(ConnectFailedError) as failed:
            await EventStream(websocket_url(f"{comfy.url}/no/such/base", "me")).open()
        assert isinstance(failed.value, HandshakeRejectedError)
