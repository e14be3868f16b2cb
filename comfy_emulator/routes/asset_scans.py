"""Scans of the server's folders for assets, and forgetting those whose files are gone.

A scan is over before its request is answered, so there is never one to wait for or to cancel.
"""

from typing import Final

from aiohttp import web

from comfy_emulator.asset_requests import RefusalError, asset_routes, assets_of
from comfy_emulator.json_types import is_array, is_object

_SCANNED_ROOTS: Final = ("models", "input", "output")


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return asset_routes(
        [
            ("POST", "/api/assets/seed", _seed),
            ("GET", "/api/assets/seed/status", _seed_status),
            ("POST", "/api/assets/seed/cancel", _seed_cancel),
            ("POST", "/api/assets/prune", _prune),
        ]
    )


async def _seed(request: web.Request) -> web.Response:
    assets = assets_of(request)
    try:
        posted = await request.json()
    except ValueError:
        posted = None
    roots = posted.get("roots") if is_object(posted) else None
    if roots is not None and not (is_array(roots) and set(roots) & set(_SCANNED_ROOTS)):
        raise RefusalError(400, "INVALID_BODY", "No valid roots specified")
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
    return web.json_response({"status": "completed", "marked": assets_of(request).prune()})
