"""Websockets opened with the `websockets` library, wherever there are sockets.

This is the only module that opens one. It knows nothing of events, it neither retries nor follows redirects
(credentials would travel along), and it lets no header of a handshake into a log.
"""

from __future__ import annotations

import logging
import re
import ssl
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidProxy, InvalidStatus, InvalidURI, WebSocketException

from comfy_ws.connection import Connection, Handshake
from comfy_ws.errors import ConnectFailedError, ConnectionLostError, HandshakeAnswer, HandshakeRejectedError
from comfy_ws.url import without_credentials

# What no header can carry; the end of a line would begin another header.
_ILLEGAL_IN_HEADERS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
_BODY_KEPT: Final = 65_536


class _DiscreetLogger(logging.LoggerAdapter[logging.Logger]):
    """Says nothing at the debug level, where `websockets` writes down every header and frame."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the base class' name
        return level > logging.DEBUG and super().isEnabledFor(level)


_logger: Final = _DiscreetLogger(logging.getLogger("comfy_ws.websockets"), {})


class _Connect(connect):
    """`websockets`' opener, kept from carrying headers to wherever a redirect points."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class _WebsocketsConnection:
    """A `websockets` connection with this package's exceptions."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection: Final = connection

    async def recv(self) -> str | bytes:
        try:
            return await self._connection.recv()
        except ConnectionClosed as error:
            raise ConnectionLostError(str(error)) from error

    async def send(self, message: str) -> None:
        try:
            await self._connection.send(message)
        except ConnectionClosed as error:
            raise ConnectionLostError(str(error)) from error

    async def close(self) -> None:
        await self._connection.close()

    def abort(self) -> None:
        self._connection.transport.abort()


async def open_native_connection(handshake: Handshake) -> Connection:
    """Open a websocket with the `websockets` library.

    Args:
        handshake: Where to and how.

    Returns:
        The open socket.

    Raises:
        HandshakeRejectedError: The server answered with an HTTP status instead.
        ConnectFailedError: It could not be reached, TLS failed, or the time limit passed.
    """
    shown = without_credentials(handshake.url)
    for name, value in handshake.headers.items():
        if _ILLEGAL_IN_HEADERS.search(value):
            raise ConnectFailedError(shown, f"the value of {name} holds characters that headers cannot carry")
    url, headers, options = _for_virtual_host(handshake)
    if handshake.url.lower().startswith("wss:") and handshake.ssl is not None:
        options["ssl"] = handshake.ssl
    try:
        connection = await _Connect(
            url,
            additional_headers=headers,
            logger=_logger,
            proxy=True if handshake.proxy is True else handshake.proxy or None,
            open_timeout=handshake.open_timeout,
            close_timeout=handshake.close_timeout,
            ping_interval=handshake.ping_interval,
            ping_timeout=handshake.ping_timeout,
            max_size=handshake.max_message_bytes,
            compression="deflate" if handshake.compression else None,
            **options,
        )
    except InvalidStatus as error:
        response = error.response
        location = next(iter(response.headers.get_all("Location")), "")
        raise HandshakeRejectedError(
            shown,
            response.status_code,
            location=without_credentials(location) if location else None,
            answer=HandshakeAnswer(tuple(response.headers.raw_items()), bytes(response.body or b"")[:_BODY_KEPT]),
        ) from None
    except TimeoutError:
        raise ConnectFailedError(shown, f"no answer within {handshake.open_timeout} s") from None
    except ssl.SSLError as error:
        raise ConnectFailedError(shown, f"TLS failed: {error.reason or error}", is_tls=True) from error
    # The next three name addresses as they were given, with credentials and all: neither text nor cause is passed on.
    except InvalidURI as error:
        raise ConnectFailedError(shown, f"no valid address: {error.msg}") from None
    except InvalidProxy as error:
        raise ConnectFailedError(shown, f"no valid proxy: {error.msg}") from None
    except ValueError:
        raise ConnectFailedError(shown, "no valid address") from None
    # ImportError: a kind of proxy for which a package is not installed.
    except (OSError, WebSocketException, EOFError, ImportError) as error:
        raise ConnectFailedError(shown, str(error) or type(error).__name__) from error
    return _WebsocketsConnection(connection)


def _for_virtual_host(handshake: Handshake) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Bring a `Host` header into the form in which `websockets` takes it: as the address, with the socket's apart."""
    headers = {name: value for name, value in handshake.headers.items() if name.lower() != "host"}
    named = next((value for name, value in handshake.headers.items() if name.lower() == "host"), None)
    if named is None:
        return handshake.url, headers, {}
    parts = urlsplit(handshake.url)
    is_secure = parts.scheme.lower() == "wss"
    options: dict[str, Any] = {"host": parts.hostname, "port": parts.port or (443 if is_secure else 80)}
    if is_secure:
        # The certificate is that of the address.
        options["server_hostname"] = parts.hostname
    return urlunsplit((parts.scheme, named, parts.path, parts.query, "")), headers, options
