"""Assets: listing, uploading, tagging and fetching them."""

import json
import re
import uuid
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from aiohttp import web

from comfy_emulator.assets import Asset, AssetFilter, Assets, RefusedAssetError, UnknownAssetError
from comfy_emulator.json_types import JsonObject, is_array, is_object
from comfy_emulator.server import SERVER

_Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ID: Final = "{id:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}}"
_HASH: Final = re.compile(r"blake3:[0-9a-f]{64}")
_SORTS: Final[dict[str, Callable[[Asset], Any]]] = {
    "name": lambda asset: asset.name,
    "created_at": lambda asset: asset.created,
    "updated_at": lambda asset: asset.updated,
    "size": lambda asset: asset.size,
    "last_access_time": lambda asset: asset.accessed,
}


class _RefusalError(Exception):
    """A request that is answered with an error object."""

    def __init__(self, status: int, code: str, message: str, details: JsonObject | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": code, "message": message, "details": details or {}}}


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    handlers: list[tuple[str, str, _Handler]] = [
        ("GET", "/api/assets", _list),
        ("POST", "/api/assets", _upload),
        ("POST", "/api/assets/from-hash", _from_hash),
        ("HEAD", "/api/assets/hash/{hash}", _has_hash),
        ("POST", "/api/assets/prune", _prune),
        ("POST", "/api/assets/seed", _seed),
        ("GET", "/api/assets/seed/status", _seed_status),
        ("POST", "/api/assets/seed/cancel", _seed_cancel),
        ("GET", "/api/assets/tags/refine", _refine),
        ("GET", f"/api/assets/{_ID}", _show),
        ("PUT", f"/api/assets/{_ID}", _update),
        ("DELETE", f"/api/assets/{_ID}", _delete),
        ("GET", f"/api/assets/{_ID}/content", _content),
        ("POST", f"/api/assets/{_ID}/tags", _add_tags),
        ("DELETE", f"/api/assets/{_ID}/tags", _remove_tags),
        ("GET", "/api/tags", _tags),
    ]
    return [web.route(method, path, _guarded(handler)) for method, path, handler in handlers]


def _guarded(handler: _Handler) -> _Handler:
    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            if not request.config_dict[SERVER].options.enable_assets:
                text = "Assets system is disabled. Start the server with --enable-assets to use this feature."
                raise _RefusalError(503, "SERVICE_DISABLED", text)
            return await handler(request)
        except _RefusalError as refusal:
            return web.json_response(refusal.body, status=refusal.status)

    return answer


def _assets(request: web.Request) -> Assets:
    # The real server wants to know the user first.
    request.config_dict[SERVER].users.home(request.headers.get("Comfy-User"))
    return request.config_dict[SERVER].assets


def _asset(request: web.Request) -> Asset:
    asset_id = str(uuid.UUID(request.match_info["id"]))
    try:
        return _assets(request).get(asset_id)
    except UnknownAssetError as failure:
        text = f"AssetReference {asset_id} not found"
        raise _RefusalError(404, "ASSET_NOT_FOUND", text, {"id": asset_id}) from failure


async def _posted(request: web.Request) -> JsonObject:
    try:
        posted = await request.json()
    except ValueError as failure:
        raise _RefusalError(400, "INVALID_JSON", "Request body must be valid JSON.") from failure
    if not is_object(posted):
        raise _RefusalError(400, "INVALID_BODY", "Validation failed.")
    return posted


def _tag_list(request: web.Request, *names: str) -> list[str]:
    found = [tag.strip() for name in names for value in request.query.getall(name, []) for tag in value.split(",")]
    return [tag for tag in found if tag]


def _filter(request: web.Request) -> AssetFilter:
    return AssetFilter(
        all_of=_tag_list(request, "include_tags", "tags_all"),
        any_of=_tag_list(request, "tags_any"),
        none_of=_tag_list(request, "exclude_tags", "tags_none"),
        name_contains=request.query.get("name_contains", ""),
    )


def _number(request: web.Request, name: str, default: int, least: int) -> int:
    text = request.query.get(name, str(default))
    number = int(text) if text.lstrip("-").isdecimal() else least - 1
    if number < least:
        problem = {
            "type": "greater_than_equal",
            "loc": [name],
            "msg": f"Input should be greater than or equal to {least}",
            "input": text,
            "ctx": {"ge": least},
        }
        raise _RefusalError(400, "INVALID_QUERY", "Validation failed.", {"errors": [problem]})
    return number


async def _list(request: web.Request) -> web.Response:
    assets = _assets(request)
    limit, offset = _number(request, "limit", 20, 1), _number(request, "offset", 0, 0)
    assets.scan()
    chosen = assets.chosen(_filter(request))
    sort = _SORTS.get(request.query.get("sort", "created_at"), _SORTS["created_at"])
    chosen.sort(key=sort, reverse=request.query.get("order", "desc") != "asc")
    page = [asset.as_json() for asset in chosen[offset : offset + limit]]
    has_more = offset + len(page) < len(chosen)
    return web.json_response({"assets": page, "total": len(chosen), "has_more": has_more})


async def _show(request: web.Request) -> web.Response:
    return web.json_response(_asset(request).as_json())


async def _content(request: web.Request) -> web.StreamResponse:
    asset = _asset(request)
    if not asset.path.is_file():
        raise _RefusalError(404, "FILE_NOT_FOUND", "Underlying file not found on disk.")
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


async def _has_hash(request: web.Request) -> web.Response:
    wanted = request.match_info["hash"].strip().lower()
    if not _HASH.fullmatch(wanted):
        raise _RefusalError(400, "INVALID_HASH", "hash must be like 'blake3:<hex>'")
    return web.Response(status=404 if _assets(request).with_content(wanted) is None else 200)


async def _from_hash(request: web.Request) -> web.Response:
    posted = await _posted(request)
    wanted = posted.get("hash")
    if not isinstance(wanted, str) or not _HASH.fullmatch(wanted.strip().lower()):
        raise _RefusalError(400, "INVALID_BODY", "Validation failed.")
    wanted = wanted.strip().lower()
    name = posted.get("name") or wanted.split(":", 1)[1]
    try:
        asset = _assets(request).refer(wanted, name, posted.get("tags", []), posted.get("user_metadata", {}))
    except UnknownAssetError as failure:
        text = f"Asset content {wanted} does not exist"
        raise _RefusalError(404, "ASSET_NOT_FOUND", text) from failure
    return web.json_response(asset.as_json() | {"created_new": False}, status=201)


async def _upload(request: web.Request) -> web.Response:
    form = await request.post()
    file = form.get("file")
    if not isinstance(file, web.FileField):
        raise _RefusalError(400, "MISSING_FILE", "Form must include a 'file' part or a known 'hash'.")
    tags = [tag.strip() for value in form.getall("tags", []) for tag in str(value).split(",") if tag.strip()]
    name = str(form.get("name") or file.filename)
    data = file.file.read()
    assets = _assets(request)
    try:
        metadata = json.loads(str(form.get("user_metadata") or "{}"))
        asset = assets.store(data, file.filename, name, tags, metadata)
    except RefusedAssetError as failure:
        raise _RefusalError(400, failure.code, str(failure)) from failure
    except ValueError as failure:
        raise _RefusalError(400, "INVALID_BODY", "Validation failed.") from failure
    return web.json_response(asset.as_json() | {"created_new": True}, status=201)


async def _update(request: web.Request) -> web.Response:
    posted = await _posted(request)
    if not {"name", "user_metadata", "preview_id"} & {name for name, value in posted.items() if value is not None}:
        raise _RefusalError(400, "INVALID_BODY", "Validation failed.")
    asset = _asset(request)
    asset.name = posted.get("name") or asset.name
    metadata = posted.get("user_metadata")
    if is_object(metadata):
        kept = {"filename": asset.user_metadata["filename"]} if "filename" in asset.user_metadata else {}
        asset.user_metadata = metadata | kept
    asset.touch()
    return web.json_response(asset.as_json())


async def _delete(request: web.Request) -> web.Response:
    _assets(request).delete(_asset(request).id)
    return web.Response(status=204)


async def _posted_tags(request: web.Request) -> list[str]:
    tags = (await _posted(request)).get("tags")
    if not is_array(tags) or not tags or not all(isinstance(tag, str) for tag in tags):
        raise _RefusalError(400, "INVALID_BODY", "Invalid JSON body for tags.")
    return list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))


