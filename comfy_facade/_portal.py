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
    """An event loop for threads that wait, started when it is first needed.

    It is the client's, and of whatever the client gives that needs it; once all of them are garbage, so is the loop.
    Signals and the garbage collector call in between any two steps, so nothing is locked: what threads share they
    change in single steps, each before it looks at what others change.
    """

    def __init__(self) -> None:
        self._thread: LoopThread | None = None
        # Where the first that is made is found, until somebody takes it out to end it.
        self._threads: Final[dict[None, LoopThread]] = {}
        self._closed = False

    def __reduce__(self) -> str:
        raise TypeError(
            "a synchronous client, its jobs and its event streams belong to their process and cannot be pickled: make "
            "a client in the other one, and hand over the prompt_id or the result"
        )

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

    def end_with(self, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Close everything once the portal is garbage, because its owners forgot to do so.

        Args:
            close: What to run in the loop before it ends; neither it nor anything in the loop may hold the portal.
        """
        weakref.finalize(self, _end, self._threads, close)

    @property
    def is_open(self) -> bool:
        """Whether the loop runs."""
        thread = self._thread
        return thread is not None and not thread.is_ended

    def close(self) -> None:
        """End the thread; tasks that still run in it are cancelled."""
        self._closed = True
        self._thread = None
        thread = self._threads.pop(None, None)
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
        self._thread = thread = self._threads.setdefault(None, new)
        if thread is not new:
            new.end()
        if self._closed:
            self.close()
            raise ClientClosedError
        return thread


def _end(threads: dict[None, LoopThread], close: Callable[[], Coroutine[Any, Any, None]]) -> None:
    thread = threads.pop(None, None)
    if thread is None or thread.is_ended:
        return

    def end() -> None:
        try:
            thread.run(close())
        finally:
            thread.end()

    # Garbage may be collected within the loop or a call, neither of which can wait for itself.
    if thread.is_current or thread.is_called_from_here:
        threading.Thread(target=end, daemon=True).start()
    else:
        end()


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
