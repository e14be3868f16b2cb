"""The asynchronous client, put together from its groups of methods."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

import httpx

from comfy_facade._core import ClientCore
from comfy_facade._events import ClientEventStream
from comfy_facade._file_methods import FileMethods
from comfy_facade._prompt_methods import PromptMethods
from comfy_facade._queue_methods import QueueMethods
from comfy_facade._run_methods import RunMethods
from comfy_facade._server_methods import ServerMethods
from comfy_facade._user_methods import UserMethods
from comfy_facade.settings import DEFAULT_HOST, Verify, resolve_settings
from comfy_ws import BacklogLimits, Connector

if TYPE_CHECKING:
    from comfy_facade._rest import Client


class AsyncComfyUIApiClient(RunMethods, PromptMethods, QueueMethods, FileMethods, ServerMethods, UserMethods):
    """A client of one ComfyUI server.

    It belongs to the event loop that it is first used in, and raises `ClientClosedError` in any other. Nothing is
    opened before the first call; use it as an async context manager, or call `close` yourself. Requests and the
    websocket take the proxy that the environment names (`http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`), by
    httpx's rules. Redirects are not followed.

    Args:
        api_host: Host and port. Where neither this nor `url` is given, the environment's `COMFYUI_URL` counts.
        api_base: The path under which a proxy serves ComfyUI.
        client_id: The id under which the server sends this client its events; two clients must not share one.
            Empty for one derived from `session_name`, or a random one.
        session_name: A name that always gives the same client id.
        user: The user id on a multi-user server (header `Comfy-User`).
        ssl: Whether `api_host` is reached over TLS.
        url: Host, base path and TLS in one address, `https://host/base`; it counts before `api_host`. User and
            password in it are sent as basic authentication; a query is not sent.
        headers: Headers for every request, every download and the websocket handshake.
        auth: Any httpx authentication (the handshake answers challenges too), a pair of user and password, or a
            bearer token as text.
        verify: How a TLS server is verified: `True`, `False`, the path of a CA file or directory, or an
            `ssl.SSLContext` (which may hold a client certificate); the websocket trusts the same.
        timeout: Seconds without progress after which a single REST request is given up; of an `http_client` its own
            `timeout` counts.
        http_client: An httpx client to send requests with; it is not closed here. Its headers, cookies and
            authentication reach the handshake too, while the websocket's TLS goes by `verify`. httpx's own limit of 5
            seconds is short for a server that is loading a model: give it `timeout=60`.
        websocket: Whether to open the websocket; without it, runs are followed by asking.
        websocket_factory: Opens websockets in place of the `websockets` library.
        outage_timeout: Seconds a run waits for a server that is away. Servers that encode previews faster than they
            can send them were seen to answer nothing for up to a minute. One that never answered this client is tried
            for 2 seconds only.

    Example:
        ```python
        async with AsyncComfyUIApiClient("127.0.0.1:8188") as client:
            result = await client.run_prompt(prompt)
        ```
    """

    def __init__(
        self,
        api_host: str = DEFAULT_HOST,
        *,
        api_base: str = "",
        client_id: str = "",
        session_name: str = "",
        user: str = "",
        ssl: bool = False,
        url: str | None = None,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | tuple[str, str] | str | None = None,
        verify: Verify = True,
        timeout: float = 60.0,
        http_client: httpx.AsyncClient | None = None,
        websocket: bool = True,
        websocket_factory: Connector | None = None,
        outage_timeout: float = 120.0,
    ) -> None:
        settings = resolve_settings(
            api_host=api_host,
            api_base=api_base,
            client_id=client_id,
            session_name=session_name,
            user=user,
            ssl=ssl,
            url=url,
            headers=headers,
            auth=auth,
            verify=verify,
            timeout=timeout,
            outage_timeout=outage_timeout,
            environment=os.environ,
        )
        self._core = ClientCore(settings, http_client=http_client, websocket=websocket, connector=websocket_factory)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._core.settings.base_url}>"

    @property
    def client_id(self) -> str:
        """The id under which the server sends this client its events."""
        return self._core.settings.client_id

    @property
    def base_url(self) -> str:
        """The server's address with its base path, without credentials."""
        return self._core.settings.base_url

    @property
    def rest(self) -> Client:
        """The client of the generated bindings `comfy_rest`, for operations without a method here."""
        return self._core.bindings

    async def init(self) -> Self:
        """Open the websocket now rather than with the first run.

        Returns:
            This client.

        Raises:
            AuthenticationError: The handshake was refused for its credentials.
        """
        await self._core.listen()
        return self

    async def close(self) -> None:
        """Close the websocket and all connections; runs that are waited for end with a `ClientClosedError`."""
        await self._core.close()

    async def __aenter__(self) -> Self:
        try:
            return await self.init()
        except BaseException:
            await self.close()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def events(self, *, limits: BacklogLimits | None = None) -> ClientEventStream:
        """Listen to everything the server tells this client, from now on.

        All streams of a client share one socket. It is opened with the first run, by `init`, or on entering a
        stream with `async with`.

        Args:
            limits: How much may stay unread before previews and progress are coalesced.

        Returns:
            An asynchronous iterator of events.
        """
        return ClientEventStream(self._core.channel, limits=limits)
