"""Saved values that are for no field which the definition of a node's class declares.

Duty: know what some of them are all the same, and tell of the others, since a prompt without them may run differently
from what people see.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from comfy_facade.raw_json import as_list, as_object
from comfy_facade.workflow.interface.graph import Node
from comfy_facade.workflow.interface.widget_values import Widget
from comfy_facade.workflow.json_kinds import is_object

_LORA_ROW: Final = frozenset({"on", "lora", "strength"})
_IN_BROWSER_ALONE: Final = re.compile(r"upload|preview|control_(?:after|before)_generate|control_filter_list")
"""Names of buttons, previews and the like, which are saved but never submitted."""
_OF_BUTTONS: Final = frozenset(
    {"fixed", "increment", "decrement", "randomize", "increment-wrap", "image", "audio", "video"}
)
"""What the choice beside a seed saves, and buttons that upload a file."""
_MOST_TOLD: Final = 5
_LONGEST_VALUE: Final = 40


def add_lora_rows(node: Node, values: Mapping[int, Any]) -> list[Any]:
    """Give a node a widget for each row that chooses a LoRA, as rgthree's Power Lora Loader does.

    Args:
        node: The node.
        values: Its saved values after those of its fields, by their places.

    Returns:
        The values that are no such rows.
    """
    rest: list[Any] = []
    has_two = as_object(node.raw.get("properties")).get("Show Strengths") == "Separate Model & Clip"
    rows = 0
    for place, value in values.items():
        if not (is_object(value) and value.keys() >= _LORA_ROW):
            rest.append(value)
            continue
        rows += 1
        row = {key: part for key, part in value.items() if key != "strengthTwo"}
        if has_two:
            second = value.get("strengthTwo")
            row["strengthTwo"] = 1 if second is None else second
        node.plain_widgets.append(Widget(f"lora_{rows}", "lora", row, places=(node.place_of_value(place),)))
    return rest


def tell_by_place(values: Sequence[Any], node: Node) -> list[str]:
    """Choose the values that mean something among those that no field of a node took.

    Args:
        values: The values, without names.
        node: The node.

    Returns:
        What to tell people of each.
    """
    if node.is_display:
        return []
    # Some fields save their text twice.
    taken = [widget.value for widget in node.plain_widgets if isinstance(widget.value, str)]
    return [
        _shown(value)
        for value in values
        if not _is_empty(value) and not (isinstance(value, str) and (value in _OF_BUTTONS or value in taken))
    ]


def tell_by_name(saved: Mapping[str, Any], node: Node) -> list[str]:
    """Choose the values that mean something among those that were saved by name and that no field took.

    Args:
        saved: The values by name.
        node: The node.

    Returns:
        What to tell people of each: its name.
    """
    if node.is_display or node.is_virtual or not node.is_known:
        return []
    known = {widget.name for widget in node.plain_widgets} | {slot.name for slot in node.inputs}
    return [
        repr(name)
        for name, value in saved.items()
        if name not in known and not _IN_BROWSER_ALONE.search(name) and not _is_empty(value)
    ]


def warning_of(node: Node, path: str) -> str | None:
    """Word what people should know of the values that no field of a node took.

    Args:
        node: The node.
        path: What it is called in the prompt.

    Returns:
        A sentence, or `None` if there is nothing to tell.
    """
    if not node.leftovers:
        return None
    told = ", ".join(node.leftovers[:_MOST_TOLD])
    more = f" and {len(node.leftovers) - _MOST_TOLD} more" if len(node.leftovers) > _MOST_TOLD else ""
    return f"node {path} ({node.title}): class {node.type!r} has no field for {told}{more}, which the prompt leaves out"


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or (is_object(value) and value.keys() <= {"type"}) or value == []


def _shown(value: Any) -> str:
    text = json.dumps(value) if is_object(value) or as_list(value) else repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."
