"""Texts that the interface changes when it submits them.

Duty: `{a|b}` choices and comments in prompts, `%date:...%` and `%Node.widget%` in file names.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from comfy_facade.raw_json import as_object
from comfy_facade.workflow.interface.graph import Node
from comfy_facade.workflow.interface.widget_values import MISSING

_DEEPEST_NESTING: Final = 100
_LINE_COMMENT: Final = re.compile(r"//[^\n\r\u2028\u2029]*")
_COMMENT_START: Final = re.compile(rf"/\*|{_LINE_COMMENT.pattern}")
_MARK: Final = re.compile(r"\\.?|[{|}]", re.DOTALL)
"""What matters when a text is cut into choices; an escaped character matters by not being one of the others."""
_STEPS: Final = {"{": 1, "}": -1}
_ESCAPED: Final = re.compile(r"\\([{}|])")
_PLACEHOLDER: Final = re.compile(r"%([^%]+)%")
_DATE_PART: Final = re.compile(r"([dMhms])\1?|y{2,4}")
_DATE_FIELDS: Final = {"d": "day", "M": "month", "h": "hour", "m": "minute", "s": "second"}
_DATE_FORMATS: Final = {
    "yyyy": "{.year}",
    "yy": "{:%y}",
    **{letter: f"{{.{field}}}" for letter, field in _DATE_FIELDS.items()},
    **{letter * 2: f"{{.{field}:02}}" for letter, field in _DATE_FIELDS.items()},
}
_FORBIDDEN_IN_FILE_NAMES: Final = str.maketrans(
    dict.fromkeys([*map(chr, range(0x20)), '"', "*", "/", ":", "<", ">", "?", "\\", "|", "\x7f"], "_")
)


def resolve_choices(text: str, choose: Callable[[Sequence[str]], str] = secrets.choice) -> str:
    r"""Pick one of each `{a|b}` and take comments out.

    Args:
        text: The text as people wrote it; `\{`, `\|` and `\}` stand for the plain characters.
        choose: Picks one of the alternatives.

    Returns:
        The text that runs.
    """
    # Comments go first and once: two slashes that only a choice brings together are none.
    text = _without_comments(text)
    open_choices = [_Choice()]  # The first is the text itself, and stays open.
    start = buried = 0
    for mark in _MARK.finditer(text):
        depth = len(open_choices) - 1
        if buried or (depth == _DEEPEST_NESTING and mark[0] == "{"):
            buried += _STEPS.get(mark[0], 0)
            continue
        if mark[0] != "{" and not (depth and mark[0] in {"|", "}"}):
            continue
        open_choices[-1].pieces.append(text[start : mark.start()])
        start = mark.end()
        match mark[0]:
            case "{":
                open_choices.append(_Choice())
            case "|":
                open_choices[-1].end_alternative()
            case _:
                _close(open_choices, choose)
    open_choices[-1].pieces.append(text[start:])
    # A last brace may stay open.
    while len(open_choices) > 1:
        _close(open_choices, choose)
    return _ESCAPED.sub(r"\1", "".join(open_choices[0].pieces))


@dataclass(slots=True)
class _Choice:
    """A choice while it is being read, what is chosen inside it settled already."""

    alternatives: list[str] = field(default_factory=list[str])
    pieces: list[str] = field(default_factory=list[str])

    def end_alternative(self) -> None:
        self.alternatives.append("".join(self.pieces))
        self.pieces.clear()


def _close(open_choices: list[_Choice], choose: Callable[[Sequence[str]], str]) -> None:
    closed = open_choices.pop()
    closed.end_alternative()
    open_choices[-1].pieces.append(choose(closed.alternatives))


def _without_comments(text: str) -> str:
    kept: list[str] = []
    start, sought = 0, _COMMENT_START
    while comment := sought.search(text, start):
        end = comment.end()
        if comment[0] == "/*":
            end = text.find("*/", end) + 2
            if end < 2:
                # What nothing closes is no comment, and nothing closes those after it either.
                sought = _LINE_COMMENT
                continue
        kept.append(text[start : comment.start()])
        start = end
    return "".join(kept) + text[start:]


class Replacer:
    """Fills in what a file name says about the date and about other nodes.

    Args:
        nodes: All nodes of the workflow, outer ones first.
        now: The time to write.
    """

    def __init__(self, nodes: Iterable[Node], now: datetime) -> None:
        self._nodes = list(nodes)
        self._now = now

    @cached_property
    def _by_name(self) -> dict[str, Node]:
        # An alias goes before any title, and an earlier node before a later one.
        named = [(_alias(node), node) for node in self._nodes] + [(node.title, node) for node in self._nodes]
        return {name: node for name, node in reversed(named) if isinstance(name, str)}

    def replace(self, text: str) -> str:
        """Fill in a text.

        Args:
            text: The text as it was written.

        Returns:
            The text with what could be found filled in.
        """
        return _PLACEHOLDER.sub(self._fill_in, text)

    def _fill_in(self, placeholder: re.Match[str]) -> str:
        match placeholder[1].split("."):
            case [name, field]:
                node = self._by_name.get(name)
                widget = node.widget(field) if node is not None else None
                if widget is not None:
                    return _as_text(widget.get()).translate(_FORBIDDEN_IN_FILE_NAMES)
            case [pattern, *_] if pattern.startswith("date:"):
                return _DATE_PART.sub(self._write_date_part, pattern.removeprefix("date:"))
            case _:
                pass
        return placeholder[0]

    def _write_date_part(self, part: re.Match[str]) -> str:
        return _DATE_FORMATS.get(part[0], part[0]).format(self._now)


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
