"""Posting prompts, the queue, the history and interrupts.

Reads requests and changes the queue; running what is in it is `comfy_emulator.runner`.
"""

import time
import uuid
from collections.abc import Iterable
from typing import Any, Final

from aiohttp import web

from comfy_emulator.input_values import problem
from comfy_emulator.json_types import JsonObject, is_array, is_object
from comfy_emulator.prompt_queue import QueueItem
from comfy_emulator.server import SERVER, Server
from comfy_emulator.validation import validate_prompt

_SECRETS: Final = ("auth_token_comfy_org", "api_key_comfy_org")


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return [
        web.get("/prompt", _get_prompt),
        web.post("/prompt", _post_prompt),
        web.get("/queue", _get_queue),
        web.post("/queue", _post_queue),
        web.get("/history", _get_history),
        web.get("/history/{prompt_id}", _get_history_of),
        web.post("/history", _post_history),
        web.post("/interrupt", _post_interrupt),
        web.post("/free", _post_free),
    ]


async def _get_prompt(request: web.Request) -> web.Response:
    return web.json_response(request.config_dict[SERVER].queue_info)


async def _post_prompt(request: web.Request) -> web.Response:
    server = request.config_dict[SERVER]
    server.log.write("got prompt")
    posted: JsonObject = await request.json()
    number = _number(server, posted)
    if "prompt" not in posted:
        return _refusal(problem("no_prompt", "No prompt provided", "No prompt provided"))
    prompt_id = _prompt_id(server, posted)
    if prompt_id is None:
        details = (
            "prompt_id must be a UUID string in canonical lowercase hyphenated form; "
            "omit it to let the server generate one"
        )
        return _refusal(problem("invalid_prompt_id", "prompt_id must be a valid UUID", details))
    targets = posted.get("partial_execution_targets")
    verdict = validate_prompt(posted["prompt"], server.catalogue, server.version, targets)
    if verdict.error is not None:
        return _refusal(verdict.error, verdict.node_errors)
    extra_data = _extra_data(server, posted)
    if "client_id" in posted:
        extra_data["client_id"] = posted["client_id"]
    secrets: JsonObject = {}
    if server.version.hides_sensitive_extra_data:
        secrets = {name: extra_data.pop(name) for name in _SECRETS if name in extra_data}
    if server.version.records_create_time:
        extra_data["create_time"] = int(time.time() * 1000)
    server.queue.put(QueueItem(number, prompt_id, verdict.prompt, extra_data, verdict.outputs, secrets))
    return web.json_response(
        {"prompt_id": prompt_id, "number": number, "node_errors": verdict.node_errors},
    )


def _extra_data(server: Server, posted: JsonObject) -> JsonObject:
    extra_data: JsonObject = posted.get("extra_data", {})
    if not is_object(extra_data) and not server.version.records_create_time and "client_id" not in posted:
        # A real server of this age takes it, and its worker dies of it; nobody wants to test against that.
        return {}
    return extra_data


def _number(server: Server, posted: JsonObject) -> float:
    if "number" in posted:
        return float(posted["number"])
    number = server.numbers_given
    server.numbers_given += 1
    # An array gets as far as here, and is a body without a prompt.
    return -number if is_object(posted) and posted.get("front") else number


def _prompt_id(server: Server, posted: JsonObject) -> str | None:
    if not server.version.wants_canonical_prompt_ids:
        return str(posted.get("prompt_id", uuid.uuid4()))
    wanted = posted.get("prompt_id")
    if wanted is None:
        return str(uuid.uuid4())
    return wanted if is_canonical_id(wanted) else None


def is_canonical_id(value: object) -> bool:
    """Tell whether a value is a UUID written in the lower-case form with hyphens."""
    if not isinstance(value, str):
        return False
    try:
        return str(uuid.UUID(value)) == value
    except ValueError:
        return False


def _refusal(error: JsonObject, node_errors: JsonObject | None = None) -> web.Response:
    return web.json_response({"error": error, "node_errors": node_errors or {}}, status=400)


async def _get_queue(request: web.Request) -> web.Response:
    queue = request.config_dict[SERVER].queue
    return web.json_response(
        {
            "queue_running": [] if queue.running is None else [queue.running.as_json()],
            "queue_pending": [item.as_json() for item in queue.pending],
        }
    )


async def _post_queue(request: web.Request) -> web.Response:
    queue = request.config_dict[SERVER].queue
    clears, deleted = _removals(await request.json())
    if clears:
        queue.clear()
    for prompt_id in deleted:
        queue.delete(prompt_id)
    return web.Response()


async def _get_history(request: web.Request) -> web.Response:
    max_items = request.query.get("max_items")
    offset = int(request.query.get("offset", -1))
    page = request.config_dict[SERVER].queue.history_page(None if max_items is None else int(max_items), offset)
    return web.json_response(page)


async def _get_history_of(request: web.Request) -> web.Response:
    prompt_id = request.match_info["prompt_id"]
    history = request.config_dict[SERVER].queue.history
    return web.json_response({prompt_id: history[prompt_id]} if prompt_id in history else {})


async def _post_history(request: web.Request) -> web.Response:
    history = request.config_dict[SERVER].queue.history
    clears, deleted = _removals(await request.json())
    if clears:
        history.clear()
    for prompt_id in deleted:
        history.pop(prompt_id, None)
    return web.Response()


def _removals(posted: Any) -> tuple[bool, Iterable[str]]:
    if is_array(posted) or isinstance(posted, str):
        # The real server asks whether the words are in it.
        return False, ()
    return bool(posted.get("clear")), posted.get("delete", ())


async def _post_interrupt(request: web.Request) -> web.Response:
    try:
        posted: JsonObject = await request.json()
    except ValueError:
        posted = {}
    request.config_dict[SERVER].interrupt(posted.get("prompt_id") or None)
    return web.Response()


async def _post_free(request: web.Request) -> web.Response:
    posted: JsonObject = await request.json()
    if posted.get("free_memory"):
        request.config_dict[SERVER].free_memory()
    return web.Response()
