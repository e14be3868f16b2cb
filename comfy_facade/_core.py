"""What every group of the client's methods shares: settings, transport, routes, the channel and the live runs.

It opens and closes them, and holds no method of its own that a user would call.
"""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

import httpx

from comfy_facade import _platform, _rest
from comfy_facade._answers import required_object
from comfy_facade._discreet_clients import discreet_clients
from comfy_facade._events import translated
from comfy_facade._handshake import AuthenticatedConnector
from comfy_facade._live_runs import LiveRuns
from comfy_facade._prompt_routes import PromptRoutes
from comfy_facade._rest_state import ask_rest
from comfy_facade._second_copies import SecondCopies
from comfy_facade._transport import Transport
from comfy_facade.errors import AuthenticationError, ClientClosedError
from comfy_facade.node_defs import NodeDefs
from comfy_facade.settings import Settings
from comfy_ws import Connector, EventChannel, Handshake, StreamError, open_connection, websocket_url

if TYPE_CHECKING:
    from comfy_facade._rest import Client

_logger: Final = logging.getLogger("comfy_facade")
# Without a handler of the program's own, Python would print warnings to standard error.
_logger.addHandler(logging.NullHandler())


class ClientCore:
    """The parts of one client.

    Args:
        settings: Where to and how.
        http_client: The caller's httpx client, or `None` for an own one.
        websocket: Whether to use the websocket at all.
        connector: Opens websockets, or `None` for the default.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        http_client: httpx.AsyncClient | None,
        websocket: bool,
        connector: Connector | None,
    ) -> None:
        _platform.check(settings)
        self.settings: Final = settings
        self.transport: Final = Transport(settings, http_client)
        self.routes: Final = PromptRoutes(self.transport)
        self.second_copies: Final = SecondCopies(self.routes)
        self.runs: Final = LiveRuns(
            lambda prompt_ids, limit: ask_rest(self.routes, prompt_ids, time_limit=min(limit, settings.timeout)),
            outage_timeout=settings.outage_timeout,
        )
        self._websocket: Final = websocket
        self._connector: Final = connector
        self._channel: EventChannel | None = None
        self._bindings: Client | None = None
        self.node_defs: NodeDefs | None = None
        self._is_closed = False
        self._has_warned = False

    @property
    def channel(self) -> EventChannel:
        """The client's channel, made when it is first needed; it is not open by that.

        Raises:
            ClientClosedError: The client is closed.
            ConnectionFailedError: The CA certificates or the proxy that are to be used are none.
        """
        if self._is_closed:
            raise ClientClosedError
        if self._channel is None:
            self._channel = EventChannel(
                self._handshake(),
                annotate=self.runs.annotate,
                connector=AuthenticatedConnector(self._connector or open_connection, self.transport),
            )
            self.runs.attach(self._channel)
        return self._channel

    @property
    def bindings(self) -> Client:
        """The generated bindings' client, made when it is first needed.

        Raises:
            ConnectionFailedError: There are no CA certificates, or the environment names a proxy that is none.
        """
        if self._bindings is None:
            with self.transport.proxies_translated():
                clients = discreet_clients(self.settings, self.transport.trust())
            self._bindings = _rest.bindings_client(self.settings, *clients)
        return self._bindings

    async def read_node_defs(self) -> NodeDefs:
        """Read the server's definitions (`GET /object_info`) and keep them.

        Returns:
            The definitions.
        """
        self.node_defs = NodeDefs(await self.transport.json(_rest.get_node_definitions(), required_object))
        return self.node_defs

    async def known_node_defs(self) -> NodeDefs:
        """Give the definitions that were read last, or read them.

        Returns:
            The definitions.
        """
        return await self.read_node_defs() if self.node_defs is None else self.node_defs

    async def listen(self) -> None:
        """Open the websocket if it is wanted and not open; without one, runs are followed by asking REST.

        Raises:
            AuthenticationError: The handshake was refused for its credentials.
            ClientClosedError: The client is closed, or belongs to another event loop.
        """
        if self._is_closed:
            raise ClientClosedError
        self.transport.require_own_loop()
        if not self._websocket or self.channel.connected:
            return
        try:
            await self.channel.open()
        except StreamError as error:
            reason = translated(error)
            if isinstance(reason, AuthenticationError):
                raise reason from error
            self._warn(error)

    async def close(self) -> None:
        """Close everything that was opened."""
        if self._is_closed:
            return
        self._is_closed = True
        if self.transport.is_elsewhere:
            # Only its own loop could, or could have.
            return
        # In reverse; whoever is cancelled or fails, the others are closed all the same.
        async with AsyncExitStack() as parts:
            if self._bindings is not None:
                parts.callback(self._bindings.get_httpx_client().close)
                parts.push_async_callback(self._bindings.get_async_httpx_client().aclose)
            parts.push_async_callback(self.transport.close)
            if self._channel is not None:
                parts.push_async_callback(self._channel.close)
            parts.push_async_callback(self.runs.close)
            parts.push_async_callback(self.second_copies.close)

    def _handshake(self) -> Handshake:
        base_url = self.settings.base_url
        return Handshake(
            websocket_url(base_url, self.settings.client_id),
            headers=self.settings.headers,
            ssl=self.transport.trust() if base_url.startswith("https:") else None,
            proxy=self.transport.proxy(),
        )

    def _warn(self, error: StreamError) -> None:
        if not self._has_warned:
            self._has_warned = True
            _logger.warning("no websocket, so runs are followed by asking over REST: %s", error)
