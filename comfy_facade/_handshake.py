"""Credentials for the websocket handshake: whatever reaches REST, by the same httpx authentication.

It drives the flow of an `httpx.Auth` with the handshake's answers, so that challenges are answered, and sends over
httpx what such a flow asks for besides, a fresh token say. It opens no socket itself, and asks no more often than the
flow wants, within bounds.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

import httpx
from attrs import evolve

from comfy_facade._transport import Transport
from comfy_facade.errors import ComfyUIError, ConnectionFailedError
from comfy_ws import ConnectFailedError, Connection, Connector, Handshake, HandshakeRejectedError, StreamError
from comfy_ws.url import without_credentials

# A token is renewed, refused, renewed again: that makes four. More is a flow that goes in circles.
_MOST_REQUESTS: Final = 8

# What httpx says of its own connection and body; the handshake has its own.
_OF_THE_CONNECTION: Final = frozenset({"accept-encoding", "connection", "content-length", "transfer-encoding"})
# They would have httpx decode a body that is already read.
_OF_THE_ENCODING: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})

_Flow = AsyncGenerator[httpx.Request, httpx.Response]


class AuthenticatedConnector:
    """Opens websockets with the credentials of a transport.

    Args:
        connector: Opens them without.
        transport: Holds the credentials, and sends the requests by which they are got.
    """

    def __init__(self, connector: Connector, transport: Transport) -> None:
        self._connector: Final = connector
        self._transport: Final = transport

    async def __call__(self, handshake: Handshake) -> Connection:
        """Open a websocket.

        Args:
            handshake: Where to and how, without credentials but for its headers.

        Returns:
            The open socket.

        Raises:
            HandshakeRejectedError: The server refused it, and the authentication knows no further.
            ConnectFailedError: It could not be reached, or the credentials could not be got.
        """
        shown = without_credentials(handshake.url)
        try:
            request = self._request(handshake)
            auth = self._transport.auth
            if auth is None:
                return await self._connector(_signed(handshake, request))
            flow = auth.async_auth_flow(request)
            try:
                return await self._opened(handshake, request, flow)
            finally:
                await flow.aclose()
        except ComfyUIError as error:
            # Whoever issues credentials may be down together with the server, and come back with it.
            reason = error.reason if isinstance(error, ConnectionFailedError) else error
            raise ConnectFailedError(shown, f"no credentials for the handshake: {reason}") from error

    def _request(self, handshake: Handshake) -> httpx.Request:
        # Made by the client that makes the other requests, so that its headers and cookies come along.
        client = self._transport.http_client()
        url = httpx.URL("http" + handshake.url.removeprefix("ws"))
        with self._transport.translated():
            return client.build_request(
                "GET", url.copy_with(query=None), params=url.params, headers=dict(handshake.headers)
            )

    async def _opened(self, handshake: Handshake, request: httpx.Request, flow: _Flow) -> Connection:
        shown = without_credentials(handshake.url)
        wanted = await anext(flow, None)
        failure: StreamError = ConnectFailedError(shown, "auth= was content without one")
        connection: Connection | None = None
        for _ in range(_MOST_REQUESTS):
            if wanted is None:
                break
            if not _is_handshake(wanted, request):
                response = await self._sent(wanted)
            else:
                try:
                    connection = await self._connector(_signed(handshake, wanted))
                    response = httpx.Response(101, request=wanted)
                except HandshakeRejectedError as error:
                    failure, response = error, _response_of(error, wanted)
            try:
                with self._transport.translated():
                    wanted = await flow.asend(response)
            except StopAsyncIteration:
                wanted = None
            except BaseException:
                if connection is not None:
                    connection.abort()
                raise
            if wanted is not None and connection is not None:
                # It wants something else although the socket is open, so it is not content with that.
                connection.abort()
                connection = None
        if connection is not None:
            return connection
        raise failure

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        with self._transport.translated():
            response = await self._transport.http_client().send(request, auth=None, follow_redirects=False)
            await response.aread()
        return response


def _is_handshake(wanted: httpx.Request, request: httpx.Request) -> bool:
    return wanted is request or (
        wanted.method == request.method and wanted.url.copy_with(query=None) == request.url.copy_with(query=None)
    )


def _signed(handshake: Handshake, request: httpx.Request) -> Handshake:
    # The target is taken from the request, for a signature holds only for what was signed.
    url = request.url
    target = f"ws{url.scheme.removeprefix('http')}://{url.netloc.decode()}{url.raw_path.decode()}"
    headers = _text_of(request.headers)
    for name in _OF_THE_CONNECTION:
        headers.pop(name, None)
    if headers.get("host") == url.netloc.decode():
        del headers["host"]
    return evolve(handshake, url=target, headers=headers)


def _text_of(headers: httpx.Headers) -> dict[str, str]:
    # As Latin-1, which is how it is written again, so that the same bytes are sent as to REST.
    found: dict[str, str] = {}
    for raw_name, raw_value in headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _response_of(error: HandshakeRejectedError, request: httpx.Request) -> httpx.Response:
    headers = [(name, value) for name, value in error.answer.headers if name.lower() not in _OF_THE_ENCODING]
    return httpx.Response(error.status, headers=headers, content=error.answer.body, request=request)
