"""The web application of a server: which routes exist in which version, and what happens around each request.

Puts routes together and applies faults, what is due to web pages of other origins, and the record of requests. It
answers nothing itself but what no route answers.
"""

import ipaddress
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from aiohttp import web

from comfy_emulator.routes import (
    asset_scans,
    asset_tags,
    asset_uploads,
    assets,
    extras,
    files,
    internal,
    jobs,
    models,
    node_definitions,
    prompts,
    status,
    uploads,
    user_data,
    websocket,
)
from comfy_emulator.server import SERVER, Server

_Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_WITHOUT_PREFIX: Final = ("/api/", "/internal/")
_SUBJECTS: Final = (
    prompts,
    websocket,
    files,
    uploads,
    status,
    node_definitions,
    jobs,
    user_data,
    models,
    extras,
    internal,
    assets,
    asset_uploads,
    asset_scans,
    asset_tags,
)


def build_application(server: Server) -> web.Application:
    """Build the web application of a server."""
    application = web.Application(
        client_max_size=server.options.max_upload_size,
        middlewares=[
            _fail_if_told_to,
            _refuse_other_origins if server.options.allowed_origin is None else _let_in_origin,
        ],
    )
    application[SERVER] = server
    application.on_response_prepare.append(_record)
    for subject in _SUBJECTS:
        application.add_routes(_known(subject.routes(), server))
    application.router.add_get("/{path:.*}", _no_such_file)
    return application


def _known(routes: Iterable[web.RouteDef], server: Server) -> Iterable[web.RouteDef]:
    for route in routes:
        if route.path.startswith(server.version.absent_routes):
            continue
        if not route.path.startswith(_WITHOUT_PREFIX):
            yield web.route(route.method, f"/api{route.path}", route.handler)
        yield route


async def _no_such_file(_request: web.Request) -> web.Response:
    # Any other GET asks the real server for a file of its web interface.
    return web.Response(status=404, content_type="application/octet-stream")


async def _record(request: web.Request, response: web.StreamResponse) -> None:
    request.config_dict[SERVER].faults.requests.append((request.method, request.path, response.status))


@web.middleware
async def _fail_if_told_to(request: web.Request, handler: _Handler) -> web.StreamResponse:
    status = request.config_dict[SERVER].faults.failure_for(request.path)
    if status is not None:
        return web.Response(status=status, text=f"{status}: this answer was asked for")
    return await handler(request)


@web.middleware
async def _refuse_other_origins(request: web.Request, handler: _Handler) -> web.StreamResponse:
    is_cross_site = request.headers.get("Sec-Fetch-Site") == "cross-site"
    if is_cross_site and request.config_dict[SERVER].version.refuses_cross_site_requests:
        return web.Response(status=403)
    if "Host" in request.headers and "Origin" in request.headers:
        host, origin = urlsplit(f"//{request.headers['Host']}"), urlsplit(request.headers["Origin"])
        if _is_loopback(host.hostname) and origin.hostname and not _same_place(host.netloc, origin.netloc):
            return web.Response(status=403)
    if request.method == "OPTIONS":
        return web.Response()
    return await handler(request)


@web.middleware
async def _let_in_origin(request: web.Request, handler: _Handler) -> web.StreamResponse:
    # What is raised rather than returned gets no headers, and so a browser hides it: statuses 405, 413, 500.
    response = web.Response() if request.method == "OPTIONS" else await handler(request)
    server = request.config_dict[SERVER]
    response.headers["Access-Control-Allow-Origin"] = str(server.options.allowed_origin)
    response.headers["Access-Control-Allow-Methods"] = server.version.cross_origin_methods
    response.headers["Access-Control-Allow-Headers"] = "Content-Type, Authorization"
    response.headers["Access-Control-Allow-Credentials"] = "true"
    return response


def _same_place(host: str, origin: str) -> bool:
    first, second = urlsplit(f"//{host.lower()}"), urlsplit(f"//{origin.lower()}")
    if first.port is None or second.port is None:
        return first.hostname == second.hostname
    return first.netloc == second.netloc


def _is_loopback(host: str | None) -> bool:
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
