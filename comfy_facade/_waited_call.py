"""A coroutine that one thread waits for while a loop runs it, in whichever thread.

It knows its task and its answer; who runs the loop is `_loop_thread`'s to see to.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable, Coroutine
from typing import Any, Final, Generic, TypeVar

R = TypeVar("R")


class WaitedCall(Generic[R]):
    """A coroutine and its answer.

    Args:
        coroutine: What to run.
        over: What to call in the loop when it has ended, before anybody is told.

    Attributes:
        is_begun: Whether a loop has it, which will run it.
        is_over: Whether it has ended.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, R], over: Callable[[], None]) -> None:
        self._coroutine: Final = coroutine
        self._over: Final = over
        self._answers: Final[queue.SimpleQueue[tuple[R] | BaseException]] = queue.SimpleQueue()
        self._task: asyncio.Task[None] | None = None
        self.is_begun = False
        self.is_over = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Make its task, in the thread that runs the loop or is about to.

        Args:
            loop: What is to run it.
        """
        self._task = loop.create_task(self._answer())

    async def _answer(self) -> None:
        try:
            result = (await self._coroutine,)
        # Those that end a program are the waiting thread's too: here they would end the loop.
        except BaseException as error:  # noqa: BLE001 - it is raised again in the waiting thread
            self._end(error)
        else:
            self._end(result)

    def _end(self, answer: tuple[R] | BaseException) -> None:
        self.is_over = True
        self._over()
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

        loop.call_soon_threadsafe(cancel)

    def drop(self) -> None:
        """Close the coroutine if no loop has it."""
        if not self.is_begun:
            self._coroutine.close()

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
