"""The client's methods for the queue and the history: read them, delete from them, interrupt, cancel."""

from __future__ import annotations

from typing import Literal, overload

from comfy_facade._cancel import cancel
from comfy_facade._core import ClientCore
from comfy_facade.models import History, Queue
from comfy_facade.raw_json import RawObject


class QueueMethods:
    """What a client does with the queue and the history."""

    _core: ClientCore

    async def get_queue(self) -> Queue:
        """Read the queue (`GET /queue`).

        Returns:
            What runs and what is pending, in the order in which it will run.
        """
        return await self._core.routes.get_queue()

    async def get_history(self, max_items: int = 200, *, offset: int | None = None) -> History:
        """Read the history (`GET /history`).

        Args:
            max_items: How many prompts at most, the newest ones.
            offset: Where to begin, from the oldest; `None` for the newest `max_items`.

        Returns:
            Prompts that are over, by prompt id, oldest first.
        """
        return await self._core.routes.get_history(max_items, offset)

    @overload
    async def get_items(self, type: Literal["queue"]) -> Queue: ...

    @overload
    async def get_items(self, type: Literal["history"]) -> History: ...

    async def get_items(self, type: Literal["queue", "history"]) -> Queue | History:  # noqa: A002 - the documented name
        """Read the queue or the history.

        Args:
            type: `"queue"` or `"history"`.

        Returns:
            As `get_queue` or `get_history`.
        """
        if type == "queue":
            return await self.get_queue()
        if type == "history":
            return await self.get_history()
        raise ValueError(f'"queue" or "history" was expected, not {type!r}')

    async def delete_item(self, type: Literal["queue", "history"], id: str) -> None:  # noqa: A002 - documented names
        """Delete a pending prompt from the queue, or one that is over from the history (`POST /queue`, `/history`).

        Args:
            type: `"queue"` or `"history"`.
            id: The prompt; one that is not there is ignored.
        """
        await self._update(type, {"delete": [id]})

    async def clear_items(self, type: Literal["queue", "history"]) -> None:  # noqa: A002 - the documented name
        """Delete all pending prompts, whoever queued them, or the whole history (`POST /queue`, `/history`).

        Args:
            type: `"queue"` or `"history"`.
        """
        await self._update(type, {"clear": True})

    async def _update(self, items: Literal["queue", "history"], body: RawObject) -> None:
        if items == "queue":
            await self._core.routes.update_queue(body)
        elif items == "history":
            await self._core.routes.update_history(body)
        else:
            raise ValueError(f'"queue" or "history" was expected, not {items!r}')

    async def interrupt(self, prompt_id: str | None = None) -> None:
        """Interrupt what runs (`POST /interrupt`).

        Args:
            prompt_id: Interrupt only if this prompt is what runs; `None` for whatever runs, whoever queued it.
        """
        await self._core.routes.interrupt(prompt_id)

    async def cancel_prompt(self, prompt_id: str) -> bool:
        """Cancel one prompt, pending or running, and never another.

        Servers since 0.26 or so do it in one step (`POST /api/jobs/{job_id}/cancel`); on older ones the prompt is
        deleted from the queue (`POST /queue`), or interrupted by its id if it runs (`POST /interrupt`).

        Args:
            prompt_id: Which prompt.

        Returns:
            Whether it was cancelled; `False` if it was over already, or unknown.
        """
        return await cancel(self._core.routes, prompt_id)
