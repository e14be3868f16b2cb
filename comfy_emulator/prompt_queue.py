"""Pending prompts, the running one and the history.

Keeps state and announces each change through a callback. It runs nothing; that is `comfy_emulator.runner`.
"""

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from comfy_emulator.json_types import JsonObject, Prompt

_LONGEST_HISTORY: Final = 10_000


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One prompt in the queue.

    Attributes:
        number: Its place: lower numbers run first.
        prompt_id: Its id.
        prompt: The graph.
        extra_data: What came along with it, without secrets.
        outputs: Ids of the output nodes to reach.
        secrets: Extra data that nodes may see but neither the queue nor the history shows.
    """

    number: float
    prompt_id: str
    prompt: Prompt
    extra_data: JsonObject
    outputs: list[str]
    secrets: JsonObject = field(default_factory=dict[str, Any])

    def as_json(self) -> list[Any]:
        """Give the item as `/queue` and `/history` write it."""
        return [self.number, self.prompt_id, self.prompt, self.extra_data, self.outputs]


@dataclass(order=True, slots=True)
class _Entry:
    number: float
    prompt_id: str
    arrival: int
    item: QueueItem = field(compare=False)


class PromptQueue:
    """The queue and history of one server. All methods belong to the event loop's thread.

    Args:
        changed: Called after each change of what is pending or running.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._pending: list[_Entry] = []
        self._arrivals = 0
        self._not_empty = asyncio.Event()
        self.running: QueueItem | None = None
        self.history: dict[str, JsonObject] = {}

    @property
    def pending(self) -> list[QueueItem]:
        """The waiting prompts, the next one first; the others as the heap holds them."""
        return [entry.item for entry in self._pending]

    @property
    def remaining(self) -> int:
        """How many prompts are pending or running."""
        return len(self._pending) + (self.running is not None)

    def put(self, item: QueueItem) -> None:
        """Add a prompt."""
        self._arrivals += 1
        heapq.heappush(self._pending, _Entry(item.number, item.prompt_id, self._arrivals, item))
        self._not_empty.set()
        self._changed()

    async def next_item(self) -> QueueItem:
        """Wait for a prompt and make it the running one."""
        while not self._pending:
            self._not_empty.clear()
            await self._not_empty.wait()
        self.running = heapq.heappop(self._pending).item
        self._changed()
        return self.running

    def finish(self, item: QueueItem, record: JsonObject) -> None:
        """Move the running prompt to the history.

        Args:
            item: The prompt that ran.
            record: Its `outputs`, `status` and `meta`.
        """
        self.running = None
        if len(self.history) > _LONGEST_HISTORY:
            del self.history[next(iter(self.history))]
        self.history[item.prompt_id] = {"prompt": item.as_json(), **record}
        self._changed()

    def delete(self, prompt_id: str) -> bool:
        """Remove a pending prompt.

        Returns:
            Whether there was one with this id.
        """
        for index, entry in enumerate(self._pending):
            if entry.prompt_id == prompt_id:
                if len(self._pending) == 1:
                    # The real server empties the queue and announces twice.
                    self.clear()
                else:
                    del self._pending[index]
                    heapq.heapify(self._pending)
                self._changed()
                return True
        return False

    def clear(self) -> None:
        """Remove all pending prompts."""
        self._pending = []
        self._changed()

    def forget(self) -> None:
        """Lose everything without announcing it, as a restarted process does."""
        self._pending = []
        self.running = None
        self.history = {}

    def history_page(self, max_items: int | None, offset: int) -> JsonObject:
        """Give a part of the history, oldest first.

        Args:
            max_items: How many at most; None is all.
            offset: How many of the oldest to leave out; negative takes the newest `max_items`.
        """
        if offset < 0 and max_items is not None:
            offset = len(self.history) - max_items
        page: JsonObject = {}
        for index, (prompt_id, record) in enumerate(self.history.items()):
            if index < offset:
                continue
            page[prompt_id] = record
            if max_items is not None and len(page) >= max_items:
                break
        return page
