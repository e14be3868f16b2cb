"""Fields of what a server sent, each taken only if it is of the kind that is wanted.

Frames come from servers and custom nodes of any version, so a field that is missing or odd is `None`, never an error.
Which fields an event has, and which of them it cannot do without, is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

RawMapping = Mapping[str, Any]
"""A JSON object as it came from the server."""

NO_DATA: Final[RawMapping] = {}
"""The payload of an event that was made without one."""


def text(data: RawMapping, name: str) -> str | None:
    """Read a field that ought to be a string.

    Args:
        data: The payload.
        name: The field.

    Returns:
        The string, or `None` if the field is missing or anything else.
    """
    value = data.get(name)
    return value if isinstance(value, str) else None


def number(data: RawMapping, name: str) -> float | None:
    """Read a field that ought to be a number.

    Args:
        data: The payload.
        name: The field.

    Returns:
        The number, or `None` if the field is missing or anything else; a truth value is no number.
    """
    value = data.get(name)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def mapping(data: RawMapping, name: str) -> RawMapping | None:
    """Read a field that ought to be an object.

    Args:
        data: The payload.
        name: The field.

    Returns:
        The object, or `None` if the field is missing or anything else.
    """
    value = data.get(name)
    return cast("RawMapping", value) if isinstance(value, dict) else None


def texts(data: RawMapping, name: str) -> tuple[str, ...]:
    """Read a field that ought to be a list of strings.

    Args:
        data: The payload.
        name: The field.

    Returns:
        The strings in it, in order; none if the field is missing or no list.
    """
    values = data.get(name)
    if not isinstance(values, list):
        return ()
    return tuple(value for value in cast("list[object]", values) if isinstance(value, str))
