"""From synchronous code into an event loop, one per client.

It lifts coroutine functions and their results; it knows no method of the client. The asynchronous half is written
once, and everything synchronous is this.
"""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

from comfy_facade.errors import ClientClosedError

if TYPE_CHECKING:
    from comfy_facade._loop_thread import LoopThread

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")
AsyncT = TypeVar("AsyncT")
AsyncT_co = TypeVar("AsyncT_co", covariant=True)

_THREAD_NAME: Final = "comfy_facade"


class Portal:
    """An event loop for threads that wait, started when it is first needed."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._thread: LoopThread | None = None
        self._closed = False

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
            KeyboardInterrupt: Ctrl-C was pressed; the coroutine was cancelled, and has cleaned up.
        """
        return self._opened().run(function(*args, **kwargs))

    def run_plain(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a plain function in the loop, for those that need one.

        Args:
            function: What to run.
            args: Its arguments.
            kwargs: Its keyword arguments.

        Returns:
            Its result.
        """

        async def run() -> R:
            return function(*args, **kwargs)

        return self.call(run)

    def end_with(self, owner: object, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Close everything once an owner that forgot to do so is garbage.

        Args:
            owner: What is watched; neither `close` nor anything in the loop may hold it.
            close: What to run in the loop before it ends.
        """
        weakref.finalize(owner, self._end, close)

    def _end(self, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        def end() -> None:
            if self.is_open:
                self.call(close)
            self.close()

        # Garbage may be collected within the loop or a call, neither of which can wait for itself.
        thread = self._thread
        if thread is not None and (thread.is_current or thread.is_called_from_here):
            threading.Thread(target=end, daemon=True).start()
        else:
            end()

    @property
    def is_open(self) -> bool:
        """Whether the loop runs."""
        return self._thread is not None

    def close(self) -> None:
        """End the thread; tasks that still run in it are cancelled."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.end()

    def _opened(self) -> LoopThread:
        thread = self._thread
        if thread is not None:
            return thread
        if self._closed:
            raise ClientClosedError
        # Not before: a browser has no threads, and its wheel none of this.
        from comfy_facade._loop_thread import LoopThread

        new = LoopThread(_THREAD_NAME)
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = new
            thread = self._thread
        if thread is not new:
            new.end()
        if thread is None:
            raise ClientClosedError
        return thread


class Lifted(Protocol[AsyncT_co]):
    """A synchronous object that stands for an asynchronous one."""

    @property
    def portal(self) -> Portal:
        """Where the asynchronous object lives."""
        ...

    @property
    def lifted(self) -> AsyncT_co:
        """The asynchronous object."""
        ...


def lift(
    method: Callable[Concatenate[AsyncT, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[Lifted[AsyncT], P], R]:
    """Make a synchronous method of an asynchronous one, with the same parameters and result.

    Args:
        method: The asynchronous method, taken from its class.

    Returns:
        The synchronous method.
    """

    @functools.wraps(method)
    def call(self: Lifted[AsyncT], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.portal.call(method, self.lifted, *args, **kwargs)

    return call


def lift_as(
    method: Callable[Concatenate[AsyncT, P], Coroutine[Any, Any, R]],
    convert: Callable[[Portal, R], S],
) -> Callable[Concatenate[Lifted[AsyncT], P], S]:
    """Make a synchronous method of an asynchronous one whose result has asynchronous methods of its own.

    Args:
        method: The asynchronous method, taken from its class.
        convert: Makes the synchronous result.

    Returns:
        The synchronous method.
    """

    @functools.wraps(method)
    def call(self: Lifted[AsyncT], /, *args: P.args, **kwargs: P.kwargs) -> S:
        return convert(self.portal, self.portal.call(method, self.lifted, *args, **kwargs))

    return call
