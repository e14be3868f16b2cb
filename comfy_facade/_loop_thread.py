"""An event loop in a thread of its own, and coroutines handed over to it by threads that wait for them.

It does what a call needs and no more, for every synchronous call goes through here: one callback in the loop, one
task, one wake-up of the waiting thread. It knows neither clients nor their methods.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from comfy_facade.errors import ClientClosedError

R = TypeVar("R")

# What a new loop tells whoever waits for it: itself and how to end it, or why there is none.
_Ready = queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Event] | Exception]

# How long a cancelled coroutine may take to clean up after Ctrl-C, in seconds.
_CLEANUP_LIMIT: Final = 10.0


class LoopThread:
    """A running event loop, until it is ended.

    Args:
        name: The thread's name.

    Raises:
        OSError: The system gives no event loop, for too many files are open, say.
    """

    def __init__(self, name: str) -> None:
        self._lock: Final = threading.Lock()
        self._is_ended = False
        ready: _Ready = queue.SimpleQueue()
        # A program that forgets its client ends all the same: whoever owns the thread ends it at exit, which threads
        # that are no daemons would keep from being reached.
        self._thread: Final = threading.Thread(target=_serve, args=(ready,), name=name, daemon=True)
        self._thread.start()
        begun = ready.get()
        if isinstance(begun, Exception):
            raise begun
        self._loop, self._end = begun

    @property
    def is_current(self) -> bool:
        """Whether this is asked within the loop's thread."""
        return threading.current_thread() is self._thread

    def run(self, coroutine: Coroutine[Any, Any, R]) -> R:
        """Run a coroutine in the loop and wait for its result.

        Args:
            coroutine: What to run; it is closed if it cannot be.

        Returns:
            Its result.

        Raises:
            ClientClosedError: The loop was ended, before or meanwhile.
            RuntimeError: This is called within the loop's own thread, which would wait for itself.
            KeyboardInterrupt: Ctrl-C was pressed; the coroutine was cancelled, and has cleaned up.
        """
        if self.is_current:
            coroutine.close()
            raise RuntimeError(
                "a callback runs in the thread of its synchronous client, which cannot wait for itself: call the "
                "client's methods from the thread that called it, or from another one"
            )
        answers: queue.SimpleQueue[tuple[R] | BaseException] = queue.SimpleQueue()
        started: list[asyncio.Task[None]] = []

        async def answer() -> None:
            try:
                result = (await coroutine,)
            # Those that end a program are the waiting thread's too: here they would end the loop.
            except BaseException as error:  # noqa: BLE001 - it is raised again in the calling thread
                answers.put(error)
            else:
                answers.put(result)

        with self._lock:
            if self._is_ended:
                coroutine.close()
                raise ClientClosedError
            self._loop.call_soon_threadsafe(lambda: started.append(self._loop.create_task(answer())))
        try:
            answered = answers.get()
        except BaseException:
            self._cancel(started)
            with contextlib.suppress(queue.Empty):
                answers.get(timeout=_CLEANUP_LIMIT)
            raise
        if isinstance(answered, tuple):
            return answered[0]
        try:
            if self._is_ended and isinstance(answered, asyncio.CancelledError):
                raise ClientClosedError from None
            raise answered
        finally:
            # Its traceback holds this frame, which shall not hold it in turn.
            del answered

    def _cancel(self, started: list[asyncio.Task[None]]) -> None:
        def cancel() -> None:
            # After its first step: a task that is cancelled before it never begins, and gives no answer.
            self._loop.call_soon(started[0].cancel)

        with self._lock:
            if not self._is_ended:
                self._loop.call_soon_threadsafe(cancel)

    def end(self) -> None:
        """Cancel what still runs, end the loop and wait for its thread; a second time does nothing."""
        with self._lock:
            if self._is_ended:
                return
            self._is_ended = True
            # After all that was handed over before, so that nobody waits for what never began.
            self._loop.call_soon_threadsafe(self._end.set)
        if not self.is_current:
            self._thread.join()


def _serve(ready: _Ready) -> None:
    async def serve() -> None:
        end = asyncio.Event()
        ready.put((asyncio.get_running_loop(), end))
        await end.wait()

    runner = asyncio.Runner()
    try:
        runner.get_loop()
    except Exception as error:  # noqa: BLE001 - it is raised again in the thread that waits for the loop
        ready.put(error)
        return
    with runner:
        runner.run(serve())
