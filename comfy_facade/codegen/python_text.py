"""Values and words of a server as Python text that can be nothing but a value or a documentation.

Duty: quote. What cannot be written exactly is not written at all.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable

from comfy_facade.workflow.json_kinds import is_list, is_mapping

WIDTH = 116


def literal(value: object, depth: int = 50) -> str | None:
    """Write a JSON value as a Python expression.

    Args:
        value: Any value.
        depth: How deep it may be; Python reads no brackets that are much deeper.

    Returns:
        An expression of constants, lists and dictionaries alone; `None` if the value cannot be written as one.
    """
    match value:
        case None | bool():
            return repr(value)
        case int():
            # Python refuses to read and write longer ones in decimal.
            return repr(int(value)) if value.bit_length() < 1000 else None
        case float():
            return repr(float(value)) if math.isfinite(value) else None
        case str():
            return _quoted(value)
        case _ if depth == 0:
            return None
        case _ if is_list(value):
            items = [literal(item, depth - 1) for item in value]
            return None if None in items else f"[{', '.join(filter(None, items))}]"
        case _ if is_mapping(value):
            pairs = [(_quoted(str(key)), literal(item, depth - 1)) for key, item in value.items()]
            written = [f"{key}: {item}" for key, item in pairs if item is not None]
            return f"{{{', '.join(written)}}}" if len(written) == len(pairs) else None
        case _:
            return None


def words(text: object) -> str:
    """Make one line of printable text of what a server says.

    Args:
        text: Any value; nothing but text has words.

    Returns:
        Its words, with one blank between each.
    """
    if not isinstance(text, str):
        return ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def wrapped(text: str, indent: str, *, hanging: str = "    ") -> Iterable[str]:
    """Break a line of documentation.

    Args:
        text: One line.
        indent: What every line starts with.
        hanging: What lines after the first start with beyond that.

    Returns:
        The lines.
    """
    if len(indent) + len(text) <= WIDTH:
        return (indent + text,)
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def docstring(lines: Iterable[str], indent: str) -> str:
    """Write a documentation string.

    Args:
        lines: Its lines, the first without indentation, the others with it.
        indent: The indentation of the string.

    Returns:
        The text of the string, indented, which no line of it can end early.
    """
    text = "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''")
    if "\n" in text:
        return f'{indent}"""{text}\n{indent}"""'
    # Before the closing quotes another one would be read as the first of them.
    return f'{indent}"""{text[:-1]}\\""""' if text.endswith('"') else f'{indent}"""{text}"""'


def _quoted(text: str) -> str:
    quoted = repr(str(text))
    if quoted.startswith("'") and '"' not in quoted and "'" not in quoted[1:-1]:
        return f'"{quoted[1:-1]}"'
    return quoted