async def _add_tags(request: web.Request) -> web.Response:
    asset, tags = _asset(request), await _posted_tags(request)
    added = [tag for tag in tags if tag not in asset.tags]
    present = [tag for tag in tags if tag in asset.tags]
    asset.tags = sorted({*asset.tags, *added})
    _assets(request).know_tags(added)
    return web.json_response({"added": added, "already_present": present, "total_tags": asset.tags})


async def _remove_tags(request: web.Request) -> web.Response:
    asset, tags = _asset(request), await _posted_tags(request)
    removed = [tag for tag in tags if tag in asset.tags]
    absent = [tag for tag in tags if tag not in asset.tags]
    asset.tags = [tag for tag in asset.tags if tag not in removed]
    return web.json_response({"removed": removed, "not_present": absent, "total_tags": asset.tags})


async def _tags(request: web.Request) -> web.Response:
    assets = _assets(request)
    limit, offset = _number(request, "limit", 100, 1), _number(request, "offset", 0, 0)
    prefix = request.query.get("prefix", "")
    counts = [item for item in assets.all_tag_counts().items() if item[0].startswith(prefix)]
    if request.query.get("include_zero", "true").lower() == "false":
        counts = [item for item in counts if item[1]]
    if request.query.get("order") == "name_asc":
        counts.sort()
    page = [{"name": name, "count": count} for name, count in counts[offset : offset + limit]]
    return web.json_response({"tags": page, "total": len(counts), "has_more": offset + len(page) < len(counts)})


async def _refine(request: web.Request) -> web.Response:
    assets = _assets(request)
    counts = list(assets.tag_counts(_filter(request)).items())
    return web.json_response({"tag_counts": dict(counts[: _number(request, "limit", 100, 1)])})


async def _seed(request: web.Request) -> web.Response:
    assets = _assets(request)
    created = assets.scan()
    if request.query.get("wait", "").lower() not in ("true", "1", "yes"):
        return web.json_response({"status": "started"}, status=202)
    progress = {"scanned": created, "total": created, "created": created, "skipped": 0}
    return web.json_response({"status": "completed", "progress": progress, "errors": []})


async def _seed_status(_request: web.Request) -> web.Response:
    # A scan is over before its request is answered.
    return web.json_response({"state": "IDLE", "progress": None, "errors": []})


async def _seed_cancel(_request: web.Request) -> web.Response:
    return web.json_response({"status": "idle"})


async def _prune(request: web.Request) -> web.Response:
    return web.json_response({"status": "completed", "marked": _assets(request).prune()})
