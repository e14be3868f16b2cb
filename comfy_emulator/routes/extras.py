"""What custom nodes and the web interface bring along: extensions, translations, templates, blueprints.

An emulated server has neither, so most of it is empty.
"""

import hashlib
import json
from typing import Final

from aiohttp import web

from comfy_emulator.json_types import JsonObject

_BLUEPRINT_NAME: Final = "Inverted picture (emulated)"
_BLUEPRINT_ID: Final = hashlib.sha256(_BLUEPRINT_NAME.encode()).hexdigest()
_BLUEPRINT: Final[JsonObject] = {
    "nodes": [{"id": 1, "type": "ImageInvert", "inputs": [], "outputs": []}],
    "links": [],
    "definitions": {"subgraphs": []},
}


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return [
        web.get("/", _page),
        web.get("/extensions", _extensions),
        web.get("/i18n", _nothing),
        web.get("/workflow_templates", _nothing),
        web.get("/global_subgraphs", _blueprints),
        web.get("/global_subgraphs/{id}", _blueprint),
        web.get("/node_replacements", _nothing),
    ]


async def _page(_request: web.Request) -> web.Response:
    # Who asks whether a server is up often asks for its first page.
    page = '<!doctype html><html lang="en"><head><title>ComfyUI</title></head><body>Emulated.</body></html>'
    return web.Response(body=page.encode(), content_type="text/html")


async def _nothing(_request: web.Request) -> web.Response:
    return web.json_response({})


async def _extensions(_request: web.Request) -> web.Response:
    return web.json_response(["/extensions/core/emulated.js"])


def _described() -> JsonObject:
    return {"source": "templates", "name": _BLUEPRINT_NAME, "info": {"node_pack": "comfyui"}}


async def _blueprints(_request: web.Request) -> web.Response:
    return web.json_response({_BLUEPRINT_ID: _described()})


async def _blueprint(request: web.Request) -> web.Response:
    if request.match_info["id"] != _BLUEPRINT_ID:
        return web.json_response(None)
    return web.json_response(_described() | {"data": json.dumps(_BLUEPRINT)})
