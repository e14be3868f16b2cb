"""What differs between this machine and a web page, chosen here and nowhere else in the facade.

It gives httpx its transports, says which certificates are trusted, and how synchronous code waits. Websockets are
chosen likewise in `comfy_ws.opening`. It opens nothing.
"""

from __future__ import annotations

import ssl
from typing import Any

import httpx

from comfy_facade._network import trust_of
from comfy_facade._portal import Portal
from comfy_facade.settings import Settings
from comfy_ws.opening import IN_BROWSER


def check(settings: Settings) -> None:
    """Refuse what this platform cannot do.

    Args:
        settings: What a client was told.

    Raises:
        ValueError: Certificates were named in a browser.
    """
    if IN_BROWSER and settings.verify is not True:
        raise ValueError("a browser verifies TLS servers by itself, by what its user trusts: leave verify out")


def trust(settings: Settings) -> ssl.SSLContext | None:
    """Make the context by which a TLS server is verified.

    Args:
        settings: What a client was told.

    Returns:
        The context, or `None` where that is not ours to decide.

    Raises:
        OSError: There are no certificates under the path.
    """
    return None if IN_BROWSER else trust_of(settings.verify)


def no_trust() -> ssl.SSLContext | None:
    """Make a context that trusts nobody, for connections without TLS.

    Returns:
        The context, or `None` where that is not ours to decide.
    """
    return None if IN_BROWSER else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def async_options(context: ssl.SSLContext | None) -> dict[str, Any]:
    """Say how an `httpx.AsyncClient` reaches servers.

    Args:
        context: What `trust` gave.

    Returns:
        Arguments for its constructor.
    """
    if not IN_BROWSER:
        return {"verify": context}
    from comfy_facade._fetch import FetchTransport

    return {"transport": FetchTransport(), "trust_env": False}


def pool(context: ssl.SSLContext | None, limits: httpx.Limits) -> httpx.AsyncBaseTransport:
    """Make what sends requests by itself, without a client.

    Args:
        context: What `trust` gave.
        limits: How many connections; a browser has limits of its own.

    Returns:
        A transport that holds no connection yet.
    """
    if not IN_BROWSER:
        return httpx.AsyncHTTPTransport(verify=context or True, limits=limits)
    from comfy_facade._fetch import FetchTransport

    return FetchTransport()


def sync_options(context: ssl.SSLContext | None) -> dict[str, Any]:
    """Say how an `httpx.Client` reaches servers.

    Args:
        context: What `trust` gave.

    Returns:
        Arguments for its constructor.
    """
    if not IN_BROWSER:
        return {"verify": context}
    from comfy_facade._fetch import SyncFetchTransport

    return {"transport": SyncFetchTransport(), "trust_env": False}


def new_portal() -> Portal:
    """Make what a synchronous client waits with.

    Returns:
        A portal that is not open yet.
    """
    if not IN_BROWSER:
        return Portal()
    from comfy_facade._suspension import SuspendingPortal

    return SuspendingPortal()
