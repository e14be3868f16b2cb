"""JSON as it came, read without trust: a value of the wrong type reads as an empty one.

Pure. Where a wrong type is an error, the caller checks it; nothing here raises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

RawObject = Mapping[str, Any]
"""A JSON object as it came from the server."""


def as_object(value: object) -> RawObject:
    """Take a JSON value for an object.

    Args:
        value: Any JSON value.

    Returns:
        The object; an empty one for anything else.
    """
    # Nearly all are plain dictionaries, and asking an abstract class takes many times as long.
    return cast("RawObject", value) if type(value) is dict or isinstance(value, Mapping) else {}


def as_list(value: object) -> Sequence[Any]:
    """Take a JSON value for an array.

    Args:
        value: Any JSON value.

    Returns:
        The array; an empty one for anything else.
    """
    return cast("Sequence[Any]", value) if isinstance(value, (list, tuple)) else ()


def as_number(value: object) -> float | None:
    """Take a JSON value for a number.

    Args:
        value: Any JSON value.

    Returns:
        The number; `None` for anything else, booleans included.
    """
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
