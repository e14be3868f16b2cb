"""Texts that the interface changes when it submits them.

Duty: `{a|b}` choices and comments in prompts, `%date:...%` and `%Node.widget%` in file names.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from comfy_facade.raw_json import as_object
from comfy_facade.workflow.interface.graph import MISSING, Node

_DEEPEST_NESTING: Final = 100
_COMMENT: Final = re.compile(r"/\*.*?\*/|//[^\n\r\u2028\u2029]*", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([{}|])")
_PLACEHOLDER: Final = re.compile(r"%([^%]+)%")
_NOT_IN_FILE_NAMES: Final = re.compile(r'[/?<>\\:*|"\x00-\x1f\x7f]')
_DATE_PART: Final = re.compile(r"d{1,2}|M{1,2}|h{1,2}|m{1,2}|s{1,2}|y{2,4}")


def resolve_choices(text: str, choose: Callable[[Sequence[str]], str] = secrets.choice) -> str:
    r"""Pick one of each `{a|b}` and take comments out.

    Args:
        text: The text as people wrote it; `\{`, `\|` and `\}` stand for the plain characters.
        choose: Picks one of the alternatives.

    Returns:
        The text that runs.
    """
    # Each round settles one level of nesting.
    for _ in range(_DEEPEST_NESTING):
        text = _COMMENT.sub("", text)
        parts, found = _first_level(text)
        if not found:
            break
        text = "".join(part if isinstance(part, str) else choose(part) for part in parts)
    return _ESCAPED.sub(r"\1", text)


def _first_level(text: str) -> tuple[list[str | list[str]], bool]:
    parts: list[str | list[str]] = []
    plain, index, found = "", 0, False
    while index < len(text):
        char = text[index]
        if char == "\\":
            plain += text[index : index + 2]
            index += 2
        elif char == "{":
            alternatives, index = _alternatives(text, index + 1)
            parts.extend((plain, alternatives))
            plain, found = "", True
        else:
            plain += char
            index += 1
    return [*parts, plain], found


def _alternatives(text: str, index: int) -> tuple[list[str], int]:
    alternatives, current, depth = list[str](), "", 0
    while index < len(text):
        char = text[index]
        index += 1
        if char == "\\":
            char += text[index : index + 1]
            index += 1
        elif char == "{":
            depth += 1
        elif char == "}":
            if depth == 0:
                break
            depth -= 1
        elif char == "|" and depth == 0:
            alternatives.append(current)
            current = ""
            continue
        current += char
    return [*alternatives, current], index


class Replacer:
    """Fills in what a file name says about the date and about other nodes.

    Args:
        nodes: All nodes of the workflow, outer ones first.
        now: The time to write.
    """

    def __init__(self, nodes: Iterable[Node], now: datetime) -> None:
        self._nodes = list(nodes)
        self._now = now

    def replace(self, text: str) -> str:
        """Fill in a text.

        Args:
            text: The text as it was written.

        Returns:
            The text with what could be found filled in.
        """
        return _PLACEHOLDER.sub(self._fill_in, text)

    def _fill_in(self, match: re.Match[str]) -> str:
        title, dot, name = match[1].partition(".")
        if not dot or "." in name:
            return self._date(title[5:]) if title.startswith("date:") else match[0]
        aliased = [node for node in self._nodes if _alias(node) == title]
        nodes = aliased or [node for node in self._nodes if node.title == title]
        widget = nodes[0].widget(name) if nodes else None
        if widget is None:
            return match[0]
        return _NOT_IN_FILE_NAMES.sub("_", _as_text(widget.get()))

    def _date(self, pattern: str) -> str:
        now = self._now
        parts = {"d": now.day, "M": now.month, "h": now.hour, "m": now.minute, "s": now.second}

        def write(match: re.Match[str]) -> str:
            if match[0].startswith("y"):
                return {"yy": str(now.year)[2:], "yyyy": str(now.year)}.get(match[0], match[0])
            return str(parts[match[0][0]]).rjust(len(match[0]), "0")

        return _DATE_PART.sub(write, pattern)


def _alias(node: Node) -> object:
    return as_object(node.raw.get("properties")).get("Node name for S&R")


def _as_text(value: Any) -> str:
    if value is None or value is MISSING:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
