"""Asks a running ComfyUI which routes it has and what it first says on its websocket.

Duty: find out what can be found out without changing anything. A method that no route has is answered with the list
of those that are there; a `GET` is told from a missing one by comparing its answer with that to a made-up path.
Refusals: nothing is posted, queued or deleted. Parameters, routes nobody thought of and events of runs can't be
asked for; `notes` says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import urlsplit

import httpx
from comfyui_surface import Route, Surface
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

_SECONDS = 30.0
_NO_METHOD = "PROPFIND"
_MADE_UP = "no-such-thing-0f9b7a"
_PARAMETERS = {"id": "00000000-0000-4000-8000-000000000000", "path_index": "0"}


def ask(url: str, routes: Iterable[Route]) -> Surface:
    """Ask a server.

    Args:
        url: Its address.
        routes: The routes to ask for.

    Raises:
        ConnectionError: It can't be reached, or is no ComfyUI.
    """
    surface = Surface(origin=url, sees_all=False)
    surface.notes.append("a server can't be asked for its parameters, for routes that are new, or for events of runs")
    try:
        with httpx.Client(base_url=url, timeout=_SECONDS) as client:
            surface.version = client.get("/api/system_stats").json()["system"]["comfyui_version"]
            for route in routes:
                if _has(client, route):
                    surface.routes[route] = None
        _listen(url, surface)
    except (httpx.HTTPError, WebSocketException, OSError, ValueError, KeyError, TypeError) as error:
        raise ConnectionError(f"{url} does not answer as a ComfyUI does: {error!r}") from error
    return surface


def _has(client: httpx.Client, route: Route) -> bool:
    path = route.path
    for name in [part.strip("{}") for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{name}}}", _PARAMETERS.get(name, "x"))
    if route.method not in ("get", "head"):
        allowed = client.request(_NO_METHOD, path).headers.get("Allow", "")
        return route.method.upper() in allowed.split(",")
    # Files of the web interface are served at every path that is left, so that these two always seem allowed.
    prefix = "/internal" if path.startswith("/internal/") else "/api"
    return _trait(client, route.method, path) != _trait(client, route.method, f"{prefix}/{_MADE_UP}")


def _trait(client: httpx.Client, method: str, path: str) -> tuple[object, ...]:
    """Give what tells a handler's answer from that to a path nobody handles; the body is not read."""
    with client.stream(method.upper(), path) as response:
        headers = response.headers
        return (response.status_code, headers.get("Content-Type"), headers.get("Content-Length"))


def _listen(url: str, surface: Surface) -> None:
    parts = urlsplit(url)
    address = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}{parts.path.rstrip('/')}/ws"
    with connect(address, open_timeout=_SECONDS, max_size=None) as socket:
        socket.send(json.dumps({"type": "feature_flags", "data": {}}))
        while "feature_flags" not in surface.events:
            frame = socket.recv(timeout=_SECONDS)
            if isinstance(frame, str):
                message = json.loads(frame)
                if isinstance(message["data"], dict):
                    known = surface.events.get(message["type"]) or set()
                    surface.events[message["type"]] = known | set(message["data"])
