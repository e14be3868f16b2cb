"""A server of another origin that lets everything in, for what ComfyUI itself does not do: redirects, long silences."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future

from aiohttp import web

PATIENCE = 20.0


class Neighbour:
    """What it was asked, and what it saw.

    Attributes:
        url: Where it answers.
        headers: The headers of each request by method and path, those of the last one.
        bodies: The sizes of the bodies that came.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.headers: dict[str, dict[str, str]] = {}
        self.bodies: list[int] = []
        self.left = threading.Event()
        """Set when a client went away from `/slow`."""
        self.go_on = threading.Event()
        """What `/parts` waits for before its second part."""


def _application(neighbour: Neighbour) -> web.Application:
    async def slow(request: web.Request) -> web.StreamResponse:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            neighbour.left.set()
            raise
        return web.Response()

    async def parts(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Access-Control-Allow-Origin": "*"})
        await response.prepare(request)
        await response.write(b"first")
        await asyncio.to_thread(neighbour.go_on.wait, PATIENCE)
        await response.write(b"second")
        return response

    async def released(_request: web.Request) -> web.Response:
        neighbour.go_on.set()
        return web.Response()

    async def silent(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Access-Control-Allow-Origin": "*"})
        await response.prepare(request)
        await response.write(b"first")
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return response

    async def moved(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async def packed(_request: web.Request) -> web.Response:
        headers = {"Content-Encoding": "gzip", "ETag": '"packed"', "Access-Control-Expose-Headers": "*"}
        return web.Response(body=gzip.compress(b"plain" * 100), headers=headers)

    async def taken(request: web.Request) -> web.Response:
        size = 0
        async for piece in request.content.iter_any():
            size += len(piece)
        neighbour.bodies.append(size)
        return web.json_response({"size": size})

    async def anything(_request: web.Request) -> web.Response:
        return web.json_response({})

    @web.middleware
    async def let_in(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.method == "OPTIONS":
            response: web.StreamResponse = web.Response()
        else:
            neighbour.headers[f"{request.method} {request.path}"] = {
                name.lower(): value for name, value in request.headers.items()
            }
            response = await handler(request)
        if not response.prepared:
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Allow-Methods"] = "*"
            response.headers["Access-Control-Allow-Headers"] = "Authorization, *"
        return response

    application = web.Application(middlewares=[let_in], client_max_size=2**30)
    application.router.add_get("/slow", slow)
    application.router.add_get("/parts", parts)
    application.router.add_get("/released", released)
    application.router.add_get("/silent", silent)
    application.router.add_get("/moved", moved)
    application.router.add_get("/packed", packed)
    application.router.add_post("/taken", taken)
    application.router.add_route("*", "/{path:.*}", anything)
    return application


@contextlib.contextmanager
def running() -> Iterator[Neighbour]:
    """Run it in a thread of its own, for as long as the block lasts."""
    ready: Future[tuple[Neighbour, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        neighbour = Neighbour("")
        # A client that goes away cancels what is done for it.
        runner = web.AppRunner(
            _application(neighbour), access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        neighbour.url = f"http://127.0.0.1:{port}"
        ended = asyncio.Event()
        ready.set_result((neighbour, asyncio.get_running_loop(), ended))
        await ended.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    neighbour, loop, ended = ready.result(PATIENCE)
    try:
        yield neighbour
    finally:
        neighbour.go_on.set()
        loop.call_soon_threadsafe(ended.set)
        thread.join(PATIENCE)
