"""How this platform opens a websocket, chosen here and nowhere else.

It opens none itself.
"""

from __future__ import annotations

import sys
from typing import Final

from comfy_ws.connection import Connection, Connector, Handshake

IN_BROWSER: Final[bool] = sys.platform == "emscripten"
"""Whether this is Pyodide: Python in a web page or one of its workers."""


def _connector_of_platform() -> Connector:
    # `websockets` cannot work in a browser and need not be installed there.
    if IN_BROWSER:
        from comfy_ws.browser import BrowserConnector

        return BrowserConnector()
    from comfy_ws.native import open_native_connection

    return open_native_connection


_connector: Final[Connector] = _connector_of_platform()


async def open_connection(handshake: Handshake) -> Connection:
    """Open a websocket: with the `websockets` library, or in a browser with its own WebSocket.

    Args:
        handshake: Where to and how.

    Returns:
        The open socket.

    Raises:
        HandshakeRejectedError: The server answered with an HTTP status instead; a browser does not tell.
        ConnectFailedError: It could not be reached, TLS failed, or the time limit passed.
    """
    return await _connector(handshake)
