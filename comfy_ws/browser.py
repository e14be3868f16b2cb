"""Websockets of the browser that Python runs in, through Pyodide, behind the same seam as those of `websockets`.

A browser sends no header of ours with the handshake, says nothing of why one failed, and neither pings nor pauses a
server that sends too fast: what of that can be made up for is done here, and what cannot is said. It retries nothing
and puts no credential into an address unless it is told to.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, Protocol, cast
from urllib.parse import quote, urlsplit, urlunsplit

from comfy_ws.connection import Connection, Handshake
from comfy_ws.errors import ConnectFailedError, ConnectionLostError
from comfy_ws.url import without_credentials

_logger: Final = logging.getLogger("comfy_ws")

# Sent by a browser in its own way, or without meaning for a websocket of ComfyUI.
_NEEDLESS_HEADERS: Final = frozenset(
    {"accept", "accept-encoding", "accept-language", "comfy-user", "connection", "host", "user-agent"}
)
_NORMAL_CLOSURE: Final = 1000
# A socket that was left may live on while the browser waits for the server's word, in seconds. A server that knew
# both would forget the new one when the old one ends.
_LONGEST_PARTING: Final = 5.0
# Frames come whether they are read or not. Whoever reads them does so at once; a loop that is stuck must not take
# all the memory there is.
_MOST_UNREAD_BYTES: Final = 268_435_456


class _MessageEvent(Protocol):
    """What the browser says of a message or an end."""

    data: Any
    code: int
    reason: str


class _Socket(Protocol):
    """The browser's `WebSocket`."""

    binaryType: str  # noqa: N815 - the name that browsers give it
    onopen: object
    onmessage: object
    onclose: object

    def send(self, message: str) -> None: ...

    def close(self, code: int = ...) -> None: ...


class _Proxy(Protocol):
    """A Python function as JavaScript calls it."""

    def destroy(self) -> None: ...


class BrowserConnector:
    """Opens websockets with the browser's own `WebSocket`; for `websocket_factory` and `connector`.

    It is what is used in a browser anyway, without arguments. What a handshake's headers hold stays behind, for a
    browser sends none of them; a warning in the log names them once for
    each address. TLS and proxies are the browser's own affair.

    Args:
        query: Parameters to add to the address of each handshake, or a function that gives them: a token for a proxy
            that reads it there, since it cannot come in a header. Servers and proxies write addresses into their logs.

    Example:
        ```python
        client = AsyncComfyUIApiClient(
            url="https://gpu.example.com", auth=token, websocket_factory=BrowserConnector(query={"token": token})
        )
        ```
    """

    def __init__(self, *, query: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None) -> None:
        self._query: Final = query
        self._known: Final[set[_BrowserConnection]] = set()
        self._warned_of: Final[set[str]] = set()

    async def __call__(self, handshake: Handshake) -> Connection:
        """Open a websocket.

        Args:
            handshake: Where to and how.

        Returns:
            The open socket.

        Raises:
            ConnectFailedError: It could not be opened; a browser does not say why.
        """
        shown = without_credentials(handshake.url)
        if handshake.ssl is not None:
            raise ConnectFailedError(shown, "a browser verifies TLS by itself: leave ssl out", is_tls=True)
        self._warn_of_headers(handshake, shown)
        await self._parting(handshake.url)
        connection = _BrowserConnection(handshake, self._address(handshake.url), self._known)
        try:
            await connection.opened(handshake.open_timeout)
        except BaseException:
            connection.abort()
            raise
        return connection

    def _address(self, url: str) -> str:
        given = self._query() if callable(self._query) else self._query
        if not given:
            return url
        parts = urlsplit(url)
        added = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in given.items())
        return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))

    def _warn_of_headers(self, handshake: Handshake, shown: str) -> None:
        left_out = sorted({name.lower() for name in handshake.headers} - _NEEDLESS_HEADERS)
        if left_out and shown not in self._warned_of:
            self._warned_of.add(shown)
            _logger.warning(
                "a browser sends no headers of ours with a websocket, so %s of the handshake with %s is left out: if a "
                "proxy wants it, give websocket_factory=BrowserConnector(query=...) what it takes instead",
                ", ".join(left_out),
                shown,
            )

    async def _parting(self, url: str) -> None:
        leaving = [known.gone for known in self._known if known.url == url and known.is_left]
        if leaving:
            await asyncio.wait(leaving, timeout=_LONGEST_PARTING)


