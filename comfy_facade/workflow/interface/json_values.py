"""Values of an interface-format file as JavaScript reads and writes them.

Duty: ids as text, links in both layouts, numbers as a browser keeps them. Lenient: what cannot be read is left out.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.interface.graph import Link
from comfy_facade.workflow.json_kinds import is_list, is_object

_LARGEST_EXACT: Final = 2**53


def as_id(value: object) -> str:
    """Give a node's id as text.

    Args:
        value: A number or text.

    Returns:
        The id; empty if there is none.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def as_index(value: object) -> int | None:
    """Give a link's id or a slot's number.

    Args:
        value: A number, or text that is one.

    Returns:
        The number, or `None`.
    """
    if type(value) is int:
        return value
    if isinstance(value, bool) or not isinstance(value, (float, str)):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


def as_link(value: object) -> Link | None:
    """Read a link: `[id, origin, slot, target, slot, type]`, or an object with the same.

    Args:
        value: The link's JSON.

    Returns:
        The link, or `None` if it is none.
    """
    parts = as_list(value)
    if not parts:
        raw = as_object(value)
        parts = [raw.get(key) for key in ("id", "origin_id", "origin_slot", "target_id", "target_slot")]
    if len(parts) < 5:
        return None
    link_id, origin_slot, target_slot = as_index(parts[0]), as_index(parts[2]), as_index(parts[4])
    if link_id is None:
        return None
    return Link(link_id, as_id(parts[1]), max(0, origin_slot or 0), as_id(parts[3]), max(0, target_slot or 0))


def links_of(raw: RawObject) -> dict[int, Link]:
    """Read the links of a graph.

    Args:
        raw: The graph's JSON.

    Returns:
        Its links by id.
    """
    stored = raw.get("links")
    values = list(stored.values()) if is_object(stored) else as_list(stored)
    links = (as_link(value) for value in values)
    return {link.id: link for link in links if link is not None}


def as_submitted(value: Any) -> Any:
    """Give a value as a browser submits it: integers beyond 2^53 lose their last digits there.

    Args:
        value: Any JSON value.

    Returns:
        The same value, copied where it has parts.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_EXACT:
        return int(Decimal(repr(float(value)))) if abs(value) < 10**300 else value
    if is_list(value):
        return [as_submitted(part) for part in value]
    if is_object(value):
        return {key: as_submitted(part) for key, part in value.items()}
    return value
