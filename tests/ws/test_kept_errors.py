"""An error that is kept is raised as another one each time: it gathers no frames, and no two callers share it."""

import asyncio
import copy
import gc
import pickle
import traceback
import weakref
from collections.abc import Awaitable, Callable

import pytest

from comfy_ws import (
    BacklogLimits,
    Backoff,
    ConnectFailedError,
    Connection,
    ConnectionLostError,
    EventChannel,
    Handshake,
    HandshakeAnswer,
    HandshakeRejectedError,
    Inbox,
    SlowConsumerError,
    StreamClosedError,
    StreamError,
    UnknownEvent,
)
from comfy_ws.errors import anew
from tests.ws.sockets import LocalServer

TIMES = 30


class Held:
    """Something big that a caller has in hand."""


async def raised_by(read: Callable[[], Awaitable[object]]) -> tuple[StreamError, "weakref.ref[Held]"]:
    held = Held()
    with pytest.raises(StreamError) as caught:
        await read()
    return caught.value, weakref.ref(held)


async def check_raised_anew(read: Callable[[], Awaitable[object]]) -> None:
    """See what one that is kept comes to, raised again and again."""
    errors: list[StreamError] = []
    holders: list[weakref.ref[Held]] = []
    for _ in range(TIMES):
        error, holder = await raised_by(read)
        errors.append(error)
        holders.append(holder)
    assert len({id(error) for error in errors}) == TIMES
    assert len({type(error) for error in errors}) == len({str(error) for error in errors}) == 1
    assert len({len(traceback.extract_tb(error.__traceback__)) for error in errors}) == 1
    del error
    errors.clear()
    gc.collect()
    assert [holder() for holder in holders] == [None] * TIMES, "frames of callers are kept"


@pytest.mark.parametrize(
    "error",
    [
        StreamError("anything"),
        ConnectFailedError("ws://h", "refused", is_tls=True),
        HandshakeRejectedError("ws://h", 401, location="ws://i", answer=HandshakeAnswer((("A", "b"),), b"body")),
        ConnectionLostError("gone"),
        SlowConsumerError(7, "events"),
        StreamClosedError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_another_one_says_and_holds_the_same(error: StreamError) -> None:
    cause = OSError("below")
    error.add_note("seen at night")
    try:
        raise error from cause
    except StreamError:
        pass
    other = anew(error)
    assert other is not error
    assert type(other) is type(error)
    assert str(other) == str(error)
    assert other.args == error.args
    assert vars(other) == vars(error)
    assert other.__cause__ is cause
    assert other.__suppress_context__
    assert other.__traceback__ is None
    other.add_note("its own")
    assert error.__notes__ == ["seen at night"]


@pytest.mark.parametrize(
    "error",
    [
        HandshakeRejectedError("ws://h", 401, location="ws://i", answer=HandshakeAnswer((("A", "b"),), b"body")),
        ConnectionLostError("gone"),
        SlowConsumerError(7, "events"),
        StreamClosedError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_it_survives_the_way_between_processes(error: StreamError) -> None:
    for same in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(same) is type(error)
        assert (str(same), vars(same)) == (str(error), vars(error))


def test_what_had_no_cause_gets_none() -> None:
    other = anew(ConnectionLostError("gone"))
    assert other.__cause__ is None
    assert not other.__suppress_context__


async def test_the_end_of_an_inbox() -> None:
    inbox = Inbox()
    inbox.end(ConnectionLostError("gone"))
    await check_raised_anew(lambda: anext(inbox))


async def test_a_reader_that_is_too_far_behind() -> None:
    inbox = Inbox(BacklogLimits(control_events=0))
    inbox.put(UnknownEvent("any", 1))
    await anext(inbox)
    await check_raised_anew(lambda: anext(inbox))


async def test_a_channel_that_failed(server: LocalServer) -> None:
    server.refusals += [(404, {})] * 2
    channel = EventChannel(server.handshake)
    await check_raised_anew(channel.open)
    await channel.close()


async def test_a_first_attempt_that_is_repeated_in_the_background(server: LocalServer) -> None:
    server.refusals.append((503, {}))
    channel = EventChannel(server.handshake, backoff=Backoff(initial=1_000))
    await check_raised_anew(channel.open)
    await channel.close()


async def test_all_who_wait_for_one_attempt_get_an_error_of_their_own() -> None:
    async def connector(_: Handshake) -> Connection:
        await asyncio.sleep(0)
        raise ConnectFailedError("ws://h", "refused") from OSError("below")

    channel = EventChannel(Handshake("ws://h"), connector=connector, backoff=Backoff(initial=1_000))
    errors = await asyncio.gather(*(channel.open() for _ in range(5)), return_exceptions=True)
    await channel.close()
    assert len({id(error) for error in errors}) == 5
    for error in errors:
        assert isinstance(error, ConnectFailedError)
        assert error.reason == "refused"
        assert isinstance(error.__cause__, OSError)
