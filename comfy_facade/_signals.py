"""Ctrl-C while this thread runs an event loop: it cancels what is waited for, instead of breaking into the loop.

Python runs the handlers of signals in the main thread, between any two steps of whatever that thread does. One that
raises would raise in the middle of the loop, in the reader of a websocket, say. Only Python's own handler of Ctrl-C is
put off; where a program has handlers of its own, whoever asks is told to keep away.
"""

from __future__ import annotations

import contextlib
import importlib
import signal
import threading
import time
from collections.abc import Callable, Generator
from types import FrameType
from typing import Final

# What `signal` wraps; the wrappers make an enumeration member of each answer, which takes twenty times as long as the
# question, and the questions are asked at each call.
_quick: Final = importlib.import_module("_signal")
_handler_of: Final[Callable[[int], object]] = _quick.getsignal
_handle: Final[Callable[[int, object], object]] = _quick.signal

_CTRL_C: Final = int(signal.SIGINT)
_OTHERS: Final = tuple(int(number) for number in signal.valid_signals() if number != signal.SIGINT)
# Not handled by Python: by default, ignored, or by a library in C.
_NONE: Final = (int(signal.SIG_DFL), int(signal.SIG_IGN), None)
# How long a loop that was told to give up may seem stuck, in seconds.
_STUCK: Final = 1.0


class Interruption:
    """A Ctrl-C that is put off.

    Attributes:
        is_asked: Whether it was pressed.
    """

    def __init__(self) -> None:
        self.is_asked = False
        self._cancel: Callable[[], object] | None = None
        self._give_up: Callable[[], object] | None = None
        self._given_up_at: float | None = None

    def tells(self, cancel: Callable[[], object] | None, give_up: Callable[[], object] | None) -> None:
        """Say what to call within the signal's handler.

        Args:
            cancel: What cancels whatever is waited for.
            give_up: What leaves it to itself.
        """
        self._cancel, self._give_up = cancel, give_up
        if cancel is not None and self.is_asked:
            cancel()

    def ask(self, _number: int, _frame: FrameType | None) -> None:
        """Take a signal: the first cancels, the second gives up.

        Raises:
            KeyboardInterrupt: It is another, and nothing has come of the second for a while: something in the loop
                blocks this thread, a callback perhaps, and is broken out of wherever it is.
        """
        if not self.is_asked:
            self.is_asked = True
            if self._cancel is not None:
                self._cancel()
        elif self._given_up_at is None:
            self._given_up_at = time.monotonic()
            if self._give_up is not None:
                self._give_up()
        elif time.monotonic() - self._given_up_at > _STUCK:
            raise KeyboardInterrupt


def no_handler_may_raise() -> bool:
    """Tell whether no signal breaks into this thread, but a Ctrl-C that `interruption_put_off` puts off.

    Returns:
        `False` in a main thread whose program handles signals itself.
    """
    if threading.current_thread() is not threading.main_thread():
        return True
    if _handler_of(_CTRL_C) not in (signal.default_int_handler, *_NONE):
        return False
    for number in _OTHERS:  # noqa: SIM110 - this is asked at each call, and all() takes twice as long
        if _handler_of(number) not in _NONE:
            return False
    return True


@contextlib.contextmanager
def interruption_put_off() -> Generator[Interruption]:
    """Put off a Ctrl-C in this thread until the block ends.

    Yields:
        Where to say what it cancels.

    Raises:
        KeyboardInterrupt: It was pressed, once the block has ended; or within, if that does not come to an end.
    """
    interruption = Interruption()
    if (
        threading.current_thread() is not threading.main_thread()
        or _handler_of(_CTRL_C) is not signal.default_int_handler
    ):
        yield interruption
        return
    handler = interruption.ask
    _handle(_CTRL_C, handler)
    try:
        yield interruption
    finally:
        # A callback may have put another one there.
        if _handler_of(_CTRL_C) is handler:
            _handle(_CTRL_C, signal.default_int_handler)
        if interruption.is_asked:
            raise KeyboardInterrupt from None
