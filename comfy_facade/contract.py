"""The two contracts that this package was made from, as documents.

Duty: give `comfyui.yaml` (OpenAPI 3.1, the requests) and `comfyui-ws.yaml` (AsyncAPI 3.0, the websocket) of the
installed version to whoever generates, validates or compares. It refuses to interpret them, to fetch anything, and to
be imported by the rest of the package, which needs no YAML.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

_PACKAGE = Path(__file__).resolve().parent


def openapi() -> dict[str, Any]:
    """Give the contract of the requests.

    Returns:
        The OpenAPI document, new on each call, so that a caller may change it.

    Raises:
        ImportError: PyYAML is missing; the extra `contract` brings it.

    Example:
        >>> openapi()["openapi"]
        '3.1.0'
    """
    return _load("comfyui.yaml")


def asyncapi() -> dict[str, Any]:
    """Give the contract of the websocket.

    Returns:
        The AsyncAPI document, new on each call, so that a caller may change it.

    Raises:
        ImportError: PyYAML is missing; the extra `contract` brings it.

    Example:
        >>> asyncapi()["asyncapi"]
        '3.0.0'
    """
    return _load("comfyui-ws.yaml")


def _load(name: str) -> dict[str, Any]:
    try:
        import yaml
    except ImportError as error:
        raise ImportError('the contracts are YAML; install it with: pip install "comfy-facade[contract]"') from error
    path = _PACKAGE / "_contract" / name
    if not path.is_file():
        # In a checkout they are where they are edited; a wheel carries copies.
        path = _PACKAGE.parent / "openapi" / name
    # The parser in C, where PyYAML has one, is ten times as quick.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("dict[str, Any]", yaml.load(path.read_text(encoding="utf-8"), Loader=loader))  # noqa: S506 - both are safe
