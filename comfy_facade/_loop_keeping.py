"""What threads that drive an event loop in turn must mind: whether they may, what must not end it, and how it ends.

It knows neither calls nor who drives.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Generator
from typing import Final

from comfy_facade._signals import no_handler_may_raise

# Frames that are left to what a loop runs, of those that Python lets be on a stack: a task that shares the loop must
# not fail because somebody calls from far down.
_ROOM: Final = 400

_logger: Final = logging.getLogger("comfy_facade")


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
