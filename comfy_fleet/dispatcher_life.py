"""The life of a fleet's dispatcher: opened when it is first needed, closed once and for good.

Whatever was made for an opening that failed is taken down again. It knows neither prompts nor jobs.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

from comfy_facade.errors import ClientClosedError
from comfy_fleet.dispatch import Dispatcher

# Seconds for an opening that was given up to take down what it made.
_CLOSE_LIMIT: Final = 5.0


class DispatcherLife:
    """Opens a dispatcher when it is first needed.

    Args:
        make: Makes the dispatcher; opening it is tried anew, with a new one, after it failed.
    """

    def __init__(self, make: Callable[[], Dispatcher]) -> None:
        self._make: Final = make
        self._lock: Final = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._dispatcher: Dispatcher | None = None
        self._opening: asyncio.Task[Dispatcher] | None = None
        self._is_closed = False
        self._endings: Final[set[asyncio.Task[None]]] = set()

    def temporary_directory(self) -> str:
        """Make a directory that vanishes with the dispatcher.

        Returns:
            Its path.
        """
        return self._stack.enter_context(tempfile.TemporaryDirectory(prefix="comfy-fleet-"))

    async def opened(self) -> Dispatcher:
        """Give the dispatcher, and open it if it is not open yet.

        Returns:
            The dispatcher.

        Raises:
            ClientClosedError: It was closed.
        """
        async with self._lock:
            self.check()
            if self._dispatcher is None:
                self._opening = asyncio.create_task(self._open())
                try:
                    self._dispatcher = await self._opening
                except asyncio.CancelledError:
                    if not is_asked_to_end():
                        self.check()
                    raise
            return self._dispatcher

    def check(self) -> None:
        """Refuse what is closed, for whoever waited for something else since it was opened.

        Raises:
            ClientClosedError: It was closed.
        """
        if self._is_closed:
            raise ClientClosedError

    async def close(self) -> None:
        """Close the dispatcher, if there is one, and open none any more."""
        self._is_closed = True
        if self._opening is not None:
            self._opening.cancel()
        async with self._lock:
            self._dispatcher = None
            await self._stack.aclose()
        if self._endings:
            await asyncio.wait(self._endings, timeout=_CLOSE_LIMIT)

    async def _open(self) -> Dispatcher:
        try:
            dispatcher = self._make()
            self._stack.push_async_callback(dispatcher.close)
            await dispatcher.open()
        except asyncio.CancelledError:
            # Whoever gave up waiting for a broker does not wait for it now either.
            self._take_down()
            raise
        except BaseException:
            await asyncio.shield(self._take_down())
            raise
        return dispatcher

    def _take_down(self) -> asyncio.Task[None]:
        stack, self._stack = self._stack, AsyncExitStack()
        ending = asyncio.create_task(stack.aclose())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        return ending


def is_asked_to_end() -> bool:
    """Say whether it is this very task that was cancelled, and not what it waits for.

    Returns:
        Whether it was.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
