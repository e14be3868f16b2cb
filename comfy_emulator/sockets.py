"""Who is connected by websocket, and the one queue through which all frames leave.

Frames keep their order across clients, since they leave one after the other: a client that reads nothing holds up
the rest once its buffers are full, as it does on the real server. The registry also imitates the real one's bug:
when any socket with an id ends, the id is forgotten, even if another socket registered under it since.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

import aiohttp
from aiohttp import web

from comfy_emulator.frames import text_frame
from comfy_emulator.json_types import JsonObject

_LOG: Final = logging.getLogger(__name__)


class Sockets:
    """The websockets of one server. All methods belong to the event loop's thread."""

    def __init__(self) -> None:
        self._registered: dict[str, web.WebSocketResponse] = {}
        self._flags: dict[str, JsonObject] = {}
        self._open: dict[web.WebSocketResponse, asyncio.Transport | None] = {}
        self._outgoing: asyncio.Queue[tuple[str | bytes | Callable[[], None], object]] = asyncio.Queue()

    def add(self, client_id: str, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        """Register a socket under a client id, in place of any other; its feature flags start empty."""
        self._registered[client_id] = socket
        self._flags[client_id] = {}
        self._open[socket] = transport

    def remove(self, client_id: str, socket: web.WebSocketResponse) -> None:
        """Note that a socket ended. The id is forgotten whichever socket it stands for."""
        self._open.pop(socket, None)
        self.forget(client_id)

    def forget(self, client_id: str | None = None) -> None:
        """Forget registered sockets, which stay open and hear nothing from then on.

        Args:
            client_id: Whose socket to forget; None forgets all.
        """
        if client_id is None:
            self._registered.clear()
            self._flags.clear()
        else:
            self._registered.pop(client_id, None)
            self._flags.pop(client_id, None)

    def set_flags(self, client_id: str, flags: Mapping[str, Any]) -> None:
        """Note the feature flags a client sent, unless its id was forgotten."""
        if client_id in self._flags:
            self._flags[client_id] = dict(flags)

    def supports(self, client_id: object, flag: str) -> bool:
        """Tell whether a client sent a feature flag as true."""
        return isinstance(client_id, str) and self._flags.get(client_id, {}).get(flag) is True

    def abort(self) -> None:
        """Break the connections of all sockets at once, without a close frame."""
        for transport in list(self._open.values()):
            if transport is not None:
                transport.abort()

    def event(self, kind: str, data: object, client_id: object = None) -> None:
        """Send a text event.

        Args:
            kind: The event's type.
            data: Its data, as JSON.
            client_id: Who gets it, as for `frame`.
        """
        self.frame(text_frame(kind, data), client_id)

    def frame(self, frame: str | bytes, client_id: object = None) -> None:
        """Put a frame in line.

        Args:
            frame: A text or binary frame.
            client_id: Who gets it; None is everybody. Nobody does if the id is not registered when its turn comes, as
                a value that is no text never is.
        """
        self._outgoing.put_nowait((frame, client_id))

    def in_line(self, action: Callable[[], None]) -> None:
        """Put an action in line, to be done when all frames before it are sent."""
        self._outgoing.put_nowait((action, None))

    async def publish(self) -> None:
        """Send what is in line, for as long as the server lives."""
        while True:
            frame, client_id = await self._outgoing.get()
            try:
                if isinstance(frame, str | bytes):
                    await self.deliver(frame, client_id)
                else:
                    frame()
            except Exception:  # noqa: BLE001 -- whatever it is, it must not silence the server
                _LOG.exception("a frame for %r was not sent; a real server would have ended", client_id)

    async def deliver(self, frame: str | bytes, client_id: object) -> None:
        """Send a frame past the line, as the answers to a new connection go."""
        if client_id is None:
            receivers = list(self._registered.values())
        elif isinstance(client_id, str) and client_id in self._registered:
            receivers = [self._registered[client_id]]
        else:
            return
        for socket in receivers:
            try:
                if isinstance(frame, str):
                    await socket.send_str(frame)
                else:
                    await socket.send_bytes(frame)
            except (aiohttp.ClientError, ConnectionError) as failure:
                _LOG.debug("a frame did not reach its socket: %s", failure)
