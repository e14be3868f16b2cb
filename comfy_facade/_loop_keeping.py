"""What threads that drive an event loop in turn must mind: whether they may, what must not end it, and how it ends.

A process that was forked has a copy of the loop that shares what is underneath with its parent's; it is cut off here.

It knows neither calls nor who drives.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import select
import selectors
import socket
import stat
import sys
from collections.abc import Generator
from typing import Final

from comfy_facade._signals import no_handler_may_raise

# Frames that are left to what a loop runs, of those that Python lets be on a stack: a task that shares the loop must
# not fail because somebody calls from far down.
_ROOM: Final = 400

_logger: Final = logging.getLogger("comfy_facade")

# Loops of the process that this one was forked from, and what was going on in them.
_left_behind: Final[list[object]] = []


def may_drive_here() -> bool:
    """Tell whether this thread may run a loop now.

    Returns:
        `False` if one runs in it already, if its stack is nearly used up, or if a signal's handler might raise.
    """
    return not _is_in_a_loop() and _has_room() and no_handler_may_raise()


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _has_room() -> bool:
    try:
        # There is no other way to ask that takes no time on a shallow stack.
        sys._getframe(max(0, sys.getrecursionlimit() - _ROOM))  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    except ValueError:
        return True
    return False


@contextlib.contextmanager
def kept_going(*kinds: type[BaseException]) -> Generator[None]:
    """Leave to a task what ends programs: it has it as its own error, and a loop is no program.

    Args:
        kinds: What may come out of the block, and ends there.
    """
    try:
        yield
    except kinds:
        _logger.exception("a callback tried to end the thread that runs the client's event loop")


def wind_up(runner: asyncio.Runner) -> None:
    """Cancel all that runs in a loop, and close it.

    Args:
        runner: Whose loop; nobody drives it.
    """
    loop = runner.get_loop()
    # A task that is cancelled before its first step never begins, and cleans nothing up.
    loop.call_soon(loop.stop)
    with kept_going(SystemExit, KeyboardInterrupt):
        loop.run_forever()
    cancelled: set[asyncio.Task[object]] = set()
    while left := asyncio.all_tasks(loop):
        for task in left - cancelled:
            task.cancel()
        cancelled |= left
        # What leaves it early leaves the others to the next time.
        with kept_going(SystemExit, KeyboardInterrupt):
            loop.run_until_complete(asyncio.wait(left))
    runner.close()


def cut_off(loop: asyncio.AbstractEventLoop) -> None:
    """Take from a loop what it shares with the process that this one was forked from.

    That is what it watches its descriptors by, a change of which would deafen the parent's loop, and its sockets, which
    would say something in the parent's name, or stay open when the parent closes them. Nothing in the loop ends: what
    its tasks do at their ends is the parent's.

    Args:
        loop: A loop that never runs again; others than asyncio's own are kept as they are.
    """
    loop.set_exception_handler(lambda _loop, _context: None)
    _left_behind.append((loop, asyncio.all_tasks(loop)))
    selector = getattr(loop, "_selector", None)
    watched = selector.get_map() if isinstance(selector, selectors.BaseSelector) else None
    # A connection that is idle is not watched.
    connections = [transport.get_extra_info("socket") for transport in getattr(loop, "_transports", {}).values()]
    descriptors = {
        *(key.fd for key in (watched.values() if watched else ())),
        *(connection.fileno() for connection in connections if connection is not None),
    }
    dead, other = socket.socketpair()
    other.close()
    with dead:
        for descriptor in descriptors:
            if descriptor >= 0 and stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                os.dup2(dead.fileno(), descriptor, inheritable=False)
    if sys.platform == "linux" and isinstance(selector, selectors.EpollSelector):
        with select.epoll() as own:
            os.dup2(own.fileno(), selector.fileno(), inheritable=False)
