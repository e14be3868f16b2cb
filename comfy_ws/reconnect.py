"""When to try again, and after how long: a verdict and a row of delays.

Both are pure. Nothing here sleeps, opens a socket or counts attempts for anybody.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Final

from attrs import frozen

from comfy_ws.errors import ConnectFailedError, ConnectionLostError, HandshakeRejectedError

# From 520 on: what a content network says of a server that it does not reach. 525 and 526 are left out, for there it
# is TLS that fails.
_PASSING_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 530})


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
        return error.status in _PASSING_STATUSES
    if isinstance(error, ConnectFailedError):
        return not error.is_tls
    return isinstance(error, ConnectionLostError)
