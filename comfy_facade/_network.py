"""How this machine lets a server be reached: which certificates it trusts, and through which proxy.

REST and the websocket ask here alike, and get what httpx by itself would do. It opens nothing and caches nothing.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
from pathlib import Path
from typing import Final
from urllib.request import getproxies

import httpx
from attrs import frozen

from comfy_facade.settings import Verify

_USER_WITHOUT_PASSWORD: Final = re.compile(r"^([^/]*//[^:@/]+)@")


def trust_of(verify: Verify) -> ssl.SSLContext:
    """Make the context by which a TLS server is verified, and a client certificate shown.

    Args:
        verify: `True` for what httpx trusts, `False` for anybody, a CA file or directory, or a context.

    Returns:
        The context; the very one if it was given.

    Raises:
        OSError: There are no certificates under the path.
    """
    if isinstance(verify, ssl.SSLContext):
        return verify
    if isinstance(verify, bool):
        return httpx.create_ssl_context(verify=verify)
    path = Path(verify)
    return ssl.create_default_context(capath=str(path)) if path.is_dir() else ssl.create_default_context(cafile=path)


def proxy_of_environment(url: str) -> str | None:
    """Choose the proxy that the environment (or the system) names for an address, by httpx's rules.

    Args:
        url: An `http` or `https` address; its websocket is reached the same way.

    Returns:
        The proxy's address, which may hold credentials, or `None` for none.

    Raises:
        httpx.InvalidURL: An exception from the proxies is no address.
    """
    target = httpx.URL(url)
    named = getproxies()
    rules = [
        _Rule.of(f"{scheme}://", _completed(named[scheme])) for scheme in ("http", "https", "all") if named.get(scheme)
    ]
    for exception in filter(None, (host.strip() for host in named.get("no", "").split(","))):
        if exception == "*":
            return None
        rules.append(_Rule.of(_pattern_of(exception), None))
    # The last of two rules for the same counts; the most specific one counts before all.
    matching = [rule for rule in reversed(rules) if rule.matches(target)]
    return min(matching, key=lambda rule: rule.rank).proxy if matching else None


@frozen
class _Rule:
    scheme: str
    host: str
    port: int | None
    proxy: str | None

    @classmethod
    def of(cls, pattern: str, proxy: str | None) -> _Rule:
        address = httpx.URL(pattern)
        return cls("" if address.scheme == "all" else address.scheme, address.host, address.port, proxy)

    @property
    def rank(self) -> tuple[bool, int, int]:
        return (self.port is None, -len(self.host), -len(self.scheme))

    def matches(self, target: httpx.URL) -> bool:
        return (
            self.scheme in ("", target.scheme)
            and self.port in (None, target.port)
            and (not self.host or _is_host(self.host, target.host))
        )


def _is_host(rule: str, host: str) -> bool:
    # "*.example.com" stands for what is below, "*example.com" for example.com too, but not for an-example.com.
    if rule.startswith("*."):
        return host.endswith(rule[1:]) and len(host) > len(rule) - 1
    if rule.startswith("*"):
        return host == rule[1:] or host.endswith("." + rule[1:])
    return host == rule


def _pattern_of(exception: str) -> str:
    if "://" in exception:
        return exception
    if exception.lower() == "localhost":
        return f"all://{exception}"
    try:
        address = ipaddress.ip_address(exception.split("/")[0])
    except ValueError:
        return f"all://*{exception}"
    return f"all://[{exception}]" if address.version == 6 else f"all://{exception}"


def _completed(proxy: str) -> str:
    address = proxy if "://" in proxy else f"http://{proxy}"
    # The websocket library wants a password wherever there is a user; httpx takes an absent one for an empty one.
    return _USER_WITHOUT_PASSWORD.sub(r"\1:@", address)
