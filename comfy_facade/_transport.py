"""Requests over one httpx client, with every failure turned into an error of the SDK.

It knows no route and no meaning of an answer; it sees to the address, credentials, time limits, and that no httpx
exception and no secret gets past it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import httpx

from comfy_facade.errors import (
    AuthenticationError,
    ClientClosedError,
    ConnectionFailedError,
    NotFoundError,
    UnexpectedResponseError,
)
from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.settings import Settings

T = TypeVar("T")

_BODY_SHOWN: Final = 2_000
_MAX_CONNECTIONS: Final = 64

# The request did not leave this machine, so that sending it again cannot make it happen twice.
_UNSENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class Transport:
    """One pool of connections to one server.

    Args:
        settings: Where to and with which credentials.
        http_client: A client of the caller's to use instead of an own one; it is not closed here.
    """

    def __init__(self, settings: Settings, http_client: httpx.AsyncClient | None) -> None:
        self._settings: Final = settings
        self._given: Final = http_client
        self._own: httpx.AsyncClient | None = None
        self._closed = False

    async def request(self, arguments: Mapping[str, Any]) -> httpx.Response:
        """Send a request and read its whole answer, whatever the status.

        Args:
            arguments: What `httpx.AsyncClient.request` takes, `url` relative to the server's base path.

        Returns:
            The answer.

        Raises:
            ConnectionFailedError: No answer came, or not all of it.
            AuthenticationError: The status is 401.
        """
        async with self.stream(arguments) as response:
            with self.translated():
                await response.aread()
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
        client = self._client()
        options = dict(arguments)
        options["url"] = self._settings.base_url + options["url"]
        options["headers"] = {**self._settings.headers, **options.get("headers", {})}
        with self.translated():
            request = client.build_request(**options)
            response = await client.send(
                request,
                stream=True,
                # Headers of our own would travel along to wherever a redirect points.
                follow_redirects=False,
                auth=httpx.USE_CLIENT_DEFAULT if self._settings.auth is None else self._settings.auth,
            )
        try:
            if response.status_code == 401:
                raise AuthenticationError(response.status_code, self._settings.base_url)
            yield response
        finally:
            await response.aclose()

    def translated(self) -> _Translated:
        """Turn httpx's exceptions within a `with` block into errors of the SDK."""
        return _Translated(self._settings.base_url)

    async def close(self) -> None:
        """Close the own client; further requests raise `ClientClosedError`."""
        self._closed = True
        if self._own is not None:
            own, self._own = self._own, None
            await own.aclose()

    def _client(self) -> httpx.AsyncClient:
        if self._closed:
            raise ClientClosedError
        if self._given is not None:
            return self._given
        if self._own is None:
            self._own = httpx.AsyncClient(
                verify=self._settings.verify,
                # Waiting for a free connection has no limit of its own: each request ahead has one.
                timeout=httpx.Timeout(self._settings.timeout, pool=None),
                limits=httpx.Limits(max_connections=_MAX_CONNECTIONS, max_keepalive_connections=_MAX_CONNECTIONS),
                follow_redirects=False,
            )
        return self._own


class _Translated:
    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, httpx.HTTPError | httpx.InvalidURL | httpx.StreamError):
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise ConnectionFailedError(self._url, reason, is_sent=not isinstance(error, _UNSENT)) from error
        if isinstance(error, RuntimeError) and "client has been closed" in str(error):
            raise ClientClosedError from error


def require(response: httpx.Response, *statuses: int) -> None:
    """Raise unless an answer has one of some statuses.

    Args:
        response: The answer, read.
        statuses: The statuses.

    Raises:
        AuthenticationError: The status is 403.
        NotFoundError: It is 404.
        UnexpectedResponseError: It is any other.
    """
    status = response.status_code
    if status in statuses:
        return
    if status == 403:
        raise AuthenticationError(status, str(response.request.url.copy_with(query=None)))
    if status == 404:
        raise NotFoundError(status, route_of(response), _shown_body(response))
    raise unexpected(response)


def is_json(response: httpx.Response) -> bool:
    """Say whether an answer says that it is JSON.

    Args:
        response: The answer.

    Returns:
        Whether its content type is JSON's.
    """
    return str(response.headers.get("Content-Type", "")).startswith("application/json")


def required_object(value: object) -> RawObject:
    """Take a JSON value for an object; for `json_of`.

    Args:
        value: Any JSON value.

    Returns:
        The object.

    Raises:
        TypeError: It is none.
    """
    answer = as_object(value)
    if answer is not value:
        raise TypeError(f"a JSON object was expected, not {type(value).__name__}")
    return answer


def required_list(value: object) -> Sequence[Any]:
    """Take a JSON value for an array; for `json_of`.

    Args:
        value: Any JSON value.

    Returns:
        The array.

    Raises:
        TypeError: It is none.
    """
    answer = as_list(value)
    if answer is not value:
        raise TypeError(f"a JSON array was expected, not {type(value).__name__}")
    return answer


def route_of(response: httpx.Response) -> str:
    """Name the route of an answer, for messages.

    Args:
        response: The answer.

    Returns:
        Method and path, without query.
    """
    return f"{response.request.method} {response.request.url.path}"


def unexpected(response: httpx.Response, detail: str = "") -> UnexpectedResponseError:
    """Make the error for an answer that is not what the route gives.

    Args:
        response: The answer, read.
        detail: What is wrong with it.

    Returns:
        The error, to be raised.
    """
    if response.is_redirect:
        location = str(response.headers.get("Location", "")).partition("?")[0]
        detail = f"a redirect to {location!r}, which is not followed; use that address"
    return UnexpectedResponseError(response.status_code, route_of(response), _shown_body(response), detail)


def _shown_body(response: httpx.Response) -> str:
    return response.content[:_BODY_SHOWN].decode("utf-8", "replace")


def json_of(response: httpx.Response, check: Callable[[object], T]) -> T:
    """Read the JSON of an answer.

    Args:
        response: The answer, read.
        check: Makes the result of the JSON, and raises `ValueError` or `KeyError` if it is not of the right shape.

    Returns:
        What `check` made.

    Raises:
        UnexpectedResponseError: It is no JSON, or not of the right shape.
    """
    try:
        value: object = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise unexpected(response, f"no JSON: {error}") from error
    try:
        return check(value)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise unexpected(response, f"not what the route gives: {type(error).__name__} {error}") from error
