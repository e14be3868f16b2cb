"""Taking a prompt's second copy out of the queue, after it had to be posted twice.

A post whose answer was lost is sent again once the server seems not to have it. Should a proxy deliver the first one
after all, the server has the prompt twice, for it queues an id as often as it gets it. It posts nothing, and never
touches what runs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Final

from comfy_facade._prompt_routes import PromptRoutes
from comfy_facade.errors import ComfyUIError
from comfy_facade.models import Queue

_logger: Final = logging.getLogger("comfy_facade")
_LONGEST_PAUSE: Final = 4.0


def superfluous_copies(queue: Queue, prompt_id: str, *, is_over: bool) -> int:
    """Count how many pending copies of a prompt are too many.

    Args:
        queue: The server's queue.
        prompt_id: Which prompt.
        is_over: Whether the history has it already, so that none need be pending.

    Returns:
        How many to delete; each deletion takes one.
    """
    pending = sum(item.prompt_id == prompt_id for item in queue.pending)
    is_served = is_over or any(item.prompt_id == prompt_id for item in queue.running)
    return pending if is_served else max(0, pending - 1)


class SecondCopies:
    """Watches over the prompts of one client that were posted twice.

    Args:
        routes: The server's routes.
        watch_for: Seconds for which a late first post is looked for: proxies give requests up within a minute.
    """

    def __init__(self, routes: PromptRoutes, *, watch_for: float = 60.0) -> None:
        self._routes: Final = routes
        self._watch_for: Final = watch_for
        self._watches: Final[dict[str, asyncio.Task[None]]] = {}

    def watch(self, prompt_id: str) -> None:
        """Delete further copies of a prompt as they come, for a minute (`GET /queue`, `POST /queue`).

        Args:
            prompt_id: Which prompt.
        """
        if prompt_id not in self._watches:
            task = asyncio.create_task(self._watch(prompt_id), name="comfy_facade second copies")
            task.add_done_callback(lambda _: self._watches.pop(prompt_id))
            self._watches[prompt_id] = task

    async def close(self) -> None:
        """Stop watching."""
        watches = list(self._watches.values())
        for task in watches:
            task.cancel()
        await asyncio.gather(*watches, return_exceptions=True)

    async def _watch(self, prompt_id: str) -> None:
        for pause in _pauses(self._watch_for):
            await asyncio.sleep(pause)
            try:
                await self._delete_superfluous(prompt_id)
            except ComfyUIError as error:
                _logger.debug("looking for a second copy of prompt %s: %s", prompt_id, error)

    async def _delete_superfluous(self, prompt_id: str) -> None:
        queue = await self._routes.get_queue()
        if not any(item.prompt_id == prompt_id for item in queue.pending):
            return
        is_over = await self._routes.get_history_entry(prompt_id) is not None
        for _ in range(superfluous_copies(queue, prompt_id, is_over=is_over)):
            _logger.warning("prompt %s reached the server twice; deleting the copy that is pending", prompt_id)
            await self._routes.update_queue({"delete": [prompt_id]})


def _pauses(total: float) -> Iterator[float]:
    pause = 0.25
    while total > 0:
        yield min(pause, total)
        total -= pause
        pause = min(pause * 2, _LONGEST_PAUSE)
