"""Whoever reads an inbox gets events in order, loses none by being cancelled, and learns of the end."""

import asyncio
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comfy_ws import (
    BacklogLimits,
    ConnectionLostError,
    Event,
    Inbox,
    Progress,
    SlowConsumerError,
    StreamError,
    UnknownEvent,
)


def event(number: int) -> UnknownEvent:
    return UnknownEvent("control", number)


async def test_events_are_read_in_the_order_they_came() -> None:
    inbox = Inbox()
    for number in range(5):
        inbox.put(event(number))
    inbox.end()
    assert [each async for each in inbox] == [event(number) for number in range(5)]


async def test_a_waiting_reader_is_woken_by_an_event() -> None:
    inbox = Inbox()
    reader = asyncio.ensure_future(anext(inbox))
    await asyncio.sleep(0)
    assert not reader.done()
    inbox.put(event(1))
    assert await reader == event(1)


async def test_a_waiting_reader_is_woken_by_the_end() -> None:
    inbox = Inbox()
    reader = asyncio.create_task(collected(inbox))
    await asyncio.sleep(0)
    inbox.end()
    assert await reader == []


async def collected(inbox: Inbox) -> list[Event]:
    return [each async for each in inbox]


async def test_a_reader_may_wait_again_and_again() -> None:
    inbox = Inbox()
    for number in range(3):
        reader = asyncio.ensure_future(anext(inbox))
        await asyncio.sleep(0)
        inbox.put(event(number))
        assert await reader == event(number)


async def test_two_readers_share_the_events() -> None:
    inbox = Inbox()
    readers = [asyncio.ensure_future(anext(inbox)) for _ in range(2)]
    await asyncio.sleep(0)
    inbox.put(event(1))
    inbox.put(event(2))
    assert await asyncio.gather(*readers) == [event(1), event(2)]


async def test_the_error_comes_after_the_last_event_and_at_every_read_from_then_on() -> None:
    inbox = Inbox()
    inbox.put(event(1))
    inbox.end(ConnectionLostError("gone"))
    assert await anext(inbox) == event(1)
    for _ in range(2):
        with pytest.raises(ConnectionLostError, match="gone"):
            await anext(inbox)


async def test_the_first_end_counts() -> None:
    inbox = Inbox()
    inbox.end()
    inbox.end(ConnectionLostError("gone"))
    with pytest.raises(StopAsyncIteration):
        await anext(inbox)


async def test_nothing_is_added_after_the_end() -> None:
    inbox = Inbox()
    inbox.end()
    inbox.put(event(1))
    assert await collected(inbox) == []


async def test_a_reader_too_far_behind_gets_what_there_was_and_then_the_error() -> None:
    inbox = Inbox(BacklogLimits(control_events=3))
    for number in range(10):
        inbox.put(event(number))
    assert [await anext(inbox) for _ in range(4)] == [event(number) for number in range(4)]
    with pytest.raises(SlowConsumerError):
        await anext(inbox)


async def test_a_slow_reader_gets_the_newest_progress() -> None:
    inbox = Inbox(BacklogLimits(events=2))
    for number in range(100):
        inbox.put(Progress("p", "1", number, 100), 10)
    inbox.end()
    assert (await collected(inbox))[-1] == Progress("p", "1", 99, 100)


async def test_a_reader_cancelled_while_waiting_loses_nothing() -> None:
    inbox = Inbox()
    reader = asyncio.ensure_future(anext(inbox))
    await asyncio.sleep(0)
    reader.cancel()
    # It comes in before the cancelled reader has run again.
    inbox.put(event(1))
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert await anext(inbox) == event(1)


async def test_a_reader_cancelled_once_it_was_woken_loses_nothing() -> None:
    inbox = Inbox()
    reader = asyncio.ensure_future(anext(inbox))
    await asyncio.sleep(0)
    inbox.put(event(1))
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert await anext(inbox) == event(1)


async def test_one_reader_cancelled_does_not_disturb_the_other() -> None:
    inbox = Inbox()
    first, second = (asyncio.ensure_future(anext(inbox)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    inbox.put(event(1))
    assert await second == event(1)


async def test_a_time_limit_around_a_read_loses_nothing() -> None:
    inbox = Inbox()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(inbox), 0.001)
    inbox.put(event(1))
    assert await asyncio.wait_for(anext(inbox), 1) == event(1)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["put", "read", "cancel", "turn"]), max_size=40), st.booleans())
def test_any_interleaving_of_writer_and_cancelled_readers_keeps_every_event(steps: list[str], fails: bool) -> None:
    async def run() -> None:
        inbox = Inbox()
        written = 0
        read: list[Event] = []
        reader: asyncio.Task[Event] | None = None

        for each in steps:
            match each:
                case "put":
                    inbox.put(event(written))
                    written += 1
                case "read" if reader is None:
                    reader = asyncio.create_task(read_one(inbox))
                case "cancel" if reader is not None:
                    reader.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        read.append(await reader)
                    reader = None
                case _:
                    await asyncio.sleep(0)
            if reader is not None and reader.done():
                read.append(reader.result())
                reader = None
        inbox.end(StreamError("over") if fails else None)
        if reader is not None:
            with contextlib.suppress(StreamError, StopAsyncIteration, RuntimeError):
                read.append(await reader)
        try:
            async for each_event in inbox:
                read.append(each_event)
        except StreamError:
            assert fails
        assert read == [event(number) for number in range(written)]

    asyncio.run(run())


async def read_one(inbox: Inbox) -> Event:
    return await anext(inbox)
