"""Assets: listing, uploading, tagging and fetching them."""

import base64
import json
import re
import uuid
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from aiohttp import web

from comfy_emulator.asset_records import Asset, AssetFilter
from comfy_emulator.assets import Assets, RefusedAssetError, UnknownAssetError, content_hash
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
_WITHOUT_CURSOR: Final = ("last_access_time",)
_SCANNED_ROOTS: Final = ("models", "input", "output")
_LARGEST: Final = 10_000_000


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
        metadata=_wanted_metadata(request),
    )


def _wanted_metadata(request: web.Request) -> JsonObject:
    text = request.query.get("metadata_filter", "")
    if not text:
        return {}
    try:
        wanted = json.loads(text)
    except ValueError as failure:
        raise _bad_query(
            "metadata_filter", text, "value_error", f"metadata_filter must be JSON: {failure}"
        ) from failure
    if not is_object(wanted):
        raise _bad_query("metadata_filter", text, "value_error", "metadata_filter must be a JSON object")
    return wanted


def _bad_query(name: str, value: str, kind: str, text: str, context: JsonObject | None = None) -> _RefusalError:
    problem: JsonObject = {"type": kind, "loc": [name], "msg": text, "input": value}
    if context is not None:
        problem["ctx"] = context
    return _RefusalError(400, "INVALID_QUERY", "Validation failed.", {"errors": [problem]})


def _number(request: web.Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query.get(name, str(default))
    if not text.removeprefix("-").isdecimal():
        words = "Input should be a valid integer, unable to parse string as an integer"
        raise _bad_query(name, text, "int_parsing", words)
    number = int(text)
    if number < least:
        words = f"Input should be greater than or equal to {least}"
        raise _bad_query(name, text, "greater_than_equal", words, {"ge": least})
    if number > most:
        words = f"Input should be less than or equal to {most}"
        raise _bad_query(name, text, "less_than_equal", words, {"le": most})
    return number


def _choice(request: web.Request, name: str, default: str, *others: str) -> str:
    text = request.query.get(name, default)
    if text not in (default, *others):
        expected = " or ".join(f"'{word}'" for word in (default, *others))
        raise _bad_query(name, text, "literal_error", f"Input should be {expected}", {"expected": expected})
    return text


async def _list(request: web.Request) -> web.Response:
    assets = _assets(request)
    limit, offset = _number(request, "limit", 20, 1, 500), _number(request, "offset", 0, 0, _LARGEST)
    sort = _choice(request, "sort", "created_at", *(name for name in _SORTS if name != "created_at"))
    order = _choice(request, "order", "desc", "asc")
    assets.scan()
    chosen = assets.chosen(_filter(request))
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
        raise _RefusalError(400, "INVALID_CURSOR", f"cursor pagination is not supported for sort={sort!r}")
    try:
        content = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as failure:
        raise _RefusalError(400, "INVALID_CURSOR", f"encoding: {failure}") from failure
    last = content.get("id") if is_object(content) and content.get("s") == sort else None
    for index, asset in enumerate(chosen):
        if asset.id == last:
            return index + 1
    raise _RefusalError(400, "INVALID_CURSOR", "the cursor belongs to another listing")


async def _show(request: web.Request) -> web.Response:
    return web.json_response(_asset(request).as_json())


async def _content(request: web.Request) -> web.StreamResponse:
    asset = _asset(request)
    if not asset.path.is_file() or not _assets(request).can_be_read(asset):
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
    if not request.content_type.startswith("multipart/"):
        raise _RefusalError(415, "UNSUPPORTED_MEDIA_TYPE", "Use multipart/form-data for uploads.")
    form = await request.post()
    assets = _assets(request)
    content = str(form.get("hash") or "").strip().lower()
    if content and not _HASH.fullmatch(content):
        raise _RefusalError(400, "INVALID_HASH", "hash must be like 'blake3:<hex>'")
    tags = [tag.strip() for value in form.getall("tags", []) for tag in str(value).split(",") if tag.strip()]
    metadata = _uploaded_metadata(str(form.get("user_metadata") or "{}"))
    name = str(form.get("name") or "")
    file = form.get("file")
    if isinstance(file, web.FileField):
        data, name = file.file.read(), name or file.filename
        if not data:
            raise _RefusalError(400, "EMPTY_UPLOAD", "Uploaded file is empty.")
        if content not in ("", content_hash(data)):
            raise _RefusalError(400, "HASH_MISMATCH", "Uploaded file hash does not match provided hash.")
        content = content_hash(data)
        if assets.with_content(content) is None:
            return _stored(assets, data, file.filename, name, tags, metadata)
    if assets.with_content(content) is None:
        raise _RefusalError(400, "MISSING_FILE", "Form must include a 'file' part or a known 'hash'.")
    asset = assets.refer(content, name or content.partition(":")[2], tags, metadata)
    return web.json_response(asset.as_json() | {"created_new": False})


def _stored(
    assets: Assets, data: bytes, filename: str, name: str, tags: list[str], metadata: JsonObject
) -> web.Response:
    try:
        asset = assets.store(data, filename, name, tags, metadata)
    except RefusedAssetError as failure:
        raise _RefusalError(400, failure.code, str(failure)) from failure
    return web.json_response(asset.as_json() | {"created_new": True}, status=201)


def _uploaded_metadata(text: str) -> JsonObject:
    try:
        metadata = json.loads(text)
    except ValueError as failure:
        raise _RefusalError(
            400, "INVALID_BODY", f"Validation failed: user_metadata must be JSON: {failure}"
        ) from failure
    if not is_object(metadata):
        raise _RefusalError(400, "INVALID_BODY", "Validation failed: user_metadata must be a JSON object")
    return metadata


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
    limit, offset = _number(request, "limit", 100, 1, 1000), _number(request, "offset", 0, 0, _LARGEST)
    order = _choice(request, "order", "count_desc", "name_asc")
    prefix = request.query.get("prefix", "")
    if "prefix" in request.query and not prefix:
        raise _bad_query("prefix", "", "string_too_short", "String should have at least 1 character", {"min_length": 1})
    counts = [item for item in assets.all_tag_counts().items() if item[0].startswith(prefix)]
    if request.query.get("include_zero", "true").lower() == "false":
        counts = [item for item in counts if item[1]]
    if order == "name_asc":
        counts.sort()
    page = [{"name": name, "count": count} for name, count in counts[offset : offset + limit]]
    return web.json_response({"tags": page, "total": len(counts), "has_more": offset + len(page) < len(counts)})


async def _refine(request: web.Request) -> web.Response:
    assets = _assets(request)
    counts = list(assets.tag_counts(_filter(request)).items())
    return web.json_response({"tag_counts": dict(counts[: _number(request, "limit", 100, 1, 1000)])})


async def _seed(request: web.Request) -> web.Response:
    assets = _assets(request)
    try:
        posted = await request.json()
    except ValueError:
        posted = None
    roots = posted.get("roots") if is_object(posted) else None
    if roots is not None and not (is_array(roots) and set(roots) & set(_SCANNED_ROOTS)):
        raise _RefusalError(400, "INVALID_BODY", "No valid roots specified")
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
