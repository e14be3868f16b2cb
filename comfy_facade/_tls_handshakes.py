"""Connections whose TLS never came about, closed.

Where a request is cancelled while it sets up TLS, httpcore lets go of the connection without closing it, and a server
that says nothing more would hold it open for ever. It neither opens connections nor decides about requests; it listens
to what httpcore tells of each, through the `trace` extension of a request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any


def closing_unfinished_handshakes() -> Callable[[str, Mapping[str, Any]], Awaitable[None]]:
    """Watch over the connection that one request opens.

    Returns:
        The request's `trace` extension. It closes the connection whose handshake failed, whatever ended it.
    """
    stream: Any = None

    async def trace(event: str, details: Mapping[str, Any]) -> None:
        nonlocal stream
        # By its end, for proxies have names of their own for the same.
        if event.endswith(".connect_tcp.complete"):
            stream = details["return_value"]
        elif event.endswith(".start_tls.failed") and stream is not None:
            await stream.aclose()

    return trace
