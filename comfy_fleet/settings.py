"""Addresses of broker, results and store: given, or from the environment, or from a file that the environment names.

Addresses of brokers hold credentials; none of them is shown but by `without_credentials`. Pure but for reading files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

BROKER: Final = "COMFY_FLEET_BROKER"
"""The variable with the broker's address; with `_FILE` behind it, the path of a file that holds the address."""

RESULTS: Final = "COMFY_FLEET_RESULTS"
"""The variable with the address of the result backend."""

STORE: Final = "COMFY_FLEET_STORE"
"""The variable with the store's directory or URL."""


def read_setting(name: str, given: str | None, environment: Mapping[str, str]) -> str | None:
    """Find a setting.

    Args:
        name: The environment variable.
        given: What the caller gave, which counts before all.
        environment: The environment variables.

    Returns:
        The value, or `None` if there is none.

    Raises:
        OSError: The file that the environment names cannot be read.
    """
    if given:
        return given
    path = environment.get(f"{name}_FILE")
    if path:
        return Path(path).read_text(encoding="utf-8").strip()
    return environment.get(name) or None


def required_setting(name: str, given: str | None, environment: Mapping[str, str], option: str) -> str:
    """Find a setting that must be there.

    Args:
        name: The environment variable.
        given: What the caller gave.
        environment: The environment variables.
        option: What the caller would have given it as.

    Returns:
        The value.

    Raises:
        ValueError: There is none.
        OSError: The file that the environment names cannot be read.
    """
    value = read_setting(name, given, environment)
    if value is None:
        raise ValueError(f"a fleet needs {option}: pass it, set {name}, or name a file that holds it in {name}_FILE")
    return value


def results_beside(broker: str, results: str | None) -> str:
    """Choose the result backend where none is given.

    Args:
        broker: The broker's address.
        results: The result backend's, or `None`.

    Returns:
        The result backend's address: Redis keeps results as well.

    Raises:
        ValueError: The broker keeps none, or the backend gives a result to one reader only.
    """
    if results is None:
        if broker.startswith(("redis://", "rediss://")):
            return broker
        raise ValueError(f"this broker keeps no results: pass results=, a redis:// or db+postgresql:// say ({RESULTS})")
    if results.startswith(("rpc", "amqp", "disabled")):
        raise ValueError("results= must be a place that workers read as well: redis://, db+postgresql://, file:// ...")
    return results


def without_credentials(url: str) -> str:
    """Give an address that can be shown.

    Args:
        url: An address.

    Returns:
        The same without user, password and query.
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def worker_name(url: str) -> str:
    """Name a worker after its server.

    Args:
        url: The server's address.

    Returns:
        The name; it holds no credentials.
    """
    parts = urlsplit(url if "://" in url else f"http://{url}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    path = parts.path.strip("/").replace("/", "-")
    name = "-".join(part for part in ((parts.hostname or "server").replace(":", "."), str(port), path) if part)
    return "".join(char if char.isalnum() or char in "_.-" else "-" for char in name.lower())[:64]
