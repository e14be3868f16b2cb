"""Taking a prompt's second copy out of the queue, after it had to be posted twice.

A post whose answer was lost is sent again once the server seems not to have it. Should a proxy deliver the first one
after all, the server has the prompt twice, for it queues an id as often as it gets it. It posts nothing, and never
touches what runs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from comfy_facade._prompt_routes import PromptRoutes
from comfy_facade.errors import ComfyUIError
from comfy_facade.models import Queue

_logger: Final = logging.getLogger("comfy_facade")
# Between two looks, in seconds; short again with each prompt that is added.
_SHORTEST_PAUSE: Final = 0.25
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
        self._until: Final[dict[str, float]] = {}
        self._pause = _SHORTEST_PAUSE
        self._task: asyncio.Task[None] | None = None

    def watch(self, prompt_id: str) -> None:
        """Delete further copies of a prompt as they come, for a minute (`GET /queue`, `POST /queue`).

        Args:
            prompt_id: Which prompt.
        """
        self._until[prompt_id] = asyncio.get_running_loop().time() + self._watch_for
        self._pause = _SHORTEST_PAUSE
        if self._task is None:
            self._task = asyncio.create_task(self._watch(), name="comfy_facade second copies")

    async def close(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while self._until:
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            try:
                await self._delete_superfluous(list(self._until))
            except ComfyUIError as error:
                _logger.debug("looking for second copies of prompts: %s", error)
            for prompt_id in [prompt_id for prompt_id, until in self._until.items() if until < loop.time()]:
                del self._until[prompt_id]
        self._task = None

    async def _delete_superfluous(self, prompt_ids: Sequence[str]) -> None:
        queue = await self._routes.get_queue()
        pending = {item.prompt_id for item in queue.pending}
        for prompt_id in prompt_ids:
            if prompt_id not in pending:
                continue
            is_over = await self._routes.get_history_entry(prompt_id) is not None
            for _ in range(superfluous_copies(queue, prompt_id, is_over=is_over)):
                _logger.warning("prompt %s reached the server twice; deleting the copy that is pending", prompt_id)
                await self._routes.update_queue({"delete": [prompt_id]})
