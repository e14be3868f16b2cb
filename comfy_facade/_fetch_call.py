"""One request by the `fetch` of a browser: its body, its answer, its end.

It knows nothing of which headers may be sent, nor why a request failed: it sends what it is given.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any, Final, Protocol, cast

import httpx

from comfy_facade.errors import ConnectionFailedError

BUFFERED_LIMIT: Final = 256 * 1024 * 1024
"""The most bytes of a request that are sent from the browser's memory, where it cannot stream them."""

# They tell of bytes as they were sent, while a browser hands out decoded ones.
_OF_ENCODED_BYTES: Final = frozenset({"content-encoding", "content-length", "etag", "last-modified"})
_ORIGIN: Final = re.compile(r"[a-z]+://[^/?#]+")


class _Buffer(Protocol):
    def to_bytes(self) -> bytes: ...


class _Chunk(Protocol):
    done: bool
    value: _Buffer


class _Reader(Protocol):
    async def read(self) -> _Chunk: ...


class FetchResponse(Protocol):
    """What `fetch` gives."""

    status: int
    statusText: str  # noqa: N815 - the name that browsers give it
    type: str
    headers: Any
    body: Any


class Call:
    """One `fetch` that can be aborted."""

    def __init__(self, js: Any, ffi: Any, url: str, method: str) -> None:
        self._js: Final = js
        self._ffi: Final = ffi
        self._url: Final = url
        self._controller: Final[Any] = js.AbortController.new()
        self._source: Any = None
        self.failure: Exception | None = None
        """What making the body of the request failed with."""
        self.headers: Final[Any] = js.Headers.new()
        self.init: Final[Any] = js.Object.new()
        self.init.method = method
        self.init.headers = self.headers
        self.init.redirect = "manual"
        self.init.cache = "no-store"
        self.init.signal = self._controller.signal

    async def take_body(self, request: httpx.Request, *, is_streamed: bool) -> int:
        """Take over the body of a request; gives how many bytes the browser was given whole."""
        stream = aiter(cast("httpx.AsyncByteStream", request.stream))
        if is_streamed:
            self._source = self._ffi.create_proxy(_Source(stream, self).pull)
            source = self._js.Object.new()
            source.pull = self._source
            source.type = "bytes"
            self.init.body = self._js.ReadableStream.new(source)
            self.init.duplex = "half"
            return 0
        parts: Any = self._js.Array.new()
        size = 0
        async for piece in stream:
            size += len(piece)
            if size > BUFFERED_LIMIT:
                reason = (
                    f"a browser streams requests over HTTP/2 only, and over HTTP/1.1 no more than {BUFFERED_LIMIT:,} "
                    f"bytes are held to be sent"
                )
                raise ConnectionFailedError(origin_of(self._url), reason)
            if piece:
                parts.push(self._ffi.to_js(piece))
        if size:
            # A browser may keep it on disk, which it would not do with an array.
            self.init.body = self._js.Blob.new(parts)
        return size

    async def send(self) -> FetchResponse:
        response: FetchResponse = await self._js.fetch(self._url, self.init)
        return response

    def abort(self) -> None:
        """End it, wherever it is; nothing happens if it is over."""
        self._controller.abort()
        if self._source is not None:
            source, self._source = self._source, None
            source.destroy()


class _Source:
    """The body of a request, as the browser pulls it."""

    def __init__(self, stream: AsyncIterator[bytes], call: Call) -> None:
        self._stream: Final = stream
        self._call: Final = call
        self._to_js: Final[Any] = import_module("pyodide.ffi").to_js

    async def pull(self, controller: Any) -> None:
        try:
            async for piece in self._stream:
                if piece:
                    controller.enqueue(self._to_js(piece))
                    return
        except Exception as error:  # noqa: BLE001 - it is raised again
            # Where the request was made, for the browser would tell of it in words of its own.
            self._call.failure = error
            controller.error(type(error).__name__)
            return
        controller.close()


class Body(httpx.AsyncByteStream):
    """The body of an answer, as it comes."""

    def __init__(self, call: Call, response: FetchResponse, time_limit: float | None, request: httpx.Request) -> None:
        self._call: Final = call
        self._body: Final[Any] = response.body
        self._time_limit: Final = time_limit
        self._request: Final = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._body is None:
            return
        js_error = import_module("pyodide.ffi").JsException
        reader: _Reader = self._body.getReader()
        while True:
            try:
                async with asyncio.timeout(self._time_limit):
                    chunk = await reader.read()
            except TimeoutError:
                raise httpx.ReadTimeout(f"nothing more within {self._time_limit} s", request=self._request) from None
            except js_error:
                raise httpx.ReadError("the connection broke", request=self._request) from None
            if chunk.done:
                return
            yield chunk.value.to_bytes()

    async def aclose(self) -> None:
        self._call.abort()


def headers_of(response: FetchResponse, js: Any) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = [
        (name, value) for name, value in getattr(js.Array, "from")(response.headers).to_py()
    ]
    if any(name.lower() == "content-encoding" for name, _ in headers):
        return [(name, value) for name, value in headers if name.lower() not in _OF_ENCODED_BYTES]
    return headers


def origin_of(url: str) -> str:
    found = _ORIGIN.match(url)
    return found[0] if found is not None else ""
