"""When the caller's callbacks are called: beside the run, however slow they are, and no more once it is given up."""

from __future__ import annotations

import asyncio
import time

import pytest

from comfy_facade._callbacks import CallbackCaller, Callbacks
from comfy_ws import Event, PreviewImage
from tests.facade.callbacks import PROMPT, RUN, Diary, slowed
from tests.facade.callbacks import no_task_is_left as no_task_is_left


async def test_a_slow_one_holds_up_nobody_but_itself() -> None:
    go_on = asyncio.Event()
    diary = Diary()

    async def on_event(event: Event) -> None:
        await go_on.wait()
        diary.on_event(event)

    caller = CallbackCaller(Callbacks(on_event), PROMPT)
    for event in RUN:
        caller.inbox.put(event)
    await asyncio.sleep(0.01)
    assert diary.events == []
    go_on.set()
    await caller.finish()
    assert diary.events == RUN


async def test_they_are_called_while_the_run_goes_on() -> None:
    diary = Diary()
    caller = CallbackCaller(diary.callbacks, PROMPT)
    caller.inbox.put(RUN[0])
    await asyncio.sleep(0.01)
    assert diary.events == RUN[:1]
    await caller.finish()


async def test_previews_that_wait_for_a_slow_one_give_way_to_newer_ones() -> None:
    go_on = asyncio.Event()
    seen: list[bytes] = []

    async def on_preview(preview: PreviewImage) -> None:
        await go_on.wait()
        seen.append(preview.data)

    caller = CallbackCaller(Callbacks(on_preview=on_preview), PROMPT)
    for number in range(10_000):
        caller.inbox.put(PreviewImage(str(number).encode(), "image/jpeg", node_id="1"))
    go_on.set()
    await caller.finish()
    assert seen[-1] == b"9999"
    assert len(seen) <= 4_097, "no more than its inbox may hold"


async def test_after_stop_none_is_called() -> None:
    diary = Diary()
    caller = CallbackCaller(diary.callbacks, PROMPT)
    caller.inbox.put(RUN[0])
    await asyncio.sleep(0.01)
    caller.stop()
    caller.inbox.put(RUN[1])
    await asyncio.sleep(0.01)
    assert diary.events == RUN[:1]


async def test_stop_interrupts_a_callback() -> None:
    ended = asyncio.Event()

    async def on_event(event: Event) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    caller = CallbackCaller(Callbacks(on_event), PROMPT)
    caller.inbox.put(RUN[0])
    await asyncio.sleep(0.01)
    caller.stop()
    async with asyncio.timeout(1):
        await ended.wait()


async def test_after_stop_there_is_nothing_to_finish() -> None:
    caller = CallbackCaller(Diary().callbacks, PROMPT)
    caller.stop()
    async with asyncio.timeout(1):
        await caller.finish()


async def test_finishing_twice_or_by_two_is_fine() -> None:
    diary = Diary()
    caller = CallbackCaller(Callbacks(slowed(diary.on_event)), PROMPT)
    for event in RUN:
        caller.inbox.put(event)
    await asyncio.gather(caller.finish(), caller.finish())
    await caller.finish()
    assert diary.events == RUN


async def test_who_gives_up_finishing_ends_nothing() -> None:
    go_on = asyncio.Event()
    diary = Diary()

    async def on_event(event: Event) -> None:
        await go_on.wait()
        diary.on_event(event)

    caller = CallbackCaller(Callbacks(on_event), PROMPT)
    for event in RUN:
        caller.inbox.put(event)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await caller.finish()
    go_on.set()
    await caller.finish()
    assert diary.events == RUN


async def test_one_that_finishes_its_own_run_does_not_wait_for_itself() -> None:
    seen: list[Event] = []

    async def on_event(event: Event) -> None:
        await caller.finish()
        seen.append(event)

    caller = CallbackCaller(Callbacks(on_event), PROMPT)
    for event in RUN:
        caller.inbox.put(event)
    async with asyncio.timeout(5):
        await caller.finish()
    assert seen == RUN


async def test_plain_ones_that_take_long_let_others_have_their_turns() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    def on_event(_event: Event) -> None:
        time.sleep(0.006)

    beside = asyncio.create_task(others())
    caller = CallbackCaller(Callbacks(on_event), PROMPT)
    for event in RUN * 3:
        caller.inbox.put(event)
    await caller.finish()
    beside.cancel()
    await asyncio.wait([beside])
    assert turns >= len(RUN * 3)
