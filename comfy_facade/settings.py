"""Where the server is and how to talk to it: the constructor's arguments, resolved once into a frozen value.

Pure: it reads the environment it is given and opens nothing. Credentials never show in its repr.
"""

from __future__ import annotations

import ipaddress
import os
import re
import ssl as ssl_module
import uuid
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

import httpx
from attrs import field, frozen


class _DefaultHost(str):
    """The default host, told apart from the same host given by the caller, which counts before the environment."""

    __slots__ = ()


DEFAULT_HOST: Final[str] = _DefaultHost("127.0.0.1:8188")
"""Where ComfyUI listens unless it is told otherwise."""

URL_VARIABLE: Final = "COMFYUI_URL"
"""The environment variable that holds the server's address."""

Verify = bool | str | os.PathLike[str] | ssl_module.SSLContext
"""Whether, and against what, to verify a TLS server: `False`, a CA file or directory, or a context."""

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")


@frozen
class Settings:
    """What a client was told.

    Attributes:
        base_url: The server's address with its base path, without a trailing slash and without credentials.
        client_id: The id under which the server sends this client its events; whoever knows it can take them away.
        headers: Sent with every request and with the websocket handshake.
        auth: How requests and handshakes are authenticated, or `None`.
        verify: How TLS servers are verified.
        timeout: Seconds without any progress after which a REST request is given up.
        outage_timeout: Seconds a run waits for a server that was reached before and is away, before it gives up.
    """

    base_url: str
    client_id: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    auth: httpx.Auth | None = field(repr=False)
    verify: Verify = field(repr=False)
    timeout: float
    outage_timeout: float


def resolve_settings(
    *,
    api_host: str,
    api_base: str,
    client_id: str,
    session_name: str,
    user: str,
    ssl: bool,
    url: str | None,
    headers: Mapping[str, str] | None,
    auth: httpx.Auth | tuple[str, str] | str | None,
    verify: Verify,
    timeout: float,
    outage_timeout: float,
    environment: Mapping[str, str],
) -> Settings:
    """Make settings of what the constructor was given.

    Args:
        api_host: Host and port; `DEFAULT_HOST` itself if none was given.
        api_base: The path under which the server is found, behind a proxy.
        client_id: The client id, or `""`.
        session_name: A name from which the client id follows, or `""`.
        user: The user of a multi-user server, or `""`.
        ssl: Whether to use TLS with `api_host`.
        url: Host, base path and TLS in one address, or `None`.
        headers: Headers for every request.
        auth: httpx's authentication, user and password, or a bearer token.
        verify: How TLS servers are verified.
        timeout: Seconds for a REST request.
        outage_timeout: Seconds for a server that is away.
        environment: The environment variables.

    Returns:
        The settings.

    Raises:
        ValueError: The address is none, or a header cannot be sent as it is.
    """
    if url is None and isinstance(api_host, _DefaultHost):
        url = environment.get(URL_VARIABLE) or None
    if url is None:
        # Taken as it is, its scheme would become the host.
        if "://" in api_host:
            raise ValueError("api_host is a host and port without http://: give a whole address as url")
        base = api_base.strip("/")
        url = f"{'https' if ssl else 'http'}://{_bracketed(api_host)}" + (f"/{base}" if base else "")
    base_url, userinfo = _split_credentials(url)
    all_headers = dict(headers or {})
    if user:
        all_headers = _with_header(all_headers, "Comfy-User", user)
    if isinstance(auth, tuple):
        auth = httpx.BasicAuth(*auth)
    elif isinstance(auth, str):
        all_headers = _with_header(all_headers, "Authorization", f"Bearer {auth}")
        auth = None
    elif auth is None and userinfo is not None:
        auth = httpx.BasicAuth(*userinfo)
    _check_headers(all_headers)
    return Settings(
        base_url=base_url,
        client_id=client_id or client_id_of_session(session_name),
        headers=all_headers,
        auth=auth,
        verify=verify,
        timeout=timeout,
        outage_timeout=outage_timeout,
    )


def client_id_of_session(session_name: str) -> str:
    """Derive a client id.

    Args:
        session_name: Any name; the same name gives the same id, in every process. Empty for a random id.

    Returns:
        32 hexadecimal digits.
    """
    if not session_name:
        return uuid.uuid4().hex
    return uuid.uuid5(uuid.NAMESPACE_URL, f"comfyui-session:{session_name}").hex


def _with_header(headers: Mapping[str, str], name: str, value: str) -> dict[str, str]:
    # Header names count whatever their case, so another spelling would be a second header.
    return {other: kept for other, kept in headers.items() if other.lower() != name.lower()} | {name: value}


def _check_headers(headers: Mapping[str, str]) -> None:
    # Here, for the libraries below would quote the value, and one of them only when the first request is sent.
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"no name of a header: {name!r}")
        if not _HEADER_VALUE.fullmatch(value):
            raise ValueError(
                f"the header {name} holds what headers cannot carry: only printable ASCII can be sent; "
                f"is there a line break at the end of a token?"
            )


def _bracketed(host: str) -> str:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return host
    return f"[{host}]"


def _split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    parts = _split(url if "://" in url else f"http://{url}")
    # A port that is none is often the start of a password with a slash in it, so nothing of such an address is shown.
    if parts is None:
        raise ValueError(
            "no address of a ComfyUI server (use http://host:port or https://, and percent-encode user and password)"
        )
    shown = parts.netloc.rpartition("@")[2]
    base_url = urlunsplit((parts.scheme, shown, parts.path.rstrip("/"), "", ""))
    if parts.scheme not in ("http", "https") or not parts.hostname or not _is_sendable(base_url):
        raise ValueError(f"no address of a ComfyUI server: {parts.scheme}://{shown} (use http://host:port or https://)")
    if parts.username is None:
        return base_url, None
    return base_url, (unquote(parts.username), unquote(parts.password or ""))


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    # A slash in a password ends the host too early, and what follows it must not pass for a path.
    return None if "@" in parts.path else parts


def _is_sendable(url: str) -> bool:
    try:
        httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return True
