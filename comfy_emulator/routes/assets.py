"""Assets one by one and in lists: finding, showing, changing, deleting and fetching them.

How they come to be is in `asset_uploads` and `asset_scans`, their tags are in `asset_tags`.
"""

import base64
import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from comfy_emulator.asset_records import Asset
from comfy_emulator.asset_requests import (
    ASSET_ID,
    LARGEST_NUMBER,
    RefusalError,
    asset_of,
    asset_routes,
    assets_of,
    choice_of,
    filter_of,
    number_of,
    posted_object,
)
from comfy_emulator.json_types import JsonObject, is_object

_SORTS: Final[dict[str, Callable[[Asset], Any]]] = {
    "name": lambda asset: asset.name,
    "created_at": lambda asset: asset.created,
    "updated_at": lambda asset: asset.updated,
    "size": lambda asset: asset.size,
    "last_access_time": lambda asset: asset.accessed,
}
_WITHOUT_CURSOR: Final = ("last_access_time",)


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return asset_routes(
        [
            ("GET", "/api/assets", _list),
            ("GET", f"/api/assets/{ASSET_ID}", _show),
            ("PUT", f"/api/assets/{ASSET_ID}", _update),
            ("DELETE", f"/api/assets/{ASSET_ID}", _delete),
            ("GET", f"/api/assets/{ASSET_ID}/content", _content),
        ]
    )


async def _list(request: web.Request) -> web.Response:
    assets = assets_of(request)
    limit, offset = number_of(request, "limit", 20, 1, 500), number_of(request, "offset", 0, 0, LARGEST_NUMBER)
    sort = choice_of(request, "sort", "created_at", *(name for name in _SORTS if name != "created_at"))
    order = choice_of(request, "order", "desc", "asc")
    assets.scan()
    chosen = assets.chosen(filter_of(request))
    chosen.sort(key=_SORTS[sort], reverse=order == "desc")
    if "after" in request.query:
        offset = _place_after(request.query["after"], chosen, sort)
    page = chosen[offset : offset + limit]
    has_more = offset + len(page) < len(chosen)
    answer: JsonObject = {"assets": [asset.as_json() for asset in page], "total": len(chosen), "has_more": has_more}
    if page and has_more and sort not in _WITHOUT_CURSOR:
        answer["next_cursor"] = _cursor(page[-1], sort, order)
    return web.json_response(answer)


def _cursor(asset: Asset, sort: str, order: str) -> str:
    content = json.dumps({"s": sort, "id": asset.id, "o": order}, separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def _place_after(cursor: str, chosen: list[Asset], sort: str) -> int:
    # The real server finds its place even if the asset is gone; here the listing has to start again.
    if sort in _WITHOUT_CURSOR:
        raise RefusalError(400, "INVALID_CURSOR", f"cursor pagination is not supported for sort={sort!r}")
    try:
        content = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as failure:
        raise RefusalError(400, "INVALID_CURSOR", f"encoding: {failure}") from failure
    last = content.get("id") if is_object(content) and content.get("s") == sort else None
    for index, asset in enumerate(chosen):
        if asset.id == last:
            return index + 1
    raise RefusalError(400, "INVALID_CURSOR", "the cursor belongs to another listing")


async def _show(request: web.Request) -> web.Response:
    return web.json_response(asset_of(request).as_json())


async def _update(request: web.Request) -> web.Response:
    posted = await posted_object(request)
    if not {"name", "user_metadata", "preview_id"} & {name for name, value in posted.items() if value is not None}:
        raise RefusalError(400, "INVALID_BODY", "Validation failed.")
    asset = asset_of(request)
    asset.name = posted.get("name") or asset.name
    metadata = posted.get("user_metadata")
    if is_object(metadata):
        kept = {"filename": asset.user_metadata["filename"]} if "filename" in asset.user_metadata else {}
        asset.user_metadata = metadata | kept
    asset.touch()
    return web.json_response(asset.as_json())


async def _delete(request: web.Request) -> web.Response:
    assets_of(request).delete(asset_of(request).id)
    return web.Response(status=204)


async def _content(request: web.Request) -> web.StreamResponse:
    asset = asset_of(request)
    if not asset.path.is_file() or not assets_of(request).can_be_read(asset):
        raise RefusalError(404, "FILE_NOT_FOUND", "Underlying file not found on disk.")
    wanted = request.query.get("disposition", "attachment")
    disposition = wanted if wanted in ("inline", "attachment") else "attachment"
    return web.Response(
        body=asset.path.read_bytes(),
        content_type=asset.mime_type,
        headers={
            "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(asset.name)}",
            "X-Content-Type-Options": "nosniff",
        },
    )
