"""The seam behind which a websocket is opened: what an opener is asked for, and what it gives.

It opens nothing. `comfy_ws.native` opens sockets with the `websockets` library, `comfy_ws.browser` with a browser's own
WebSocket, and `comfy_ws.opening` chooses.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from attrs import field, frozen

from comfy_ws.url import without_credentials


@frozen
class Handshake:
    """What an opener is asked for.

    Attributes:
        url: The websocket address, `ws` or `wss`; the repr leaves out user, password and query.
        headers: Extra headers of the handshake; may hold credentials and so stays out of the repr. `Host` names
            another virtual host than the address does.
        ssl: How to verify a `wss` server, or `None` for the system's default.
        proxy: An HTTP or SOCKS proxy's address, `True` for what the environment says, `None` for none.
        open_timeout: Seconds until an attempt is given up.
        close_timeout: Seconds for the closing handshake.
        ping_interval: Seconds between keepalive pings, or `None` for none.
        ping_timeout: Seconds until an unanswered ping ends the socket, or `None` for never.
        max_message_bytes: Longer messages end the socket; `None` for no limit.
        compression: Whether to offer per-message compression.
    """

    url: str = field(repr=lambda url: repr(without_credentials(url)))
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    ssl: ssl.SSLContext | None = field(default=None, repr=False)
    proxy: str | bool | None = field(default=True, repr=False)
    open_timeout: float = 10.0
    close_timeout: float = 1.0
    ping_interval: float | None = 5.0
    ping_timeout: float | None = 6.0
    max_message_bytes: int | None = None
    compression: bool = False


class Connection(Protocol):
    """An open websocket."""

    async def recv(self) -> str | bytes:
        """Wait for the next message.

        Raises:
            ConnectionLostError: The socket ended.
        """
        ...

    async def send(self, message: str) -> None:
        """Send a text message.

        Args:
            message: The text.

        Raises:
            ConnectionLostError: The socket ended.
        """
        ...

    async def close(self) -> None:
        """Close politely, within the handshake's `close_timeout`."""
        ...

    def abort(self) -> None:
        """Drop the connection at once, without a word to the server."""
        ...


Connector = Callable[[Handshake], Awaitable[Connection]]
"""Opens a websocket, or raises a `ConnectFailedError`: the seam for tests and for other platforms."""
