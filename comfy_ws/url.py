"""The address of ComfyUI's websocket, derived from the address of its REST routes.

It builds text and refuses to connect to it.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


def websocket_url(base_url: str, client_id: str) -> str:
    """Build the address of `/ws` for a client id.

    Args:
        base_url: The address of the server with its base path, `http(s)` or `ws(s)`.
        client_id: The id under which the server shall know the socket.

    Returns:
        The websocket address; a base path and an IPv6 host in brackets are kept.

    Raises:
        ValueError: If `base_url` has another scheme or no host.

    Example:
        >>> websocket_url("https://host/comfy/", "a b")
        'wss://host/comfy/ws?clientId=a%20b'
    """
    parts = urlsplit(base_url)
    scheme = _SCHEMES.get(parts.scheme)
    if scheme is None or not parts.hostname:
        raise ValueError(f"no http(s) address: {without_credentials(base_url)!r}")
    path = parts.path.rstrip("/") + "/ws"
    return urlunsplit((scheme, parts.netloc, path, f"clientId={quote(client_id, safe='')}", ""))


def without_credentials(url: str) -> str:
    """Leave out what may be secret in an address: user, password, query and fragment.

    Args:
        url: Any address.

    Returns:
        The address as it may be shown.
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
