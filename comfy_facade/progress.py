"""How far a run is, as one number and what stands behind it.

Pure: events go in, a value comes out. The number counts nodes, since only the server knows how long each takes.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

from comfy_facade.raw_json import RawObject, as_object
from comfy_ws import (
    Event,
    Executed,
    Executing,
    ExecutionCached,
    ExecutionSuccess,
    Progress,
)


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
        nodes_total: Nodes that have to run.
        queue_position: How many prompts run before this one while it is pending, if known.
    """

    fraction: float = 0.0
    node_id: str | None = None
    node_title: str | None = None
    value: float = 0.0
    max: float = 0.0
    nodes_done: int = 0
    nodes_total: int = 0
    queue_position: int | None = None


class ProgressCount:
    """Counts a run's progress.

    Args:
        prompt: The prompt that runs.
    """

    def __init__(self, prompt: RawObject) -> None:
        self._prompt: Final = prompt
        self._waiting: Final = set(prompt)
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
        match event:
            case ExecutionCached():
                self._waiting.difference_update(event.nodes)
                self._done.intersection_update(self._waiting)
            case Executing():
                self._finish(self._node_id)
                self._node_id, self._value, self._max = event.node, 0.0, 0.0
            case Executed():
                self._finish(event.node)
            case Progress():
                if event.node is not None and event.node != self._node_id:
                    self._node_id = event.node
                self._value, self._max = event.value, event.max
            case ExecutionSuccess():
                self._finish(self._node_id)
                self._node_id, self._value, self._max = None, 0.0, 0.0
                self._fraction = 1.0
                return True
            case _:
                return False
        self._count()
        return True

    def value(self, queue_position: int | None = None) -> RunProgress:
        """Say how far the run is.

        Args:
            queue_position: How many prompts run before this one, if known.

        Returns:
            The progress.
        """
        node = as_object(self._prompt.get(self._node_id or ""))
        title = as_object(node.get("_meta")).get("title") or node.get("class_type")
        return RunProgress(
            fraction=self._fraction,
            node_id=self._node_id,
            node_title=str(title) if title else None,
            value=self._value,
            max=self._max,
            nodes_done=len(self._done),
            nodes_total=len(self._waiting),
            queue_position=queue_position,
        )

    def _finish(self, node_id: str | None) -> None:
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
