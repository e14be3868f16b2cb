"""Streams whose connection ended for good: no other attempt would mend it, until somebody asks for one."""

import asyncio

import pytest

from comfy_ws import (
    BacklogLimits,
    EventStream,
    HandshakeRejectedError,
    Reconnected,
    SlowConsumerError,
    StreamClosedError,
    UnknownEvent,
)
from tests.ws.sockets import QUICK, LocalServer, eventually, text
from tests.ws.streams import all_of, next_of


def stream_of(server: LocalServer, limits: BacklogLimits | None = None) -> EventStream:
    return EventStream(server.url, backoff=QUICK, limits=limits)


async def test_it_may_be_opened_again_and_tells_what_was_unread_the_gap_and_what_comes(
    server: LocalServer,
) -> None:
    async with stream_of(server) as stream:
        peer = await server.accepted()
        await peer.send(text("any", 1))
        server.refusals.append((403, {}))
        await peer.close()
        await eventually(lambda: stream._channel.failure is not None)
        await stream.open()
        await (await server.accepted()).send(text("any", 2))
        events = [await next_of(stream) for _ in range(3)]
        assert isinstance(events[1], Reconnected)
        assert [events[0], events[2]] == [UnknownEvent("any", 1), UnknownEvent("any", 2)]


async def test_while_it_is_too_early_it_stays_as_it_is(server: LocalServer) -> None:
    server.refusals += [(404, {})] * 2
    stream = stream_of(server)
    for _ in range(2):
        with pytest.raises(HandshakeRejectedError):
            await stream.open()
        with pytest.raises(HandshakeRejectedError):
            await next_of(stream)
    await stream.close()


async def test_one_made_after_the_end_says_so_until_it_is_opened(server: LocalServer) -> None:
    async with stream_of(server) as first:
        peer = await server.accepted()
        server.refusals.append((401, {}))
        peer.transport.abort()
        await eventually(lambda: first._channel.failure is not None)
        late = EventStream(first._channel)
        with pytest.raises(HandshakeRejectedError):
            await next_of(late)
        async with late:
            assert isinstance(await next_of(late), Reconnected)
        # Nobody opened the other one again, which was open when the end came.
        with pytest.raises(HandshakeRejectedError):
            await next_of(first)


async def test_a_failure_of_another_attempt_that_nobody_waits_for_is_told(server: LocalServer) -> None:
    async with stream_of(server) as stream:
        peer = await server.accepted()
        server.refusals += [(401, {}), (403, {})]
        peer.transport.abort()
        await eventually(lambda: stream._channel.failure is not None)
        impatient = asyncio.create_task(stream.open())
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.wait([impatient])
        with pytest.raises(HandshakeRejectedError, match="403"):
            await next_of(stream)


async def test_one_that_was_closed_stays_closed(server: LocalServer) -> None:
    async with stream_of(server) as owner:
        peer = await server.accepted()
        shared = EventStream(owner._channel)
        await shared.close()
        server.refusals.append((401, {}))
        peer.transport.abort()
        await eventually(lambda: owner._channel.failure is not None)
        await shared.open()
        assert await all_of(shared) == []


async def test_once_its_channel_is_closed_it_ends(server: LocalServer) -> None:
    async with stream_of(server) as owner:
        peer = await server.accepted()
        shared = EventStream(owner._channel)
        server.refusals.append((401, {}))
        peer.transport.abort()
        await eventually(lambda: owner._channel.failure is not None)
        await owner.open()
    with pytest.raises(StreamClosedError):
        await shared.open()
    assert await all_of(shared) == []


async def test_a_reader_that_was_too_far_behind_stays_behind(server: LocalServer) -> None:
    async with stream_of(server, limits=BacklogLimits(control_events=0)) as stream:
        await (await server.accepted()).send(text("any", 1))
        await next_of(stream)
        await stream.open()
        with pytest.raises(SlowConsumerError):
            await next_of(stream)
