"""Misbehaviour that tests switch on: failing answers, refused websockets, late history.

Keeps the switches and what was seen. Acting on them is up to the places that read them.
"""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

_LONGEST_RECORD: Final = 10_000


@dataclass(slots=True)
class _FailingAnswers:
    left: int
    status: int
    path: str | None


class Faults:
    """The switches of one server. Safe to use from any thread.

    Attributes:
        requests: Method, path and status of the latest requests.
        prompts_run: Ids of the latest prompts, in the order they started.
        websocket_refusal: The status that answers websocket handshakes; None lets them through.
        history_delay: How long after its end a prompt reaches the history, in seconds.
    """

    def __init__(self) -> None:
        self.requests: deque[tuple[str, str, int]] = deque(maxlen=_LONGEST_RECORD)
        self.prompts_run: deque[str] = deque(maxlen=_LONGEST_RECORD)
        self.websocket_refusal: int | None = None
        self.history_delay = 0.0
        self._lock = threading.Lock()
        self._failing: list[_FailingAnswers] = []

    def answer_errors(self, count: int, status: int, path: str | None) -> None:
        """Let the next matching requests fail.

        Args:
            count: How many.
            status: With which status.
            path: Which path, without query; None is any.
        """
        with self._lock:
            self._failing.append(_FailingAnswers(count, status, path))

    def failure_for(self, path: str) -> int | None:
        """Take the failure that is due for a request, if any.

        Args:
            path: The requested path.

        Returns:
            The status to answer with.
        """
        with self._lock:
            for failing in self._failing:
                if failing.path in (None, path) and failing.left > 0:
                    failing.left -= 1
                    return failing.status
        return None
