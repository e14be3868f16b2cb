"""Names for the JSON values that travel on the wire.

Holds type names and the narrowing functions that go with them. It checks no meaning: whether an object is a
valid prompt is decided in `comfy_emulator.validation`.
"""

from typing import Any, TypeAlias, TypeGuard

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object: names to arbitrary JSON values."""

Prompt: TypeAlias = dict[str, JsonObject]
"""A graph in API format: node ids to `{"class_type", "inputs"}`."""

Link: TypeAlias = list[Any]
"""A connection as written in a prompt: `[node id, output index]`."""


def is_link(value: object) -> TypeGuard[Link]:
    """Tell whether an input value is a connection to another node's output."""
    if not is_array(value) or len(value) != 2:
        return False
    node_id, index = value
    return isinstance(node_id, str) and isinstance(index, int | float)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Tell whether a value is a JSON array."""
    return isinstance(value, list)


def is_tuple(value: object) -> TypeGuard[tuple[Any, ...]]:
    """Tell whether a value is a tuple."""
    return isinstance(value, tuple)


def is_object(value: object) -> TypeGuard[JsonObject]:
    """Tell whether a value is a JSON object."""
    return isinstance(value, dict)
