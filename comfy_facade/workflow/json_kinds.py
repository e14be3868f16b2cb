"""Which kind of JSON value something is, said so that type checkers follow.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Tell whether a value is a JSON array.

    Args:
        value: Any value.

    Returns:
        Whether it is.
    """
    return isinstance(value, list)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether a value is a JSON object.

    Args:
        value: Any value.

    Returns:
        Whether it is.
    """
    return isinstance(value, dict)


def is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether a value is a mapping of any kind, as callers may give instead of a plain dict.

    Args:
        value: Any value.

    Returns:
        Whether it is.
    """
    return isinstance(value, Mapping)


def kind_of(value: object) -> str:
    """Name the kind of a JSON value, for error messages.

    Args:
        value: Any value.

    Returns:
        Such as `"an array"`; the class's name for what is no JSON.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case _ if is_list(value):
            return "an array"
        case _ if is_mapping(value):
            return "an object"
        case _:
            return value.__class__.__name__
