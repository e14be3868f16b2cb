"""How far a run is, as one number and what stands behind it.

Events go in, a value comes out; nothing here waits or asks. The number counts nodes, since only the server knows how
long each takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import field, frozen

from comfy_facade.pace import Pace
from comfy_facade.raw_json import RawObject, as_object
from comfy_facade.reachable_nodes import reachable_nodes
from comfy_ws import (
    Event,
    Executed,
    Executing,
    ExecutionCached,
    ExecutionStart,
    ExecutionSuccess,
    PreviewImage,
    Progress,
    ProgressState,
)

# They come by the thousand and count for nothing here.
_NO_COUNT: Final = (PreviewImage, ProgressState)


@frozen
class RunProgress:
    """How far a run is.

    Attributes:
        fraction: From 0 to 1; it never falls, and is 1 only after success.
        node_id: The node that runs, or `None`.
        node_title: Its title, else its class, or `None`.
        value: Steps done within it.
        max: Steps in all within it; 0 where it reports none.
        nodes_done: Nodes that are done.
        nodes_total: Nodes that have to run: those that an output needs and that the server has no result of.
        queue_position: How many prompts run before this one while it is pending, if known.
        elapsed: Seconds since it left the queue, as far as this client saw; 0 before.
        remaining: Seconds it may still take, by the pace so far; `None` while there is nothing to judge by.
    """

    fraction: float = 0.0
    node_id: str | None = None
    node_title: str | None = None
    value: float = 0.0
    max: float = 0.0
    nodes_done: int = 0
    nodes_total: int = 0
    queue_position: int | None = None
    # The clock alone changes these, and that is no progress.
    elapsed: float = field(default=0.0, eq=False)
    remaining: float | None = field(default=None, eq=False)


class ProgressCount:
    """Counts a run's progress.

    Args:
        prompt: The prompt that runs.
        node_defs: The server's definitions by class name, if they are known; they tell which nodes are outputs.
        clock: Gives the time in seconds; without one no time passes.
    """

    def __init__(
        self,
        prompt: RawObject,
        node_defs: Mapping[str, Any] | None = None,
        *,
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._prompt: Final = prompt
        self._pace: Final = Pace(clock)
        self._waiting: Final = reachable_nodes(prompt, node_defs)
        self._done: Final = set[str]()
        self._node_id: str | None = None
        self._value = self._max = 0.0
        self._fraction = 0.0

    def feed(self, event: Event) -> bool:
        """Take an event of the run.

        Args:
            event: The event.

        Returns:
            Whether the progress changed.
        """
        if isinstance(event, _NO_COUNT):
            return False
        match event:
            case ExecutionStart():
                self._pace.start()
                return False
            case ExecutionCached():
                self._waiting.difference_update(event.nodes)
                self._done.intersection_update(self._waiting)
            case Executing():
                self._done_with(self._node_id)
                self._node_id, self._value, self._max = event.node, 0.0, 0.0
                self._pace.begin_node()
            case Executed():
                self._done_with(event.node)
            case Progress():
                if event.node is not None and event.node != self._node_id:
                    self._node_id = event.node
                self._value, self._max = event.value, event.max
                self._pace.step(event.value, event.max)
            case ExecutionSuccess():
                return self.finish()
            case _:
                return False
        self._count()
        return True

    def catch_up(self, state: ProgressState) -> bool:
        """Take what a run's nodes did before anybody listened; `feed` leaves this out, for it costs more.

        Args:
            state: The state of all nodes that began.

        Returns:
            Whether the progress changed.
        """
        ended = {node_id for node_id, node in state.nodes.items() if node.state == "finished"}
        news = (ended & self._waiting) - self._done
        self._done.update(news)
        self._count()
        return bool(news)

    def start(self) -> None:
        """Note that the prompt runs, where no event told."""
        self._pace.start()

    def stop(self) -> None:
        """Note that the run is over, well or not: no more time passes."""
        self._pace.end()

    def finish(self) -> bool:
        """Note that the run went well.

        Returns:
            Whether that is news.
        """
        if self._fraction == 1:
            return False
        self._done_with(self._node_id)
        self._node_id, self._value, self._max = None, 0.0, 0.0
        self._fraction = 1.0
        self._pace.end()
        return True

    def value(self, queue_position: int | None = None) -> RunProgress:
        """Say how far the run is.

        Args:
            queue_position: How many prompts run before this one, if known.

        Returns:
            The progress.
        """
        # Read once: whoever asks may be in another thread than the loop, in which the next node begins meanwhile.
        node_id = self._node_id
        node = as_object(self._prompt.get(node_id or ""))
        title = as_object(node.get("_meta")).get("title") or node.get("class_type")
        return RunProgress(
            fraction=self._fraction,
            node_id=node_id,
            node_title=str(title) if title else None,
            value=self._value,
            max=self._max,
            nodes_done=len(self._done),
            nodes_total=len(self._waiting),
            queue_position=queue_position,
            elapsed=self._pace.elapsed,
            remaining=self._pace.remaining(max(len(self._waiting - self._done - {node_id}), 0)),
        )

    def _done_with(self, node_id: str | None) -> None:
        if node_id is not None and node_id in self._waiting:
            self._done.add(node_id)

    def _count(self) -> None:
        total = len(self._waiting)
        within = 0.0 if self._node_id in self._done else _share(self._value, self._max)
        if total:
            # The last step of the last node is not the end: 1 is kept for the server's word of success.
            self._fraction = max(self._fraction, min((len(self._done) + within) / total, 0.99))


def _share(value: float, maximum: float) -> float:
    # A node reports whatever numbers it likes, among them some that cannot be divided.
    if 0 < value < maximum:
        try:
            return value / maximum
        except OverflowError:
            return 0.0
    return 1.0 if value >= maximum > 0 else 0.0
