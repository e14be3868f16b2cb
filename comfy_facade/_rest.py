"""The server's routes: the only module that knows the generated bindings.

Requests are built by the bindings, which follow the contract, and sent by the transport. Answers are checked here
for status and shape; those that grow with the graph stay raw JSON. It decides nothing about runs.

Each generated endpoint module has a pure half, which makes a request's arguments, and it is only that half which is
used here: the other half would send the request past the transport. Endpoints and models are imported when they are
first needed, for they are many.
"""

# pyright: reportPrivateUsage=false
# ruff: noqa: SLF001

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import httpx

from comfy_facade._transport import Transport, json_of, route_of, unexpected
from comfy_facade.errors import AuthenticationError, PromptRejectedError, UnsupportedByServerError
from comfy_facade.models import History, HistoryEntry, Queue, QueuedPrompt
from comfy_facade.outputs import FileReference
from comfy_facade.raw_json import RawObject, as_object
from comfy_facade.settings import Settings

if TYPE_CHECKING:
    from comfy_rest import Client
    from comfy_rest.models import ServerFeatures, SystemStats


class RestRoutes:
    """The routes that the facade uses.

    Args:
        transport: Sends the requests.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport: Final = transport

    async def queue_prompt(self, body: RawObject) -> QueuedPrompt:
        """`POST /prompt`.

        Raises:
            PromptRejectedError: The server refused it.
        """
        from comfy_rest.api.prompt import queue_prompt
        from comfy_rest.models import QueuePromptRequest

        arguments = queue_prompt._get_kwargs(body=QueuePromptRequest.from_dict(body))
        response = await self._transport.request(arguments)
        if response.status_code == 400:
            answer = json_of(response, _required_object)
            raise PromptRejectedError(_rejection(answer), as_object(answer.get("node_errors")))
        _require(response, 200)

        def check(value: object) -> QueuedPrompt:
            answer = _required_object(value)
            return QueuedPrompt(str(answer["prompt_id"]), answer.get("number", 0), as_object(answer.get("node_errors")))

        return json_of(response, check)

    async def get_queue(self) -> Queue:
        """`GET /queue`."""
        from comfy_rest.api.queue import get_queue

        response = await self._transport.request(get_queue._get_kwargs())
        _require(response, 200)

        def check(value: object) -> Queue:
            answer = _required_object(value)
            return Queue.of_raw({name: answer[name] for name in ("queue_running", "queue_pending")})

        return json_of(response, check)

    async def update_queue(self, body: RawObject) -> None:
        """`POST /queue`: delete or clear what is pending."""
        from comfy_rest.api.queue import update_queue
        from comfy_rest.models import QueueUpdate

        _require(await self._transport.request(update_queue._get_kwargs(body=QueueUpdate.from_dict(body))), 200)

    async def get_history(self, max_items: int | None, offset: int | None) -> History:
        """`GET /history`."""
        from comfy_rest.api.history import get_history
        from comfy_rest.types import UNSET

        arguments = get_history._get_kwargs(
            max_items=UNSET if max_items is None else max_items, offset=UNSET if offset is None else offset
        )
        response = await self._transport.request(arguments)
        _require(response, 200)
        return History(json_of(response, _required_object))

    async def get_history_entry(self, prompt_id: str) -> HistoryEntry | None:
        """`GET /history/{prompt_id}`; `None` where the history has no such prompt."""
        from comfy_rest.api.history import get_history_entry

        response = await self._transport.request(get_history_entry._get_kwargs(prompt_id))
        _require(response, 200)
        entry = json_of(response, _required_object).get(prompt_id)
        return None if entry is None else HistoryEntry(prompt_id, as_object(entry))

    async def interrupt(self, prompt_id: str | None) -> None:
        """`POST /interrupt`."""
        from comfy_rest.api.queue import interrupt
        from comfy_rest.models import InterruptRequest

        body = InterruptRequest.from_dict({} if prompt_id is None else {"prompt_id": prompt_id})
        _require(await self._transport.request(interrupt._get_kwargs(body=body)), 200)

    async def cancel_job(self, prompt_id: str) -> bool:
        """`POST /api/jobs/{job_id}/cancel`; says whether there was anything to cancel.

        Raises:
            UnsupportedByServerError: The server has no such route.
        """
        from comfy_rest.api.jobs import cancel_job

        response = await self._transport.request(cancel_job._get_kwargs(prompt_id))
        if response.status_code in (404, 405) and not _is_json(response):
            raise UnsupportedByServerError(response.status_code, route_of(response), "0.26")
        if response.status_code == 404:
            return False
        _require(response, 200)
        return json_of(response, lambda value: bool(_required_object(value)["cancelled"]))

    async def get_features(self) -> ServerFeatures:
        """`GET /features`."""
        from comfy_rest.api.system import get_features
        from comfy_rest.models import ServerFeatures

        response = await self._transport.request(get_features._get_kwargs())
        _require(response, 200)
        return json_of(response, lambda value: ServerFeatures.from_dict(_required_object(value)))

    async def get_system_stats(self) -> SystemStats:
        """`GET /system_stats`."""
        from comfy_rest.api.system import get_system_stats
        from comfy_rest.models import SystemStats

        response = await self._transport.request(get_system_stats._get_kwargs())
        _require(response, 200)
        return json_of(response, lambda value: SystemStats.from_dict(_required_object(value)))

    @asynccontextmanager
    async def view(self, file: FileReference, *, offset: int = 0) -> AsyncGenerator[httpx.Response]:
        """`GET /view`, from `offset` bytes on; the body is left to be read."""
        arguments = view_arguments(file)
        if offset:
            arguments["headers"] = {**arguments.get("headers", {}), "Range": f"bytes={offset}-"}
        async with self._transport.stream(arguments) as response:
            if response.status_code not in (200, 206):
                with self._transport.translated():
                    await response.aread()
                _require(response, 200, 206)
            yield response

    def translated(self) -> Any:
        """Turn httpx's exceptions within a `with` block into errors of the SDK."""
        return self._transport.translated()


