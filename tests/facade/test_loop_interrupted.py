"""Signals, finalizers and full stacks break into whoever waits for a loop at any step, and leave it fit for use."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Self

import pytest

from comfy_facade import ClientClosedError
from comfy_facade._loop_thread import LoopThread
from tests.facade.loops import give
from tests.facade.loops import loop as loop

if sys.platform == "win32":
    pytest.skip("Windows sends no signal to a single thread", allow_module_level=True)

pytestmark = [
    # Python cannot raise in what it calls by itself: there it says so, and goes on.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    # What is interrupted before it was given to anybody was never awaited.
    pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning"),
]

TRIES = 150


class _BrokenInError(Exception):
    """What a program's own handler raises."""


def in_another_thread(action: Callable[[], int]) -> int:
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(action()), daemon=True)
    thread.start()
    thread.join(20)
    assert results, "it waits for ever"
    return results[0]


def assert_fit(loop: LoopThread) -> None:
    assert in_another_thread(lambda: loop.run(give(1))) == 1
    assert loop.run(give(2)) == 2


class Disturber:
    """Sends the main thread signals at odd moments, as long as a block lasts.

    Args:
        number: Which signal.
    """

    def __init__(self, number: signal.Signals) -> None:
        self._number = number
        self._go, self._is_over = threading.Semaphore(0), False
        self._thread = threading.Thread(target=self._disturb)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self.next()
        self._thread.join()

    def next(self) -> None:
        """Send the next ones, soon."""
        self._go.release()

    def _disturb(self) -> None:
        for moment in range(10 * TRIES):
            self._go.acquire()
            if self._is_over:
                return
            threading.Event().wait((moment % 17) * 2e-5)
            signal.pthread_kill(threading.main_thread().ident or 0, self._number)


@pytest.fixture
def handler() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Sets what SIGUSR1 calls."""
    before = signal.getsignal(signal.SIGUSR1)

    def handle(action: Callable[[], object]) -> None:
        signal.signal(signal.SIGUSR1, lambda _number, _frame: action())

    yield handle
    signal.signal(signal.SIGUSR1, before)


def test_a_handler_that_raises_at_any_step(loop: LoopThread, handler: Callable[[Callable[[], object]], None]) -> None:
    is_listening = False

    def ring() -> None:
        if is_listening:
            raise _BrokenInError

    handler(ring)
    interrupted = 0
    with Disturber(signal.SIGUSR1) as disturber:
        for _ in range(TRIES):
            disturber.next()
            try:
                is_listening = True
                for _ in range(20):
                    loop.run(give(1))
                is_listening = False
            except _BrokenInError:
                is_listening = False
                interrupted += 1
    assert interrupted > TRIES / 10
    assert_fit(loop)


def test_a_handler_that_calls_at_any_step(loop: LoopThread, handler: Callable[[Callable[[], object]], None]) -> None:
    results: list[int] = []
    handler(lambda: results.append(loop.run(give(3))))
    with Disturber(signal.SIGUSR1) as disturber:
        for _ in range(TRIES):
            disturber.next()
            assert loop.run(give(1)) == 1
    assert set(results) == {3}
    assert_fit(loop)


# A program of its own: Ctrl-C comes late now and then, and would end the tests.
_PRESSED = """
import asyncio, os, signal, sys, threading, time
from comfy_facade._loop_thread import LoopThread

burst, is_handed_over = int(sys.argv[1]), sys.argv[2] == "handed over"
loop = LoopThread("loop")
told, ready, is_sent = 0, threading.Semaphore(0), threading.Event()

async def give(value):
    await asyncio.sleep(0)
    return value

def press():
    for moment in range(100):
        ready.acquire()
        time.sleep(0.001 + moment % 17 * 2e-5)
        for _ in range(burst):
            os.kill(os.getpid(), signal.SIGINT)
        is_sent.set()

def call():
    ready.release()
    while not is_sent.is_set():
        assert loop.run(give(1)) == 1

# Each Ctrl-C of a burst may come while the one before is being caught: there is one to catch for each, and one more.
def bear(left):
    global told
    try:
        bear(left - 1) if left else call()
        is_sent.wait()
        time.sleep(0.001)  # back from the system, this thread has had all that was sent to it
    except KeyboardInterrupt:
        told += 1

if is_handed_over:
    threading.Thread(target=lambda: loop.run(asyncio.sleep(1000)), daemon=True).start()
presses = threading.Thread(target=press, daemon=True)
presses.start()
for _ in range(100):
    bear(burst + 1)
    is_sent.clear()
answers = []
other = threading.Thread(target=lambda: answers.append(loop.run(give(2))), daemon=True)
other.start()
other.join(20)
answers.append(loop.run(give(3)))
print(answers, told > 50)
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.parametrize("burst", [1, 3])
@pytest.mark.parametrize("who", ["driving", "handed over"])
def test_ctrl_c_at_any_step_however_often(burst: int, who: str) -> None:
    command = [sys.executable, "-W", "ignore", "-c", _PRESSED, str(burst), who]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.stdout.strip() == "[2, 3] True", done.stderr


def test_a_call_from_the_end_of_the_stack_harms_nobody_else(loop: LoopThread) -> None:
    async def beat() -> None:
        while True:
            await asyncio.sleep(0.0001)

    async def begin() -> asyncio.Task[None]:
        return asyncio.create_task(beat())

    def call_from(frames: int) -> int:
        return call_from(frames - 1) if frames > 0 else loop.run(give(1))

    heart = loop.run(begin())
    depth = _depth()
    outcomes: set[str] = set()
    for left in range(2, 120, 3):
        try:
            assert in_another_thread(lambda: loop.run(give(1))) == 1
            assert call_from(sys.getrecursionlimit() - depth - left) == 1
            outcomes.add("went well")
        except RecursionError:
            outcomes.add("found no room")
    assert outcomes == {"went well", "found no room"}
    assert not heart.done()
    assert_fit(loop)


def _depth() -> int:
    frame, depth = sys._getframe(), 0  # pyright: ignore[reportPrivateUsage]
    while (back := frame.f_back) is not None:
        frame, depth = back, depth + 1
    return depth


def test_whoever_exits_while_all_is_cancelled_keeps_no_one_waiting() -> None:
    loop = LoopThread("loop under test")
    outcomes: list[object] = []
    wait = threading.Barrier(3)

    async def rude() -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(None, wait.wait)
            await asyncio.sleep(60)
        finally:
            raise SystemExit

    def call() -> None:
        try:
            loop.run(rude())
        except (ClientClosedError, SystemExit) as error:
            outcomes.append(error)

    threads = [threading.Thread(target=call, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    wait.wait(20)
    loop.end()
    for thread in threads:
        thread.join(20)
    assert len(outcomes) == 2
