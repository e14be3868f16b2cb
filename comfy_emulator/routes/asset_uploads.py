"""New assets: uploaded with their content, or made of content that the server has already.

What becomes of the content on disk is `comfy_emulator.assets`' to see to.
"""

import json

from aiohttp import web

from comfy_emulator.asset_requests import CONTENT_HASH, RefusalError, asset_routes, assets_of, posted_object
from comfy_emulator.assets import Assets, RefusedAssetError, UnknownAssetError, content_hash
from comfy_emulator.json_types import JsonObject, is_object


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return asset_routes(
        [
            ("POST", "/api/assets", _upload),
            ("POST", "/api/assets/from-hash", _from_hash),
            ("HEAD", "/api/assets/hash/{hash}", _has_hash),
        ]
    )


async def _has_hash(request: web.Request) -> web.Response:
    wanted = request.match_info["hash"].strip().lower()
    if not CONTENT_HASH.fullmatch(wanted):
        raise RefusalError(400, "INVALID_HASH", "hash must be like 'blake3:<hex>'")
    return web.Response(status=404 if assets_of(request).with_content(wanted) is None else 200)


async def _from_hash(request: web.Request) -> web.Response:
    posted = await posted_object(request)
    wanted = posted.get("hash")
    if not isinstance(wanted, str) or not CONTENT_HASH.fullmatch(wanted.strip().lower()):
        raise RefusalError(400, "INVALID_BODY", "Validation failed.")
    wanted = wanted.strip().lower()
    name = posted.get("name") or wanted.split(":", 1)[1]
    try:
        asset = assets_of(request).refer(wanted, name, posted.get("tags", []), posted.get("user_metadata", {}))
    except UnknownAssetError as failure:
        text = f"Asset content {wanted} does not exist"
        raise RefusalError(404, "ASSET_NOT_FOUND", text) from failure
    return web.json_response(asset.as_json() | {"created_new": False}, status=201)


async def _upload(request: web.Request) -> web.Response:
    if not request.content_type.startswith("multipart/"):
        raise RefusalError(415, "UNSUPPORTED_MEDIA_TYPE", "Use multipart/form-data for uploads.")
    form = await request.post()
    assets = assets_of(request)
    content = str(form.get("hash") or "").strip().lower()
    if content and not CONTENT_HASH.fullmatch(content):
        raise RefusalError(400, "INVALID_HASH", "hash must be like 'blake3:<hex>'")
    tags = [tag.strip() for value in form.getall("tags", []) for tag in str(value).split(",") if tag.strip()]
    metadata = _uploaded_metadata(str(form.get("user_metadata") or "{}"))
    name = str(form.get("name") or "")
    file = form.get("file")
    if isinstance(file, web.FileField):
        data, name = file.file.read(), name or file.filename
        if not data:
            raise RefusalError(400, "EMPTY_UPLOAD", "Uploaded file is empty.")
        if content not in ("", content_hash(data)):
            raise RefusalError(400, "HASH_MISMATCH", "Uploaded file hash does not match provided hash.")
        content = content_hash(data)
        if assets.with_content(content) is None:
            return _stored(assets, data, file.filename, name, tags, metadata)
    if assets.with_content(content) is None:
        raise RefusalError(400, "MISSING_FILE", "Form must include a 'file' part or a known 'hash'.")
    asset = assets.refer(content, name or content.partition(":")[2], tags, metadata)
    return web.json_response(asset.as_json() | {"created_new": False})


def _stored(
    assets: Assets, data: bytes, filename: str, name: str, tags: list[str], metadata: JsonObject
) -> web.Response:
    try:
        asset = assets.store(data, filename, name, tags, metadata)
    except RefusedAssetError as failure:
        raise RefusalError(400, failure.code, str(failure)) from failure
    return web.json_response(asset.as_json() | {"created_new": True}, status=201)


def _uploaded_metadata(text: str) -> JsonObject:
    try:
        metadata = json.loads(text)
    except ValueError as failure:
        raise RefusalError(
            400, "INVALID_BODY", f"Validation failed: user_metadata must be JSON: {failure}"
        ) from failure
    if not is_object(metadata):
        raise RefusalError(400, "INVALID_BODY", "Validation failed: user_metadata must be a JSON object")
    return metadata
