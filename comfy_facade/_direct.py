"""Requests handed straight to httpx's pool of connections, past what its client adds to each.

What the client adds is redirects, authentication, proxies, event hooks and a cookie jar; a request that needs none of
the first four loses nothing but the time they take, and cookies are seen to here. It decides nothing about answers and
translates no exception.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import httpx

# Addresses and sets of headers that are kept ready; most requests of a client are alike.
_KEPT: Final = 64
# As httpx writes JSON; it makes an encoder for each request.
_as_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_as_ascii_json: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def encoded(value: object) -> bytes:
    """Write a request's JSON.

    Args:
        value: The body.

    Returns:
        As httpx writes it, but for texts that no UTF-8 can hold.
    """
    try:
        return _as_json(value).encode()
    except UnicodeEncodeError:
        # Half a surrogate pair, of a text that was cut within an emoji, goes as it would from a browser: escaped.
        return _as_ascii_json(value).encode()


def built(client: httpx.AsyncClient, options: Mapping[str, Any]) -> httpx.Request:
    """Let a client build a request, whatever texts its JSON holds.

    Args:
        client: The client.
        options: What `httpx.AsyncClient.build_request` takes.

    Returns:
        The request.
    """
    if "json" not in options:
        return client.build_request(**options)
    own: dict[str, Any] = {name: value for name, value in options.items() if name != "json"}
    own["headers"] = {"Content-Type": "application/json", **options.get("headers", {})}
    return client.build_request(content=encoded(options["json"]), **own)


class DirectSender:
    """A pool of connections to one server.

    Args:
        client: Whose headers, cookies and time limits count.
        pool: Sends the requests; it is closed here.
    """

    def __init__(self, client: httpx.AsyncClient, pool: httpx.AsyncBaseTransport) -> None:
        self._client: Final = client
        self._pool: Final = pool
        self._address: Final = lru_cache(_KEPT)(httpx.URL)
        self._headers: Final = lru_cache(_KEPT)(self._merged)
        self._json_headers: Final = lru_cache(_KEPT)(self._prepared_for_json)

    async def send(self, options: Mapping[str, Any]) -> httpx.Response:
        """Send a request.

        Args:
            options: What `httpx.AsyncClient.build_request` takes.

        Returns:
            The answer; its body is not read yet.
        """
        request = built(self._client, options) if self._client.cookies.jar else self._request(**options)
        response = await self._pool.handle_async_request(request)
        response.request = request
        if "set-cookie" in response.headers:
            self._client.cookies.extract_cookies(response)
        return response

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    def _request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        timeout: float | None = None,
        extensions: Mapping[str, Any] | None = None,
        **content: Any,
    ) -> httpx.Request:
        limits = self._client.timeout if timeout is None else httpx.Timeout(timeout)
        extensions = {"timeout": limits.as_dict(), **(extensions or {})}
        address, given = self._address(url), tuple(headers.items())
        if content.keys() != {"json"}:
            return httpx.Request(method, address, headers=self._headers(given), extensions=extensions, **content)
        body = encoded(content["json"])
        length = (b"Content-Length", str(len(body)).encode())
        return httpx.Request(
            method,
            address,
            headers=[*self._json_headers(method, url, given), length],
            stream=httpx.ByteStream(body),
            extensions=extensions,
        )

    def _prepared_for_json(
        self, method: str, url: str, headers: tuple[tuple[str, str], ...]
    ) -> Sequence[tuple[bytes, bytes]]:
        prepared = httpx.Request(method, self._address(url), headers=self._headers(headers), json={}).headers
        return [(name, value) for name, value in prepared.raw if name.lower() != b"content-length"]

    def _merged(self, headers: tuple[tuple[str, str], ...]) -> httpx.Headers:
        merged = httpx.Headers(self._client.headers)
        merged.update(headers)
        return merged