class _BrowserConnection:
    """One `WebSocket`, from its making until the browser says that it is gone."""

    def __init__(self, handshake: Handshake, address: str, known: set[_BrowserConnection]) -> None:
        loop = asyncio.get_running_loop()
        self.url: Final = handshake.url
        self.gone: Final[asyncio.Future[None]] = loop.create_future()
        self.is_left = False
        self._known: Final = known
        self._shown: Final = without_credentials(handshake.url)
        self._limit: Final = handshake.max_message_bytes
        self._close_timeout: Final = handshake.close_timeout
        self._open: Final[asyncio.Future[None]] = loop.create_future()
        self._unread: Final[deque[str | bytes]] = deque()
        self._unread_bytes = 0
        self._reader: asyncio.Future[None] | None = None
        self._lost: str | None = None
        self._proxies: Final[list[_Proxy]] = []
        self._socket: Final = self._made(address)
        self._socket.binaryType = "arraybuffer"
        self._socket.onopen = self._proxy(self._on_open)
        self._socket.onmessage = self._proxy(self._on_message)
        self._socket.onclose = self._proxy(self._on_close)
        known.add(self)

    async def opened(self, time_limit: float) -> None:
        try:
            async with asyncio.timeout(time_limit):
                await self._open
        except TimeoutError:
            raise ConnectFailedError(self._shown, f"no answer within {time_limit} s") from None

    async def recv(self) -> str | bytes:
        while not self._unread:
            if self._lost is not None:
                raise ConnectionLostError(self._lost)
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        message = self._unread.popleft()
        self._unread_bytes -= len(message)
        return message

    async def send(self, message: str) -> None:
        if self._lost is not None:
            raise ConnectionLostError(self._lost)
        self._socket.send(message)

    async def close(self) -> None:
        self._leave("closed")
        await asyncio.wait([self.gone], timeout=self._close_timeout)

    def abort(self) -> None:
        # A browser has no way to drop a connection; nobody waits for the end of this one, nor hears it any more.
        self._unread.clear()
        self._unread_bytes = 0
        self._leave("dropped")

    def _leave(self, reason: str) -> None:
        self._lose(reason)
        if not self.is_left:
            self.is_left = True
            self._socket.close(_NORMAL_CLOSURE)

    def _lose(self, reason: str) -> None:
        self._lost = self._lost or reason
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _made(self, address: str) -> _Socket:
        try:
            return cast("_Socket", import_module("js").WebSocket.new(address))
        except import_module("pyodide.ffi").JsException as error:
            if error.name == "SecurityError":
                reason = "a page that came over https may open wss:// only: give an https address"
                raise ConnectFailedError(self._shown, reason, is_tls=True) from None
            # Its text quotes the address, which may hold a token.
            raise ConnectFailedError(self._shown, "no valid address") from None

    def _proxy(self, function: Callable[[_MessageEvent], None]) -> _Proxy:
        proxy = cast("_Proxy", import_module("pyodide.ffi").create_proxy(function))
        self._proxies.append(proxy)
        return proxy

    def _on_open(self, _event: _MessageEvent) -> None:
        if not self._open.done():
            self._open.set_result(None)

    def _on_message(self, event: _MessageEvent) -> None:
        if self._lost is not None:
            return
        message: str | bytes = event.data if isinstance(event.data, str) else event.data.to_bytes()
        if self._limit is not None and _size(message) > self._limit:
            self._leave(f"a message is longer than {self._limit} bytes")
            return
        self._unread_bytes += len(message)
        if self._unread_bytes > _MOST_UNREAD_BYTES:
            self._leave(f"more than {_MOST_UNREAD_BYTES} bytes were left unread")
            return
        self._unread.append(message)
        self._wake()

    def _on_close(self, event: _MessageEvent) -> None:
        if not self._open.done():
            reason = "the browser could not open it, and does not say why: see its console"
            self._open.set_exception(ConnectFailedError(self._shown, reason))
            self._open.exception()  # retrieved here, for nobody may be waiting
        self._lose(f"closed with code {event.code}" + (f" ({event.reason})" if event.reason else ""))
        self.is_left = True
        self._known.discard(self)
        if not self.gone.done():
            self.gone.set_result(None)
        self._socket.onopen = self._socket.onmessage = self._socket.onclose = None
        # One of them is being called right now.
        asyncio.get_running_loop().call_soon(self._destroy_proxies)

    def _destroy_proxies(self) -> None:
        for proxy in self._proxies:
            proxy.destroy()
        self._proxies.clear()


def _size(message: str | bytes) -> int:
    return len(message.encode()) if isinstance(message, str) else len(message)
