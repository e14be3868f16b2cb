"""A forward proxy, which writes down what it is asked, and leads every host to one server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from multidict import CIMultiDict

from tests.proxies.background import in_a_thread
from tests.proxies.requests import Seen
from tests.streams import serving


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
        proxy.port = await stack.enter_async_context(serving(proxy.serve))

    with in_a_thread(start):
        yield proxy
