"""How long a run has taken and may still take, told from when things were heard.

It knows times and counts, not nodes or events. An estimate: steps still to come at the pace of the steps before, and
nodes still to come as long as the nodes before.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Final


class Pace:
    """The pace of one run.

    Args:
        clock: Gives the time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock: Final = clock
        self._began_at: float | None = None
        self._ended_at: float | None = None
        self._node_began_at: float | None = None
        self._first_step: tuple[float, float] | None = None
        self._left_in_node: float | None = None
        self._durations: Final[list[float]] = []

    def start(self) -> None:
        """Note that the run started, if that was not known."""
        if self._began_at is None:
            self._began_at = self._clock()

    def end(self) -> None:
        """Note that the run is over."""
        self.start()
        self._end_node()
        if self._ended_at is None:
            self._ended_at = self._clock()

    def begin_node(self) -> None:
        """Note that a node began, and so that the one before ended."""
        self.start()
        self._end_node()
        self._node_began_at = self._clock()

    def step(self, value: float, maximum: float) -> None:
        """Note how far the node is.

        Args:
            value: Steps done.
            maximum: Steps in all.
        """
        self.start()
        now = self._clock()
        if self._first_step is None or not value > self._first_step[1]:
            self._first_step, self._left_in_node = (now, value), None
            return
        began_at, first = self._first_step
        try:
            left = (now - began_at) / (value - first) * (maximum - value)
        except (OverflowError, ZeroDivisionError):
            left = math.nan
        self._left_in_node = max(left, 0.0) if math.isfinite(left) else None

    @property
    def elapsed(self) -> float:
        """Seconds since the start; 0 before it."""
        if self._began_at is None:
            return 0.0
        return max((self._clock() if self._ended_at is None else self._ended_at) - self._began_at, 0.0)

    def remaining(self, nodes_after: int) -> float | None:
        """Estimate what the run may still take.

        Args:
            nodes_after: How many nodes run after the one that runs.

        Returns:
            Seconds; `None` while there is nothing to judge by.
        """
        if self._ended_at is not None:
            return 0.0
        usual = statistics.median(self._durations) if self._durations else None
        within = self._left_in_node
        if within is None and usual is not None:
            # Whoever asks may be in another thread than the loop, in which the node ends meanwhile.
            began_at = self._node_began_at
            spent = 0.0 if began_at is None else self._clock() - began_at
            within = max(usual - spent, 0.0)
        if within is None:
            return None
        return within + nodes_after * (usual or 0.0)

    def _end_node(self) -> None:
        if self._node_began_at is not None:
            self._durations.append(max(self._clock() - self._node_began_at, 0.0))
        self._node_began_at = self._first_step = self._left_in_node = None
