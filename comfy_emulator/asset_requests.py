"""What requests for assets have in common: the switch, whose assets, what query and body say, and how one is refused.

It answers no route. Refusals have the codes and words of the real server, as far as clients can depend on them.
"""

import json
import re
import uuid
from collections.abc import Awaitable, Callable, Iterable
from functools import wraps
from typing import Final, TypeAlias

from aiohttp import web

from comfy_emulator.asset_records import Asset, AssetFilter
from comfy_emulator.assets import Assets, UnknownAssetError
from comfy_emulator.json_types import JsonObject, is_object
from comfy_emulator.server import SERVER

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

ASSET_ID: Final = "{id:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}}"
"""An asset's id as a part of a route's path."""

CONTENT_HASH: Final = re.compile(r"blake3:[0-9a-f]{64}")
"""What names the content of an asset."""

LARGEST_NUMBER: Final = 10_000_000
"""The largest number of a query that has no limit of its own."""


class RefusalError(Exception):
    """A request that is answered with an error object."""

    def __init__(self, status: int, code: str, message: str, details: JsonObject | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": code, "message": message, "details": details or {}}}


def asset_routes(handlers: Iterable[tuple[str, str, Handler]]) -> list[web.RouteDef]:
    """Make routes that answer only where assets are switched on, and turn refusals into answers.

    Args:
        handlers: Method, path and handler of each.

    Returns:
        The routes.
    """
    return [web.route(method, path, _guarded(handler)) for method, path, handler in handlers]


def _guarded(handler: Handler) -> Handler:
    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            if not request.config_dict[SERVER].options.enable_assets:
                text = "Assets system is disabled. Start the server with --enable-assets to use this feature."
                raise RefusalError(503, "SERVICE_DISABLED", text)
            return await handler(request)
        except RefusalError as refusal:
            return web.json_response(refusal.body, status=refusal.status)

    return answer


def assets_of(request: web.Request) -> Assets:
    """Give the assets of the server, once the request's user is known."""
    # The real server wants to know the user first.
    request.config_dict[SERVER].users.home(request.headers.get("Comfy-User"))
    return request.config_dict[SERVER].assets


def asset_of(request: web.Request) -> Asset:
    """Give the asset that the path names, or refuse the request."""
    asset_id = str(uuid.UUID(request.match_info["id"]))
    try:
        return assets_of(request).get(asset_id)
    except UnknownAssetError as failure:
        text = f"AssetReference {asset_id} not found"
        raise RefusalError(404, "ASSET_NOT_FOUND", text, {"id": asset_id}) from failure


async def posted_object(request: web.Request) -> JsonObject:
    """Give the object that was posted, or refuse the request."""
    try:
        posted = await request.json()
    except ValueError as failure:
        raise RefusalError(400, "INVALID_JSON", "Request body must be valid JSON.") from failure
    if not is_object(posted):
        raise RefusalError(400, "INVALID_BODY", "Validation failed.")
    return posted


def _tag_list(request: web.Request, *names: str) -> list[str]:
    """Give the tags of query parameters, which may be repeated or hold several with commas between."""
    found = [tag.strip() for name in names for value in request.query.getall(name, []) for tag in value.split(",")]
    return [tag for tag in found if tag]


def filter_of(request: web.Request) -> AssetFilter:
    """Give which assets a query wants."""
    return AssetFilter(
        all_of=_tag_list(request, "include_tags", "tags_all"),
        any_of=_tag_list(request, "tags_any"),
        none_of=_tag_list(request, "exclude_tags", "tags_none"),
        name_contains=request.query.get("name_contains", ""),
        metadata=_wanted_metadata(request),
    )


def _wanted_metadata(request: web.Request) -> JsonObject:
    text = request.query.get("metadata_filter", "")
    if not text:
        return {}
    try:
        wanted = json.loads(text)
    except ValueError as failure:
        raise bad_query("metadata_filter", text, "value_error", f"metadata_filter must be JSON: {failure}") from failure
    if not is_object(wanted):
        raise bad_query("metadata_filter", text, "value_error", "metadata_filter must be a JSON object")
    return wanted


def bad_query(name: str, value: str, kind: str, text: str, context: JsonObject | None = None) -> RefusalError:
    """Make the refusal of a query parameter; its caller raises it."""
    problem: JsonObject = {"type": kind, "loc": [name], "msg": text, "input": value}
    if context is not None:
        problem["ctx"] = context
    return RefusalError(400, "INVALID_QUERY", "Validation failed.", {"errors": [problem]})


def number_of(request: web.Request, name: str, default: int, least: int, most: int) -> int:
    """Give a whole number of the query, or refuse the request.

    Args:
        request: The request.
        name: The parameter.
        default: What it is if it is not given.
        least: The least that it may be.
        most: The most that it may be.

    Returns:
        The number.
    """
    text = request.query.get(name, str(default))
    if not text.removeprefix("-").isdecimal():
        words = "Input should be a valid integer, unable to parse string as an integer"
        raise bad_query(name, text, "int_parsing", words)
    number = int(text)
    if number < least:
        words = f"Input should be greater than or equal to {least}"
        raise bad_query(name, text, "greater_than_equal", words, {"ge": least})
    if number > most:
        words = f"Input should be less than or equal to {most}"
        raise bad_query(name, text, "less_than_equal", words, {"le": most})
    return number


def choice_of(request: web.Request, name: str, default: str, *others: str) -> str:
    """Give a word of the query, or refuse the request.

    Args:
        request: The request.
        name: The parameter.
        default: What it is if it is not given.
        others: What else it may be.

    Returns:
        The word.
    """
    text = request.query.get(name, default)
    if text not in (default, *others):
        expected = " or ".join(f"'{word}'" for word in (default, *others))
        raise bad_query(name, text, "literal_error", f"Input should be {expected}", {"expected": expected})
    return text
