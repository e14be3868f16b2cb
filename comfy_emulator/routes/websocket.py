"""The websocket endpoint: greeting a client and listening for its feature flags.

What is sent later goes through `comfy_emulator.sockets`.
"""

import json
import logging
import uuid
from typing import Final

from aiohttp import WSMsgType, web

from comfy_emulator.frames import text_frame
from comfy_emulator.json_types import JsonObject, is_object
from comfy_emulator.server import SERVER, Server

_LOG: Final = logging.getLogger(__name__)


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return [web.get("/ws", _serve)]


async def _serve(request: web.Request) -> web.StreamResponse:
    server = request.config_dict[SERVER]
    if server.faults.websocket_refusal is not None:
        return web.Response(status=server.faults.websocket_refusal)
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    client_id = request.query.get("clientId", "") or uuid.uuid4().hex
    server.sockets.add(client_id, socket, request.transport)
    try:
        await _greet(server, client_id)
        await _listen(server, client_id, socket)
    finally:
        server.sockets.remove(client_id, socket)
    return socket


async def _greet(server: Server, client_id: str) -> None:
    greeting = {"status": server.queue_info, "sid": client_id}
    await server.sockets.deliver(text_frame("status", greeting), client_id)
    run = server.run
    if run is not None and run.client_id == client_id and run.current_node is not None:
        await server.sockets.deliver(text_frame("executing", {"node": run.current_node}), client_id)


async def _listen(server: Server, client_id: str, socket: web.WebSocketResponse) -> None:
    is_first = True
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            continue
        flags = _feature_flags(message.data) if is_first else None
        is_first = False
        if flags is not None:
            server.sockets.set_flags(client_id, flags)
            await server.sockets.deliver(text_frame("feature_flags", server.features), client_id)


def _feature_flags(text: str) -> JsonObject | None:
    try:
        message = json.loads(text)
    except ValueError:
        _LOG.debug("a client sent text that is not JSON")
        return None
    if not is_object(message) or message.get("type") != "feature_flags":
        return None
    flags = message.get("data", {})
    return flags if is_object(flags) else {}
