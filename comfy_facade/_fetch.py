"""httpx over the `fetch` of the browser that Python runs in, through Pyodide.

Bodies are streamed: answers always, requests where browser and connection can. It leaves out what the browser sends by
itself, or would have refused for coming from another origin, follows no redirect, and keeps nothing in a cache.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import httpx

from comfy_facade._fetch_call import Body, Call, headers_of, origin_of
from comfy_facade._suspension import suspended
from comfy_facade.errors import AnswerHiddenError

_logger: Final = logging.getLogger("comfy_facade")

# The browser writes these itself. `User-Agent` it would send as told, and ask the other origin for leave first.
_OF_THE_BROWSER: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "transfer-encoding", "user-agent"}
)
# What a request can do without; other origins would have to allow them, and ComfyUI allows none of them.
_OF_ONE_ORIGIN: Final = frozenset({"if-range", "range"})
_USER: Final = "comfy-user"
# ComfyUI lets pages of other origins send these; `Accept` needs nobody's leave.
_ALLOWED_BY_COMFYUI: Final = frozenset({"accept", "authorization", "content-type"})
# A browser does not tell how far it has come with a body it was given whole; slower than this counts as stuck.
_SLOWEST_UPLOAD: Final = 65_536
# Below, streaming a request costs more than it spares.
_WORTH_STREAMING: Final = 1024 * 1024
_PROBE_LIMIT: Final = 5.0
_PROTOCOLS_THAT_STREAM: Final = frozenset({"h2", "h3"})


class FetchTransport(httpx.AsyncBaseTransport):
    """Sends the requests of an `httpx.AsyncClient` with the browser's `fetch`.

    TLS, proxies, cookies and connections are the browser's. To another origin than the page's, `Comfy-User` is sent
    only if the server allows it, and `Range` never.
    """

    def __init__(self) -> None:
        self._js: Final[Any] = import_module("js")
        self._ffi: Final[Any] = import_module("pyodide.ffi")
        self._takes_user: Final[dict[str, bool]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Args:
            request: The request; its `timeout` extension counts: `connect` and `read` together for the head of the
                answer, with time for the body of the request, and `read` between two pieces of the answer.

        Returns:
            The answer, its body still to be read.

        Raises:
            httpx.NetworkError: No answer came, for a reason that browsers keep to themselves.
            httpx.ReadTimeout: None came in time.
            AnswerHiddenError: None came, although the server is there.
            ConnectionFailedError: The body cannot be streamed, and is too large to be held.
        """
        url = str(request.url)
        call = Call(self._js, self._ffi, url, request.method)
        headers = await self._headers(request, url)
        for name, value in headers:
            call.headers.append(name, value)
        size = await call.take_body(request, is_streamed=self._can_stream(request, url))
        limits: dict[str, float | None] = request.extensions.get("timeout", {})
        parts = (limits.get("connect"), limits.get("read"))
        time_limit = None if None in parts else sum(part or 0.0 for part in parts) + size / _SLOWEST_UPLOAD
        try:
            async with asyncio.timeout(time_limit):
                response = await call.send()
        except TimeoutError:
            call.abort()
            raise httpx.ReadTimeout(f"no answer within {time_limit:.0f} s", request=request) from None
        except self._ffi.JsException:
            call.abort()
            if call.failure is not None:
                raise call.failure from None
            raise await self._explained(request, url, [name for name, _ in headers]) from None
        except BaseException:
            call.abort()
            raise
        if response.type == "opaqueredirect":
            call.abort()
            raise httpx.NetworkError(
                "the server redirects elsewhere, which is not followed: use the address that it leads to",
                request=request,
            )
        return httpx.Response(
            response.status,
            headers=headers_of(response, self._js),
            stream=Body(call, response, limits.get("read"), request),
            extensions={"reason_phrase": response.statusText.encode("ascii", "ignore")},
        )

    async def _headers(self, request: httpx.Request, url: str) -> list[tuple[str, str]]:
        headers = [
            (name.decode("ascii").lower(), value.decode("latin-1"))
            for name, value in request.headers.raw
            if name.decode("ascii").lower() not in _OF_THE_BROWSER
        ]
        if not self._is_foreign(url):
            return headers
        kept = [(name, value) for name, value in headers if name not in _OF_ONE_ORIGIN]
        user = next((value for name, value in kept if name == _USER), None)
        if user is not None and not await self._may_send_user(url, user):
            kept = [(name, value) for name, value in kept if name != _USER]
        return kept

    def _is_foreign(self, url: str) -> bool:
        return origin_of(url) != str(self._js.location.origin)

    async def _may_send_user(self, url: str, user: str) -> bool:
        origin = origin_of(url)
        if origin not in self._takes_user:
            # The browser asks the server itself before it sends a header that needs leave.
            if await self._answers(url, "OPTIONS", headers={_USER: user}):
                self._takes_user[origin] = True
            elif await self._answers(url, "OPTIONS"):
                self._takes_user[origin] = False
                _logger.warning("%s lets no page of another origin name its user: Comfy-User is left out", origin)
            else:
                return True
        return self._takes_user[origin]

    async def _answers(
        self, url: str, method: str, *, mode: str = "cors", headers: dict[str, str] | None = None
    ) -> bool:
        call = Call(self._js, self._ffi, url, method)
        call.init.mode = mode
        if mode == "no-cors":
            call.init.redirect = "follow"
            call.init.credentials = "omit"
        for name, value in (headers or {}).items():
            call.headers.append(name, value)
        try:
            async with asyncio.timeout(_PROBE_LIMIT):
                await call.send()
        except (self._ffi.JsException, TimeoutError):
            return False
        finally:
            call.abort()
        return True

    async def _explained(self, request: httpx.Request, url: str, sent: Sequence[str]) -> Exception:
        """Find out what the browser keeps to itself: why there was no answer."""
        if not self._is_foreign(url):
            return httpx.NetworkError("the browser got no answer", request=request)
        if await self._answers(url, "HEAD"):
            reason = (
                "the server is there and no answer came through: the connection broke, or the answer is one that "
                "ComfyUI hides from pages of other origins (statuses 405, 413 and 500)"
            )
            asking = sorted(set(sent) - _ALLOWED_BY_COMFYUI)
            if asking:
                reason += f", or it allows them no header {', '.join(asking)}"
            return AnswerHiddenError(origin_of(url), reason)
        if await self._answers(url, "HEAD", mode="no-cors"):
            page = self._js.location.origin
            reason = f"it refuses pages of {page}; start ComfyUI with --enable-cors-header {page}"
            return httpx.NetworkError(reason, request=request)
        return httpx.NetworkError("the browser got no answer", request=request)

    def _can_stream(self, request: httpx.Request, url: str) -> bool:
        """Say whether a body goes out while it is read: browsers do that over HTTP/2 and 3 only."""
        is_chunked = "Transfer-Encoding" in request.headers
        length = int(request.headers.get("Content-Length", 0))
        if not (is_chunked or length >= _WORTH_STREAMING) or not _streams_requests(self._js):
            return False
        entries: Any = self._js.performance.getEntriesByType("resource")
        prefix = origin_of(url) + "/"
        used = [entry.nextHopProtocol for entry in entries if entry.name.startswith(prefix) and entry.nextHopProtocol]
        return bool(used) and used[-1] in _PROTOCOLS_THAT_STREAM


class SyncFetchTransport(httpx.BaseTransport):
    """Sends the requests of an `httpx.Client` the same way, where a browser lets synchronous code wait."""

    def __init__(self) -> None:
        self._transport: Final = FetchTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read its whole answer.

        Args:
            request: The request.

        Returns:
            The answer, read.

        Raises:
            SyncUnavailableError: This browser cannot wait here.
        """
        return suspended(lambda: self._whole(request))

    async def _whole(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        response.request = request
        content = await response.aread()
        return httpx.Response(response.status_code, headers=response.headers, content=content)


def _streams_requests(js: Any) -> bool:
    return bool(js.Reflect.has(js.Request.prototype, "duplex"))
