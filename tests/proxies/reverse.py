"""A reverse proxy, which writes down each request and checks it before it passes it on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator, Mapping

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from comfy_emulator.background import stop_accepting
from tests.proxies.background import in_a_thread
from tests.proxies.requests import Answer, Check, Seen

_HOP_BY_HOP = {
    "connection",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
    "sec-websocket-accept",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-version",
}


class ReverseProxy:
    """A proxy in front of one server; its attributes may be read and set from the test's thread."""

    def __init__(self, backend: str, base_path: str) -> None:
        self.backend = backend
        self.base_path = base_path
        self.url = ""
        self.seen: list[Seen] = []
        self.check: Check = lambda _: None

    @property
    def handshakes(self) -> list[Seen]:
        return [request for request in self.seen if request.is_handshake]

    @property
    def views(self) -> list[Seen]:
        return [request for request in self.seen if request.path.endswith("/view")]

    @property
    def others(self) -> list[Seen]:
        return [request for request in self.seen if request not in self.handshakes and request not in self.views]

    async def handle(self, request: web.Request, session: aiohttp.ClientSession) -> web.StreamResponse:
        seen = Seen(request.method, request.raw_path, request.headers.copy())
        self.seen.append(seen)
        answer = self.check(seen)
        if isinstance(answer, int):
            answer = Answer(answer)
        if answer is not None:
            return await self._answer(request, answer)
        if not seen.path.startswith(self.base_path + "/"):
            return web.Response(status=404, text="not below the base path")
        url = self.backend + request.raw_path.removeprefix(self.base_path)
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP
        )
        if seen.is_handshake:
            return await _bridge_websocket(request, session, url.replace("http", "ws", 1), headers)
        return await _bridge_request(request, session, url, headers)

    async def _answer(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        await asyncio.sleep(answer.delay)
        assert request.transport is not None
        if not answer.cut:
            return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        if answer.body:
            response.content_length = len(answer.body) + 1
            await response.prepare(request)
            await response.write(answer.body)
        request.transport.close()
        return response


async def _bridge_request(
    request: web.Request, session: aiohttp.ClientSession, url: str, headers: Mapping[str, str]
) -> web.StreamResponse:
    body = request.content if request.body_exists else None
    async with session.request(
        request.method, URL(url, encoded=True), headers=headers, data=body, allow_redirects=False
    ) as upstream:
        passed = {name: value for name, value in upstream.headers.items() if name.lower() not in _HOP_BY_HOP}
        response = web.StreamResponse(status=upstream.status, headers=passed)
        await response.prepare(request)
        async for chunk in upstream.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
        return response


async def _bridge_websocket(
    request: web.Request, session: aiohttp.ClientSession, url: str, headers: Mapping[str, str]
) -> web.StreamResponse:
    async with session.ws_connect(URL(url, encoded=True), headers=headers, max_msg_size=0) as upstream:
        downstream = web.WebSocketResponse(max_msg_size=0)
        await downstream.prepare(request)

        async def pump(
            source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
            target: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
        ) -> None:
            async for message in source:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await target.send_str(message.data)
                else:
                    await target.send_bytes(message.data)

        pumps = [asyncio.ensure_future(pump(upstream, downstream)), asyncio.ensure_future(pump(downstream, upstream))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for task in pumps:
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        await downstream.close()
        return downstream


@contextlib.contextmanager
def reverse_proxy(
    backend: str, *, host: str = "127.0.0.1", base_path: str = "", tls: ssl.SSLContext | None = None
) -> Iterator[ReverseProxy]:
    """Run a reverse proxy in front of a server for as long as the block lasts."""
    proxy = ReverseProxy(backend, base_path)

    async def start(stack: contextlib.AsyncExitStack) -> None:
        session = await stack.enter_async_context(aiohttp.ClientSession(auto_decompress=False))
        application = web.Application(client_max_size=2**40)

        async def handle(request: web.Request) -> web.StreamResponse:
            return await proxy.handle(request, session)

        application.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = stack.enter_context(socket.create_server((host, 0), family=family))
        stack.push_async_callback(runner.cleanup)
        stack.push_async_callback(stop_accepting, listener)
        await web.SockSite(runner, listener, ssl_context=tls).start()
        shown = f"[{host}]" if ":" in host else host
        proxy.url = f"{'https' if tls else 'http'}://{shown}:{runner.addresses[0][1]}{base_path}"

    with in_a_thread(start):
        yield proxy
