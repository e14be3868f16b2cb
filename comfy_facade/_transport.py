"""Requests over one httpx client, with every failure turned into an error of the SDK.

It knows no route and no meaning of an answer; it sees to the address, credentials, time limits, and that no httpx
exception and no secret gets past it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, TypeVar

import httpx

from comfy_facade import _platform
from comfy_facade._answers import json_of, require, route_of, unexpected
from comfy_facade._direct import DirectSender, built
from comfy_facade._guarded_auth import GuardedAuth
from comfy_facade._httpx_errors import Translated
from comfy_facade._network import proxy_of_environment
from comfy_facade._tls_handshakes import closing_unfinished_handshakes
from comfy_facade.errors import (
    AuthenticationError,
    ClientClosedError,
    ConnectionFailedError,
    UnexpectedResponseError,
)
from comfy_facade.settings import Settings
from comfy_facade.tracing import RequestSpan

T = TypeVar("T")

_MAX_CONNECTIONS: Final = 64


class Transport:
    """One pool of connections to one server.

    Args:
        settings: Where to and with which credentials.
        http_client: A client of the caller's to use instead of an own one; it is not closed here.

    Attributes:
        has_contact: Whether anything ever answered.
    """

    def __init__(self, settings: Settings, http_client: httpx.AsyncClient | None) -> None:
        self._settings: Final = settings
        self._given: Final = http_client
        self._own: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._direct: DirectSender | None = None
        self._trust: ssl.SSLContext | None = None
        self._closed = False
        self.has_contact = False

    async def request(self, arguments: Mapping[str, Any]) -> httpx.Response:
        """Send a request and read its whole answer, whatever the status.

        Args:
            arguments: What `httpx.AsyncClient.request` takes, `url` relative to the server's base path.

        Returns:
            The answer.

        Raises:
            ConnectionFailedError: No answer came, or not all of it.
            AuthenticationError: The status is 401 or 407.
            UnexpectedResponseError: The body is not encoded as the answer says.
        """
        with RequestSpan(arguments) as span:
            response = await self._answer(arguments)
            try:
                span.set({"http.response.status_code": response.status_code})
                self._require_credentials(response)
                with self.translated():
                    await response.aread()
            except ConnectionFailedError as error:
                if isinstance(error.__cause__, httpx.DecodingError):
                    raise UnexpectedResponseError(
                        response.status_code, route_of(response), "", "its body cannot be decoded"
                    ) from error
                raise
            finally:
                await response.aclose()
            return response

    async def send(self, arguments: Mapping[str, Any], *statuses: int) -> httpx.Response:
        """Send a request, and take only certain statuses for an answer.

        Args:
            arguments: As for `request`.
            statuses: What the route answers with; 200 if none is given.

        Returns:
            The answer, read.

        Raises:
            UnexpectedResponseError: The status is another.
            NotFoundError: It is 404.
            AuthenticationError: It is 401 or 403.
            ConnectionFailedError: No answer came.
        """
        response = await self.request(arguments)
        require(response, *(statuses or (200,)))
        return response

    async def json(self, arguments: Mapping[str, Any], check: Callable[[object], T]) -> T:
        """Send a request whose answer is JSON with status 200.

        Args:
            arguments: As for `request`.
            check: Makes the result of the JSON, see `json_of`.

        Returns:
            What `check` made.

        Raises:
            UnexpectedResponseError: The answer is anything else.
        """
        return json_of(await self.send(arguments), check)

    async def send_for_nothing(self, arguments: Mapping[str, Any]) -> None:
        """Send a request whose answer is empty.

        Args:
            arguments: As for `request`.

        Raises:
            UnexpectedResponseError: The answer is anything else, a login page with status 200, say.
        """
        response = await self.send(arguments, 200, 204)
        if response.content:
            raise unexpected(response, "an empty answer was expected")

    @asynccontextmanager
    async def stream(self, arguments: Mapping[str, Any]) -> AsyncGenerator[httpx.Response]:
        """Send a request and leave its answer's body to be read.

        Args:
            arguments: As for `request`.

        Yields:
            The answer; use `translated` around reading it.

        Raises:
            ConnectionFailedError: No answer came.
            AuthenticationError: As for `request`.
        """
        with RequestSpan(arguments) as span:
            response = await self._answer(arguments)
            try:
                span.set({"http.response.status_code": response.status_code})
                self._require_credentials(response)
                yield response
            finally:
                await response.aclose()

    async def _answer(self, arguments: Mapping[str, Any]) -> httpx.Response:
        client = self.http_client()
        options = dict(arguments)
        options["url"] = self._settings.base_url + options["url"]
        options["headers"] = {**self._settings.headers, **options.get("headers", {})}
        if options["url"].startswith("https:"):
            options["extensions"] = {"trace": closing_unfinished_handshakes()}
        with self.translated():
            if self._direct is not None:
                response = await self._direct.send(options)
            else:
                request = built(client, options)
                # Headers of our own would travel along to wherever a redirect points.
                response = await client.send(request, stream=True, follow_redirects=False, auth=self.auth)
        self.has_contact = True
        return response

    def _require_credentials(self, response: httpx.Response) -> None:
        if response.status_code in (401, 407):
            raise AuthenticationError(response.status_code, self._settings.base_url)

    def translated(self) -> Translated:
        """Turn httpx's exceptions within a `with` block into errors of the SDK."""
        return Translated(self._settings.base_url, self._is_closed)

    def _is_closed(self) -> bool:
        return self._closed

    async def close(self) -> None:
        """Close the own client; further requests raise `ClientClosedError`."""
        self._closed = True
        if self._own is not None:
            own, self._own = self._own, None
            direct, self._direct = self._direct, None
            try:
                await own.aclose()
            finally:
                if direct is not None:
                    await direct.close()

    @property
    def auth(self) -> GuardedAuth | None:
        """How requests and handshakes are authenticated: as the settings say, or else as a given client does it."""
        auth = self._settings.auth
        if auth is None and self._given is not None:
            auth = self._given.auth
        return None if auth is None else GuardedAuth(auth, self._settings.base_url)

    def proxy(self) -> str | None:
        """Choose the proxy of the websocket: the one that requests go through by the environment's word.

        Returns:
            Its address, which may hold credentials, or `None` for none.

        Raises:
            ConnectionFailedError: The environment names a proxy, or an exception from it, that is none.
        """
        if self._given is not None and not self._given.trust_env:
            return None
        with self.proxies_translated():
            return proxy_of_environment(self._settings.base_url)

    def http_client(self) -> httpx.AsyncClient:
        """Give the httpx client that requests go through; an own one is made when it is first needed.

        Returns:
            The client; whoever sends through it does so within `translated`.

        Raises:
            ClientClosedError: The transport is closed, or belongs to another event loop.
            ConnectionFailedError: There are no CA certificates, or the environment names a proxy that is none.
        """
        if self._closed:
            raise ClientClosedError
        if self._given is not None:
            return self._given
        self.require_own_loop()
        if self._own is None:
            self._loop = asyncio.get_running_loop()
            limits = httpx.Limits(max_connections=_MAX_CONNECTIONS, max_keepalive_connections=_MAX_CONNECTIONS)
            with self.proxies_translated():
                is_direct = self.auth is None and self.proxy() is None
                # Loading what to trust takes longer than a prompt. What never speaks TLS trusts nobody instead.
                is_plain = is_direct and self._settings.verify is True and self._settings.base_url.startswith("http:")
                context = _platform.no_trust() if is_plain else self.trust()
                self._own = httpx.AsyncClient(
                    **_platform.async_options(context),
                    # Waiting for a free connection has no limit of its own: each request ahead has one.
                    timeout=httpx.Timeout(self._settings.timeout, pool=None),
                    limits=limits,
                    follow_redirects=False,
                )
                if is_direct:
                    self._direct = DirectSender(self._own, _platform.pool(context, limits))
        return self._own

    @property
    def is_elsewhere(self) -> bool:
        """Whether its connections belong to another event loop than the one that runs."""
        return self._own is not None and self._loop is not asyncio.get_running_loop()

    def require_own_loop(self) -> None:
        """Refuse another event loop than the one that it was first used in.

        Raises:
            ClientClosedError: It is another, which can neither use its connections nor close them.
        """
        if self.is_elsewhere:
            raise ClientClosedError("the client belongs to the event loop that it was first used in")

    @contextmanager
    def proxies_translated(self) -> Generator[None]:
        """Turn what httpx has against the environment's proxies within a `with` block into an error of the SDK."""
        try:
            yield
        except (ValueError, httpx.InvalidURL, ImportError) as error:
            # These quote the proxy's address. ImportError: a kind of proxy for which a package is not installed.
            reason = (
                f"the environment's proxies cannot be used ({type(error).__name__}): "
                f"look at http_proxy, https_proxy, all_proxy and no_proxy"
            )
            raise ConnectionFailedError(self._settings.base_url, reason) from None

    def trust(self) -> ssl.SSLContext | None:
        """Give the context by which TLS servers are verified, the same each time; a browser wants none.

        Raises:
            ConnectionFailedError: There are no CA certificates under the path given as `verify`.
        """
        if self._trust is None:
            try:
                self._trust = _platform.trust(self._settings)
            except OSError as error:
                reason = f"verify= names no CA certificates: {error.strerror or type(error).__name__}"
                raise ConnectionFailedError(self._settings.base_url, reason) from error
        return self._trust
