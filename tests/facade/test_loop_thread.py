"""What synchronous calls run in: results and errors come back, and nobody waits for what was ended."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from contextvars import ContextVar

import pytest

import comfy_emulator
from comfy_facade import ClientClosedError, _loop_thread
from comfy_facade._loop_thread import LoopThread
from tests.facade.loops import give
from tests.facade.loops import loop as loop

_asked_by: ContextVar[str] = ContextVar("asked_by", default="nobody")


pytestmark = pytest.mark.usefixtures("who_drives")


def test_results_come_back(loop: LoopThread) -> None:
    assert [loop.run(give(number)) for number in range(100)] == list(range(100))


@pytest.mark.parametrize("kind", [ValueError, SystemExit, asyncio.CancelledError])
def test_errors_come_back_and_the_loop_goes_on(loop: LoopThread, kind: type[BaseException]) -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise kind

    with pytest.raises(kind):
        loop.run(fail())
    assert loop.run(give(3)) == 3


def test_the_caller_s_context_comes_along(loop: LoopThread) -> None:
    async def ask() -> str:
        return _asked_by.get()

    token = _asked_by.set("a test")
    try:
        assert loop.run(ask()) == "a test"
    finally:
        _asked_by.reset(token)


def test_calls_of_several_threads_run_side_by_side(loop: LoopThread) -> None:
    arrived = 0
    both = asyncio.Event()

    async def meet() -> int:
        nonlocal arrived
        arrived += 1
        if arrived == 2:
            both.set()
        await asyncio.wait_for(both.wait(), 10)
        return arrived

    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(loop.run(meet()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [2, 2]


def test_ending_frees_those_who_wait() -> None:
    loop = LoopThread("loop under test")
    waiting, cleaned_up = threading.Event(), threading.Event()
    errors: list[ClientClosedError] = []

    async def wait() -> None:
        waiting.set()
        try:
            await asyncio.sleep(60)
        finally:
            cleaned_up.set()

    def call() -> None:
        try:
            loop.run(wait())
        except ClientClosedError as error:
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    assert waiting.wait(10)
    loop.end()
    loop.end()
    thread.join(10)
    assert not thread.is_alive()
    assert cleaned_up.is_set()
    assert len(errors) == 1
    with pytest.raises(ClientClosedError):
        loop.run(give(1))


def test_nobody_waits_for_ever_whenever_the_end_comes() -> None:
    for _ in range(50):
        loop = LoopThread("loop under test")
        begin = threading.Barrier(5)
        outcomes: list[object] = []

        def call(loop: LoopThread = loop, begin: threading.Barrier = begin, outcomes: list[object] = outcomes) -> None:
            begin.wait()
            try:
                while True:
                    loop.run(give(1))
            except ClientClosedError as error:
                outcomes.append(error)

        threads = [threading.Thread(target=call) for _ in range(4)]
        for thread in threads:
            thread.start()
        begin.wait()
        time.sleep(0.001)
        loop.end()
        for thread in threads:
            thread.join(10)
        assert len(outcomes) == 4


def test_ctrl_c_cancels_and_waits_for_the_cleaning_up(loop: LoopThread) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows sends no signal to a single thread")
    done: list[str] = []

    async def interrupted() -> None:
        threading.Timer(0.05, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT]).start()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            done.append("cleaned up")

    with pytest.raises(KeyboardInterrupt):
        loop.run(interrupted())
    assert done == ["cleaned up"]
    assert loop.run(give(2)) == 2


def test_whoever_gets_no_loop_does_not_wait_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> asyncio.AbstractEventLoop:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(asyncio.events, "new_event_loop", refuse)
    with pytest.raises(OSError, match="Too many open files"):
        LoopThread("loop under test")


def test_a_program_that_forgets_its_client_ends(emulator: comfy_emulator.RunningServer) -> None:
    program = (
        f"from comfy_facade import ComfyUIApiClient; c = ComfyUIApiClient(url={emulator.url!r}); c.init().get_queue()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_call_within_the_thread_itself_is_refused(loop: LoopThread) -> None:
    async def call_again() -> int:
        return loop.run(give(1))

    with pytest.raises(RuntimeError, match="callback"):
        loop.run(call_again())
    assert loop.run(give(2)) == 2


def test_what_ends_a_program_ends_no_loop(loop: LoopThread, caplog: pytest.LogCaptureFixture) -> None:
    async def exits() -> None:
        raise SystemExit(3)

    async def begin() -> int:
        task = asyncio.create_task(exits())
        await asyncio.wait([task])
        assert isinstance(task.exception(), SystemExit)
        return 1

    assert loop.run(begin()) == 1
    assert loop.run(give(2)) == 2
    assert "tried to end the thread" in caplog.text


def test_ctrl_c_does_not_wait_for_what_does_not_end(loop: LoopThread, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows sends no signal to a single thread")
    monkeypatch.setattr(_loop_thread, "_CLEANUP_LIMIT", 0.05)
    is_tired = asyncio.Event()

    async def stubborn() -> None:
        threading.Timer(0.05, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT]).start()
        try:
            await asyncio.sleep(60)
        finally:
            await is_tired.wait()

    async def tire() -> None:
        is_tired.set()

    with pytest.raises(KeyboardInterrupt):
        loop.run(stubborn())
    loop.run(tire())
    assert loop.run(give(2)) == 2


class _AlarmError(Exception):
    """What a program's own handler raises."""


def test_what_the_handler_of_a_program_raises_comes_through(loop: LoopThread, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows sends no signal to a single thread")
    monkeypatch.undo()
    done: list[str] = []

    def ring(_number: int, _frame: object) -> None:
        raise _AlarmError

    async def interrupted() -> None:
        threading.Timer(0.05, signal.pthread_kill, [threading.main_thread().ident, signal.SIGUSR1]).start()
        try:
            await asyncio.sleep(60)
        finally:
            done.append("cleaned up")

    before = signal.signal(signal.SIGUSR1, ring)
    try:
        with pytest.raises(_AlarmError):
            loop.run(interrupted())
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert done == ["cleaned up"]
    assert loop.run(give(2)) == 2
