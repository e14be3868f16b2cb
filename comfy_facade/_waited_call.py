"""A coroutine that one thread waits for while a loop runs it, in whichever thread.

It knows its task and its answer; who runs the loop is `_loop_thread`'s to see to. Nothing here waits for a lock, for
signals and the garbage collector call in anywhere.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable, Coroutine
from typing import Any, Final, Generic, TypeVar

R = TypeVar("R")


def call_in(loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> None:
    """Call something in a loop, from any thread, unless the loop is closed: then all in it has ended.

    Args:
        loop: The loop.
        callback: What to call.
    """
    try:
        loop.call_soon_threadsafe(callback)
    except RuntimeError:
        if not loop.is_closed():
            raise


class WaitedCall(Generic[R]):
    """A coroutine and its answer.

    Args:
        coroutine: What to run.
        over: What to call in the loop when it has ended, before anybody is told.

    Attributes:
        is_over: Whether it has ended.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, R], over: Callable[[WaitedCall[R]], None]) -> None:
        self._coroutine: Final = coroutine
        self._over: Final = over
        self._answers: Final[queue.SimpleQueue[tuple[R] | BaseException]] = queue.SimpleQueue()
        self._task: asyncio.Task[None] | None = None
        # Whoever takes what is in it decides what becomes of the coroutine: to take is one step, in any thread.
        self._claim: Final = [True]
        self.is_over = False

    def _takes_claim(self) -> bool:
        try:
            return self._claim.pop()
        except IndexError:
            return False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Make its task, in the thread that runs the loop or is about to, unless it was dropped.

        Args:
            loop: What is to run it.
        """
        if self._takes_claim():
            self._task = loop.create_task(self._answer())

    def drop(self) -> bool:
        """Close the coroutine, unless a loop has started it.

        Returns:
            Whether it was closed.
        """
        if not self._takes_claim():
            return False
        self._coroutine.close()
        return True

    async def _answer(self) -> None:
        try:
            result = (await self._coroutine,)
        # Those that end a program are the waiting thread's too: here they would end the loop.
        except BaseException as error:  # noqa: BLE001 - it is raised again in the waiting thread
            self.end(error)
        else:
            self.end(result)

    def end(self, answer: tuple[R] | BaseException) -> None:
        """Give an answer to whoever waits.

        Args:
            answer: What the coroutine returned, or what to raise.
        """
        self.is_over = True
        try:
            self._over(self)
        finally:
            self._answers.put(answer)

    def cancel(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cancel it, from any thread, once it has begun.

        Args:
            loop: What runs it.
        """

        def cancel() -> None:
            if self._task is not None:
                # After its first step: a task that is cancelled before it never begins, and gives no answer.
                loop.call_soon(self._task.cancel)

        call_in(loop, cancel)

    def answer(self, limit: float | None = None) -> R:
        """Wait until it has ended.

        Args:
            limit: For how many seconds at most.

        Returns:
            What the coroutine returned.

        Raises:
            BaseException: What it raised.
            queue.Empty: The limit is over.
        """
        answered = self._answers.get(timeout=limit)
        if isinstance(answered, tuple):
            return answered[0]
        try:
            raise answered
        finally:
            # Its traceback holds this frame, which shall not hold it in turn.
            del answered
