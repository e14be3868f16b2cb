"""The httpx clients underneath the generated bindings: they hold the credentials, and are discreet in the logs.

The bindings' own would show the headers in their repr. What is sent through these is whoever's operation it is: no
status is judged here and no exception translated, and the requests of the facade's own methods go by `_transport`.
"""

from __future__ import annotations

import ssl
from typing import Any

import httpx

from comfy_facade import _platform
from comfy_facade._discretion import Discreet
from comfy_facade.settings import Settings


def discreet_clients(settings: Settings, trust: ssl.SSLContext | None) -> tuple[httpx.Client, httpx.AsyncClient]:
    """Make a client for synchronous code and one for asynchronous code.

    Args:
        settings: Where to and with which credentials.
        trust: How TLS servers are verified, or `None` in a browser.

    Returns:
        The clients, to be closed by the caller; they open their connections when they are first used.
    """
    options: dict[str, Any] = {
        "base_url": settings.base_url,
        "headers": dict(settings.headers),
        "auth": settings.auth,
        "timeout": httpx.Timeout(settings.timeout),
    }
    return (
        _DiscreetClient(**options, **_platform.sync_options(trust)),
        _DiscreetAsyncClient(**options, **_platform.async_options(trust)),
    )


class _DiscreetClient(httpx.Client):
    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        with Discreet():
            return super().send(request, **options)


class _DiscreetAsyncClient(httpx.AsyncClient):
    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        with Discreet():
            return await super().send(request, **options)
