"""When to try again, and after how long: a verdict, a row of delays, and when what failed may be asked for anew.

All are pure: times go in, times come out. Nothing here sleeps or opens a socket.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Final

from attrs import frozen

from comfy_ws.errors import ConnectFailedError, ConnectionLostError, HandshakeRejectedError, StreamError

# With which a server or a proxy says that another attempt may do better. From 520 on: what a content network says of
# a server that it does not reach. 525 and 526 are left out, for there it is TLS that fails.
PASSING_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 530})
_CREDENTIALS_REFUSED: Final = frozenset({401, 403})
# Seconds; short, for whoever asks meanwhile is refused although the credentials may be good again.
_CREDENTIALS_DELAY: Final = 1.0


@frozen
class Backoff:
    """Exponentially growing delays with jitter.

    Attributes:
        initial: The first delay, in seconds.
        factor: How much longer each next one is.
        maximum: No delay is longer than this, in seconds.
        jitter: The part of a delay that is random: 0 for none, 1 for anything from nothing to the whole delay.
    """

    initial: float = 0.1
    factor: float = 2.0
    maximum: float = 5.0
    jitter: float = 0.5

    def delays(self, uniform: Callable[[], float] = random.random) -> Iterator[float]:
        """Yield delays in seconds, without end.

        Args:
            uniform: Random numbers from 0 to 1.

        Yields:
            How long to wait before the next attempt, in seconds.
        """
        delay = min(self.initial, self.maximum)
        while True:
            yield delay * (1 - self.jitter * uniform())
            delay = min(delay * self.factor, self.maximum)


def is_retryable(error: Exception) -> bool:
    """Say whether another attempt to open the socket may succeed.

    Args:
        error: What the last attempt, or the last socket, ended with.

    Returns:
        False for credentials that are refused, for an address without a websocket, and for TLS that fails; True for
        sockets that ended, servers that are down, and proxies that say that they are.
    """
    if isinstance(error, HandshakeRejectedError):
        return error.status in PASSING_STATUSES
    if isinstance(error, ConnectFailedError):
        return not error.is_tls
    return isinstance(error, ConnectionLostError)


class Reattempts:
    """When a channel that failed for good may be tried again, because somebody asks for it.

    The first who asks after a socket ended does so at once. An attempt in vain makes the next ones wait, ever longer,
    so that a server without websockets does not cost every run a handshake.

    Args:
        backoff: How long they wait.
    """

    def __init__(self, backoff: Backoff | None = None) -> None:
        self._backoff: Final = backoff or Backoff(initial=2.0, maximum=30.0)
        self._delays = self._backoff.delays()
        self._is_tried = False
        self._due_at = -math.inf

    def is_due(self, now: float) -> bool:
        """Say whether another attempt may be made.

        Args:
            now: The time, in seconds.

        Returns:
            Whether it may.
        """
        return now >= self._due_at

    def tried(self) -> None:
        """Note that another attempt was begun."""
        self._is_tried = True

    def failed(self, error: StreamError, now: float, *, lasted: float | None) -> None:
        """Note that the channel failed.

        Args:
            error: With what.
            now: The time, in seconds.
            lasted: How long the last attempt's socket was open, in seconds; `None` if there was none.
        """
        has_lasted = lasted is not None and (not self._is_tried or lasted > self._backoff.initial)
        if has_lasted:
            self._delays = self._backoff.delays()
            self._is_tried = False
        if has_lasted or isinstance(error, ConnectionLostError):
            self._due_at = now
        elif isinstance(error, HandshakeRejectedError) and error.status in _CREDENTIALS_REFUSED:
            self._due_at = now + _CREDENTIALS_DELAY
        else:
            self._due_at = now + next(self._delays)
