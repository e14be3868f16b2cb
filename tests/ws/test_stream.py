"""Streams over a socket of their own and over a shared one, from opening to closing, over real sockets."""

import asyncio
import contextlib
import gc
import time
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from comfy_ws import (
    BacklogLimits,
    EventChannel,
    EventStream,
    HandshakeRejectedError,
    Progress,
    Reconnected,
    SlowConsumerError,
    StreamClosedError,
    UnknownEvent,
)
from tests.ws.sockets import QUICK, LocalServer, eventually, other_tasks, text
from tests.ws.streams import all_of, next_of


def stream_of(server: LocalServer, **options: Any) -> EventStream:
    return EventStream(server.url, backoff=QUICK, **options)


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
