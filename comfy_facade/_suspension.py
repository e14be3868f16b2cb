"""From synchronous code into the event loop of a browser, which goes on while that code is suspended (JSPI).

It takes the place of the portal's thread, for a browser has no threads. Where a browser cannot suspend code, it says
so at once and names the asynchronous client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

from comfy_facade._portal import Portal
from comfy_facade.errors import ClientClosedError, SyncUnavailableError

P = ParamSpec("P")
R = TypeVar("R")


def suspended(function: Callable[[], Coroutine[Any, Any, R]]) -> R:
    """Run a coroutine from synchronous code.

    Args:
        function: Makes the coroutine.

    Returns:
        Its result.

    Raises:
        SyncUnavailableError: This browser cannot suspend synchronous code, or not where it was called from.
    """
    ffi: Any = import_module("pyodide.ffi")
    if not ffi.can_run_sync():
        raise SyncUnavailableError
    result: R = ffi.run_sync(function())
    return result


class SuspendingPortal(Portal):
    """A portal into the one event loop that a page has."""

    def __init__(self) -> None:
        super().__init__()
        self._is_used = False
        self._is_over = False
        self._last: asyncio.Future[None] | None = None

    def call(self, function: Callable[P, Coroutine[Any, Any, R]], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a coroutine function in the loop and wait for its result.

        Args:
            function: What to run.
            args: Its arguments.
            kwargs: Its keyword arguments.

        Returns:
            Its result.

        Raises:
            ClientClosedError: The portal is closed.
            SyncUnavailableError: This browser cannot wait here.
        """
        if self._is_over:
            raise ClientClosedError
        result = suspended(lambda: function(*args, **kwargs))
        self._is_used = True
        return result

    def _end(self, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        # Garbage may be collected anywhere, where nothing can be waited for.
        if self.is_open:
            self._last = asyncio.ensure_future(close())
        self.close()

    @property
    def is_open(self) -> bool:
        """Whether anything was ever run, and it is not closed."""
        return self._is_used and not self._is_over

    def close(self) -> None:
        """End it."""
        self._is_over = True