def view_arguments(file: FileReference) -> dict[str, Any]:
    """Make the request that reads a file.

    Args:
        file: The file.

    Returns:
        What `httpx.AsyncClient.request` takes.
    """
    from comfy_rest.api.files import view_file

    arguments = view_file._get_kwargs(filename=file.filename, subfolder=file.subfolder)
    # Custom nodes may name a type of their own, which is none of the contract's.
    arguments["params"]["type"] = file.type
    return arguments


def bindings_client(settings: Settings) -> Client:
    """Make a client of the generated bindings, for operations that the facade has no method for.

    Args:
        settings: Where to and with which credentials.

    Returns:
        The client; it opens its connections when it is first used.
    """
    from comfy_rest import Client

    return Client(
        base_url=settings.base_url,
        headers=dict(settings.headers),
        verify_ssl=settings.verify,
        timeout=httpx.Timeout(settings.timeout),
        httpx_args={"auth": settings.auth} if settings.auth is not None else {},
    )


def _require(response: httpx.Response, *statuses: int) -> None:
    if response.status_code in statuses:
        return
    if response.status_code == 403:
        raise AuthenticationError(response.status_code, str(response.request.url.copy_with(query=None)))
    raise unexpected(response)


def _is_json(response: httpx.Response) -> bool:
    return str(response.headers.get("Content-Type", "")).startswith("application/json")


def _required_object(value: object) -> RawObject:
    answer = as_object(value)
    if answer is not value:
        raise TypeError(f"a JSON object was expected, not {type(value).__name__}")
    return answer


def _rejection(answer: RawObject) -> RawObject:
    error = answer.get("error")
    return {"message": error} if isinstance(error, str) else as_object(error)
