"""The routes that runs live on: prompts, queue, history, interrupts. Answers are checked for status and shape.

What grows with the graph stays raw JSON. It decides nothing about runs.
"""

from __future__ import annotations

import asyncio
from typing import Final

from comfy_facade import _rest
from comfy_facade._answers import is_json, json_of, required_object, required_text, route_of
from comfy_facade._transport import Transport
from comfy_facade.errors import PromptRejectedError, UnsupportedByServerError
from comfy_facade.models import History, HistoryEntry, Queue, QueuedPrompt
from comfy_facade.raw_json import RawObject, as_number, as_object

# The server takes prompts one at a time. httpcore goes through all connections and all that wait for one at every
# request, so that a hundred posts at once cost several times what they cost a few at a time.
_POSTS_AT_ONCE: Final = 8


class PromptRoutes:
    """The routes for prompts.

    Args:
        transport: Sends the requests.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport: Final = transport
        self._posting: Final = asyncio.Semaphore(_POSTS_AT_ONCE)

    async def queue_prompt(self, body: RawObject) -> QueuedPrompt:
        """`POST /prompt`.

        Raises:
            PromptRejectedError: The server refused it.
        """
        async with self._posting:
            response = await self._transport.send(_rest.queue_prompt(body), 200, 400)
        if response.status_code == 400:
            answer = json_of(response, required_object)
            raise PromptRejectedError(_rejection(answer), as_object(answer.get("node_errors")))
        return json_of(response, _queued_prompt)

    async def get_queue(self, *, time_limit: float | None = None) -> Queue:
        """`GET /queue`; `time_limit` is in seconds without progress, `None` for the client's."""
        return await self._transport.json(_limited(_rest.get_queue(), time_limit), _queue)

    async def update_queue(self, body: RawObject) -> None:
        """`POST /queue`: delete or clear what is pending."""
        await self._transport.send_for_nothing(_rest.update_queue(body))

    async def get_history(self, max_items: int, offset: int | None) -> History:
        """`GET /history`."""
        return History(await self._transport.json(_rest.get_history(max_items, offset), required_object))

    async def get_history_entry(self, prompt_id: str, *, time_limit: float | None = None) -> HistoryEntry | None:
        """`GET /history/{prompt_id}`; `None` where the history has no such prompt. `time_limit` as for the queue."""
        arguments = _limited(_rest.get_history_entry(prompt_id), time_limit)
        history = await self._transport.json(arguments, required_object)
        entry = history.get(prompt_id)
        return None if entry is None else HistoryEntry(prompt_id, as_object(entry))

    async def update_history(self, body: RawObject) -> None:
        """`POST /history`: delete or clear what is over."""
        await self._transport.send_for_nothing(_rest.update_history(body))

    async def interrupt(self, prompt_id: str | None) -> None:
        """`POST /interrupt`."""
        await self._transport.send_for_nothing(_rest.interrupt(prompt_id))

    async def cancel_job(self, prompt_id: str) -> bool:
        """`POST /api/jobs/{job_id}/cancel`; says whether there was anything to cancel.

        Raises:
            UnsupportedByServerError: The server has no such route.
        """
        response = await self._transport.send(_rest.cancel_job(prompt_id), 200, 404, 405)
        if response.status_code != 200:
            if not is_json(response):
                raise UnsupportedByServerError(response.status_code, route_of(response), "0.26")
            return False
        return json_of(response, lambda value: bool(required_object(value)["cancelled"]))


def _limited(arguments: _rest.Arguments, time_limit: float | None) -> _rest.Arguments:
    return arguments if time_limit is None else {**arguments, "timeout": time_limit}


def _queued_prompt(value: object) -> QueuedPrompt:
    answer = required_object(value)
    number = as_number(answer.get("number"))
    return QueuedPrompt(required_text(answer["prompt_id"]), number or 0, as_object(answer.get("node_errors")))


def _queue(value: object) -> Queue:
    answer = required_object(value)
    return Queue.of_raw({name: answer[name] for name in ("queue_running", "queue_pending")})


def _rejection(answer: RawObject) -> RawObject:
    error = answer.get("error")
    return {"message": error} if isinstance(error, str) else as_object(error)
