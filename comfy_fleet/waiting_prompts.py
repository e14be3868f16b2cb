"""The prompts of one process that wait for a server: a heap for each queue, the most urgent first, then the oldest.

It keeps an order and nothing else: who may take from which queue, and whether a prompt is still wanted, is for the
dispatcher to say. Nothing here outlives the process.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable
from typing import Final

from attrs import define, evolve, field

from comfy_fleet.dispatch import Tracked
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.queue_names import PRIORITIES
from comfy_fleet.routing import Route


@define(order=True)
class Waiting:
    """A prompt that waits.

    Attributes:
        urgency: The lower, the sooner.
        number: Which it was of all that were handed over.
        route: What it went through.
        tracked: Its job.
    """

    urgency: int
    number: int
    route: Route = field(order=False)
    tracked: Tracked = field(order=False)

    @property
    def task(self) -> PromptTask:
        """What was handed over."""
        if self.tracked.task is None:
            raise AssertionError("only prompts with a task wait")
        return self.tracked.task

    def with_route(self, route: Route) -> Waiting:
        """Give the same prompt, as urgent and as old, on another route.

        Args:
            route: The route.

        Returns:
            A copy.
        """
        return evolve(self, route=route)


class WaitingPrompts:
    """Queues in memory."""

    def __init__(self) -> None:
        self._heaps: Final[dict[str, list[Waiting]]] = {}
        self._numbers: Final = itertools.count()

    def number(self, tracked: Tracked) -> Waiting:
        """Give a prompt that was just handed over its place in the order.

        Args:
            tracked: Its job.

        Returns:
            The prompt, in no queue yet.
        """
        return Waiting(PRIORITIES - tracked.priority, next(self._numbers), Route(), tracked)

    def put(self, queue: str, waiting: Waiting) -> None:
        """Put a prompt into a queue.

        Args:
            queue: The queue.
            waiting: The prompt.
        """
        heapq.heappush(self._heaps.setdefault(queue, []), waiting)

    def take(self, queues: Iterable[str], may_take: Callable[[str], bool]) -> Waiting | None:
        """Take the first prompt out of several queues.

        Args:
            queues: The queues.
            may_take: Whether a queue in which prompts wait counts.

        Returns:
            The prompt, or `None` if none waits.
        """
        filled = [name for name in queues if self._heaps.get(name) and may_take(name)]
        if not filled:
            return None
        first = min(filled, key=lambda name: self._heaps[name][0])
        return heapq.heappop(self._heaps[first])

    def lengths(self) -> dict[str, int]:
        """Count the prompts that wait.

        Returns:
            How many there are by queue, of queues that are not empty.
        """
        return {name: len(heap) for name, heap in self._heaps.items() if heap}
