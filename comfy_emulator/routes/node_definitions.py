"""The definitions of the node classes, as graph editors and clients read them."""

from aiohttp import web

from comfy_emulator.catalogue import object_info
from comfy_emulator.server import SERVER


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return [web.get("/object_info", _all), web.get("/object_info/{node_class}", _one)]


async def _all(request: web.Request) -> web.Response:
    server = request.config_dict[SERVER]
    return web.json_response({name: object_info(each, server.version) for name, each in server.catalogue.items()})


async def _one(request: web.Request) -> web.Response:
    server = request.config_dict[SERVER]
    name = request.match_info["node_class"]
    if name not in server.catalogue:
        return web.json_response({})
    return web.json_response({name: object_info(server.catalogue[name], server.version)})
