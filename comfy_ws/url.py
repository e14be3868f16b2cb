"""The address of ComfyUI's websocket, derived from the address of its REST routes.

It builds text and refuses to connect to it.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

_SCHEMES: Final = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_UNREADABLE: Final = "(unreadable address)"


def websocket_url(base_url: str, client_id: str) -> str:
    """Build the address of `/ws` for a client id.

    Args:
        base_url: The address of the server with its base path, `http(s)` or `ws(s)`.
        client_id: The id under which the server shall know the socket.

    Returns:
        The websocket address; a base path and an IPv6 host in brackets are kept.

    Raises:
        ValueError: If `base_url` has another scheme, no host, or a port that is none.

    Example:
        >>> websocket_url("https://host/comfy/", "a b")
        'wss://host/comfy/ws?clientId=a%20b'
    """
    parts = _split(base_url)
    scheme = None if parts is None else _SCHEMES.get(parts.scheme)
    if parts is None or scheme is None or not parts.hostname:
        raise ValueError(f"no http(s) address: {without_credentials(base_url)!r}")
    path = parts.path.rstrip("/") + "/ws"
    return urlunsplit((scheme, parts.netloc, path, f"clientId={quote(client_id, safe='')}", ""))


def without_credentials(url: str) -> str:
    """Leave out what may be secret in an address: user, password, query and fragment.

    Args:
        url: Any address.

    Returns:
        The address as it may be shown; where no part is certain to be harmless, just that it is unreadable.
    """
    parts = _split(url)
    if parts is None or ("@" in parts.path and not parts.netloc):
        return _UNREADABLE
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _split(url: str) -> SplitResult | None:
    # The parser's own messages quote the address, so they are not passed on. It looks at a port only when asked;
    # one that is no number is often the start of a password with a slash in it.
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
