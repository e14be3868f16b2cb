"""What stands between clients and a server: a reverse proxy that checks requests, a forward proxy, certificates.

Both proxies run in threads of their own, write down what they are asked, and do what a test tells them.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import ssl
import subprocess
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

PATIENCE = 10.0
"""Seconds until a proxy that does not start or stop fails the test."""

ENVIRONMENT = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
"""The variables that name proxies, which count in upper case too."""

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


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    target: str
    headers: CIMultiDict[str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def is_handshake(self) -> bool:
        return self.headers.get("Upgrade", "").lower() == "websocket"


@dataclass(frozen=True)
class Answer:
    """What a reverse proxy answers itself instead of asking the server."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    """Whether to break the connection in the middle of the body, or before any answer if there is no body."""


Check = Callable[[Seen], "Answer | int | None"]
"""Looks at a request before it is passed on: an answer or a status to give instead, or `None` to let it pass."""


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
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, host, 0, ssl_context=tls).start()
        shown = f"[{host}]" if ":" in host else host
        proxy.url = f"{'https' if tls else 'http'}://{shown}:{runner.addresses[0][1]}{base_path}"

    with _in_a_thread(start):
        yield proxy


class ForwardProxy:
    """A proxy that clients are told to use. Every host leads to its one server, so that any name will do."""

    def __init__(self, backend: str, credentials: str | None) -> None:
        parts = urlsplit(backend)
        self._backend = (parts.hostname or "", parts.port or 0)
        self._credentials = credentials
        self.port = 0
        self.asked: list[Seen] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def connects(self) -> list[str]:
        """The targets of `CONNECT` requests."""
        return [request.target for request in self.asked if request.method == "CONNECT"]

    @property
    def plain(self) -> list[str]:
        """The targets of all other requests."""
        return [request.target for request in self.asked if request.method != "CONNECT"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name: value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        self.asked.append(Seen(method, target, CIMultiDict(headers)))
        if self._credentials is not None and headers.get("Proxy-Authorization") != self._credentials:
            writer.write(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            await writer.drain()
            return
        upstream_reader, upstream_writer = await asyncio.open_connection(*self._backend)
        try:
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                parts = urlsplit(target)
                passed = {name: value for name, value in headers.items() if not name.lower().startswith("proxy-")}
                passed["Connection"] = "close"
                lines = [f"{method} {parts.path}{'?' if parts.query else ''}{parts.query} HTTP/1.1"]
                lines += [f"{name}: {value}" for name, value in passed.items()]
                upstream_writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
            pipes = [
                asyncio.ensure_future(_pipe(reader, upstream_writer)),
                asyncio.ensure_future(_pipe(upstream_reader, writer)),
            ]
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
            for pipe in pipes:
                pipe.cancel()
            await asyncio.gather(*pipes, return_exceptions=True)
        finally:
            await _closed(upstream_writer)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65_536):
        writer.write(chunk)
        await writer.drain()


@contextlib.contextmanager
def forward_proxy(backend: str, *, credentials: str | None = None) -> Iterator[ForwardProxy]:
    """Run a forward proxy for as long as the block lasts.

    Args:
        backend: Where every host leads.
        credentials: The `Proxy-Authorization` that is wanted, or `None`.
    """
    proxy = ForwardProxy(backend, credentials)

    async def start(stack: contextlib.AsyncExitStack) -> None:
        proxy.port = await stack.enter_async_context(_streams(proxy.serve))

    with _in_a_thread(start):
        yield proxy


@contextlib.asynccontextmanager
async def _streams(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    handlers: set[asyncio.Task[None]] = set()

    async def handle_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, EOFError):
                await handle(reader, writer)
        finally:
            await _closed(writer)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.add(asyncio.create_task(handle_and_close(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)


@contextlib.contextmanager
def _in_a_thread(start: Callable[[contextlib.AsyncExitStack], Coroutine[Any, Any, None]]) -> Iterator[None]:
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def main() -> None:
        async with contextlib.AsyncExitStack() as stack:
            await start(stack)
            ended = asyncio.Event()
            started.set_result((asyncio.get_running_loop(), ended))
            await ended.wait()

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=run, name="proxy", daemon=True)
    thread.start()
    loop, ended = started.result(PATIENCE)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(PATIENCE)


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names no proxy."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@dataclass(frozen=True)
class Certificates:
    """A certificate authority of the test's own, with a server and a client that it vouches for."""

    directory: Path

    @property
    def authority(self) -> Path:
        return self.directory / "authority.pem"

    def put_into(self, directory: Path) -> None:
        """Put the authority into a directory under the name that OpenSSL looks for."""
        name = _openssl(self.directory, "x509", "-noout", "-subject_hash", "-in", "authority.pem").strip()
        (directory / f"{name}.0").write_bytes(self.authority.read_bytes())

    def server_context(self, *, wants_client: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / "server.pem", self.directory / "server.key")
        if wants_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.authority)
        return context

    def client_context(self, *, shows_itself: bool = True) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.authority)
        if shows_itself:
            context.load_cert_chain(self.directory / "client.pem", self.directory / "client.key")
        return context


def _openssl(directory: Path, *arguments: str) -> str:
    command = shutil.which("openssl")
    if command is None:
        pytest.skip("there is no openssl command to make certificates with")
    return subprocess.run([command, *arguments], check=True, capture_output=True, text=True, cwd=directory).stdout


def make_certificates(directory: Path) -> Certificates:
    """Make certificates with the `openssl` command; skips the test where there is none."""
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl(
        directory,
        *("req", "-x509", *new_key, "-days", "2", "-subj", "/CN=test authority"),
        *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        *("-keyout", "authority.key", "-out", "authority.pem"),
    )
    extensions = {
        "server": "subjectAltName=DNS:localhost,DNS:comfy.test,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth\n",
        "client": "extendedKeyUsage=clientAuth\n",
    }
    for name, text in extensions.items():
        (directory / f"{name}.txt").write_text(
            f"{text}keyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        )
        _openssl(
            directory, "req", *new_key, "-subj", f"/CN=test {name}", "-keyout", f"{name}.key", "-out", f"{name}.csr"
        )
        _openssl(
            directory,
            *("x509", "-req", "-in", f"{name}.csr", "-days", "2", "-extfile", f"{name}.txt"),
            *("-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-out", f"{name}.pem"),
        )
    return Certificates(directory)
