"""Who drives a synchronous client's loop: whoever waits for it, and its own thread as long as nobody does."""

from __future__ import annotations

import asyncio
import threading

import pytest

from comfy_facade._loop_thread import LoopThread
from tests.facade.conftest import CALLERS
from tests.facade.loops import give
from tests.facade.loops import loop as loop

pytestmark = pytest.mark.usefixtures("who_drives")


def test_whoever_waits_runs_the_loop(loop: LoopThread, who_drives: str) -> None:
    async def ask() -> int:
        await asyncio.sleep(0)
        return threading.get_ident()

    idents = {loop.run(ask()) for _ in range(20)}
    assert (idents == {threading.get_ident()}) == (who_drives == CALLERS)
    assert len(idents) == 1


def test_the_loop_goes_on_between_calls_and_is_left_to_the_next_caller(loop: LoopThread, who_drives: str) -> None:
    ticked = threading.Event()

    async def ask() -> int:
        return threading.get_ident()

    async def tick() -> None:
        await asyncio.sleep(0.01)
        ticked.set()

    ticking: list[asyncio.Task[None]] = []

    async def begin() -> None:
        ticking.append(asyncio.create_task(tick()))

    loop.run(begin())
    assert ticked.wait(30)
    idents = [loop.run(ask()) for _ in range(10)]
    assert threading.get_ident() != idents[0]
    assert (threading.get_ident() in idents) == (who_drives == CALLERS)


def test_a_call_ends_while_others_go_on(loop: LoopThread) -> None:
    waits, go_on = threading.Event(), asyncio.Event()

    async def wait() -> str:
        waits.set()
        await go_on.wait()
        return "waited"

    async def let_go() -> None:
        go_on.set()

    results: list[str] = []
    thread = threading.Thread(target=lambda: results.append(loop.run(wait())))
    thread.start()
    assert waits.wait(30)
    assert [loop.run(give(number)) for number in range(20)] == list(range(20))
    assert results == []
    loop.run(let_go())
    thread.join(30)
    assert results == ["waited"]


def test_a_loop_that_its_driver_leaves_is_driven_on(loop: LoopThread) -> None:
    waits, go_on = threading.Event(), asyncio.Event()

    async def wait() -> str:
        waits.set()
        await asyncio.sleep(0.05)
        return "waited"

    async def drive() -> None:
        while not waits.is_set():
            await asyncio.sleep(0.001)
        go_on.set()

    results: list[str] = []
    thread = threading.Thread(target=lambda: results.append(loop.run(wait())))
    threading.Timer(0.01, thread.start).start()
    loop.run(drive())
    thread.join(30)
    assert results == ["waited"]
