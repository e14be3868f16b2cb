"""From synchronous code into the event loop of a browser, which goes on while that code is suspended (JSPI).

It takes the place of the portal's thread, for a browser has no threads. Where a browser cannot suspend code, it says
so at once and names the asynchronous client.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Coroutine
from importlib import import_module
from typing import Any, Final, ParamSpec, TypeVar

from comfy_facade._portal import Portal
from comfy_facade.errors import ClientClosedError, SyncUnavailableError

P = ParamSpec("P")
R = TypeVar("R")

# The loop itself does not keep its tasks.
_endings: Final[set[asyncio.Future[None]]] = set()


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
        # Empty until anything was run, and again once it is closed.
        self._used: Final[set[bool]] = set()
        self._is_over = False

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
        self._used.add(True)
        return result

    def end_with(self, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Close everything once the portal is garbage, because its owners forgot to do so.

        Args:
            close: What to run in the loop; it may not hold the portal.
        """
        weakref.finalize(self, _end_later, self._used, close)

    @property
    def is_open(self) -> bool:
        """Whether anything was ever run, and it is not closed."""
        return bool(self._used)

    def close(self) -> None:
        """End it."""
        self._is_over = True
        self._used.clear()


def _end_later(used: set[bool], close: Callable[[], Coroutine[Any, Any, None]]) -> None:
    # Garbage may be collected anywhere, where nothing can be waited for.
    if used:
        ending = asyncio.ensure_future(close())
        _endings.add(ending)
        ending.add_done_callback(_endings.discard)
