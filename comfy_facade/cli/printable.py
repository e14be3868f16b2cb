"""Texts of servers and files, made fit for a terminal.

Pure. A title, a name or a text of a node could hold escape sequences that repaint the terminal or worse; nothing that
is not printable leaves here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

from comfy_facade.raw_json import as_list, as_object

_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """Replace what is not printable; line ends and tabs stay.

    Args:
        text: Any text.

    Returns:
        The text without control characters.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else _REPLACEMENT for char in text)


def one_line(text: str, longest: int = 200) -> str:
    """Bring a text onto one line.

    Args:
        text: Any text.
        longest: How many characters at most.

    Returns:
        One line of printable characters.
    """
    line = " ".join(printable(text).split())
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


def json_line(record: Mapping[str, Any]) -> str:
    """Write a JSON object as one line of ASCII, which every terminal and pipe carries.

    Args:
        record: The object.

    Returns:
        The line, without its end. Numbers that JSON has no words for become `null`.
    """
    try:
        return json.dumps(record, allow_nan=False, default=str)
    except ValueError:
        return json.dumps(_finite(record), allow_nan=False, default=str)


def size_text(size: float) -> str:
    """Write a size for a person.

    Args:
        size: Bytes.

    Returns:
        The size with a unit.
    """
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(size) < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def duration_text(seconds: float) -> str:
    """Write a duration for a person.

    Args:
        seconds: The duration.

    Returns:
        Minutes and seconds, with hours where there are any.
    """
    minutes, rest = divmod(int(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if mapping := as_object(value):
        return {key: _finite(inner) for key, inner in mapping.items()}
    if items := as_list(value):
        return [_finite(inner) for inner in items]
    return value
