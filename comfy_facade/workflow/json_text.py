"""JSON text from anywhere, parsed within bounds.

Duty: refuse text that is too long or nested too deeply before it costs much, and say where broken text is broken.
"""

from __future__ import annotations

import json
from typing import Any, Final

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.workflow.json_kinds import is_list, is_object

LONGEST_TEXT: Final = 16 * 1024 * 1024
"""The most bytes of JSON that are parsed. The largest workflows people share have a tenth of that."""

_DEEPEST: Final = 100


def parse_json(text: bytes | str, place: str) -> Any:
    """Parse JSON.

    Args:
        text: The text, in UTF-8 if it is bytes.
        place: Where it comes from, for error messages.

    Returns:
        The value; `NaN` and infinities, which ComfyUI may write, become `None`.

    Raises:
        InvalidWorkflowError: It is no JSON, too long, or nested too deeply.
    """
    if len(text) > LONGEST_TEXT:
        raise InvalidWorkflowError(
            f"{place}: {len(text):,} bytes of JSON are more than a workflow has (at most {LONGEST_TEXT:,})"
        )
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidWorkflowError(f"{place}: byte {error.start} is not UTF-8: {error.reason}") from error
    try:
        value: Any = json.loads(decoded.removeprefix("\ufeff"), parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        raise InvalidWorkflowError(
            f"{place}: no JSON, at line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except RecursionError as error:
        raise InvalidWorkflowError(f"{place}: its JSON is nested more than {_DEEPEST} levels deep") from error
    except ValueError as error:
        raise InvalidWorkflowError(f"{place}: no JSON: {error}") from error
    check_depth(value, place)
    return value


def check_depth(value: Any, place: str) -> None:
    """Refuse a value that is nested deeper than any workflow.

    Args:
        value: A JSON value.
        place: Where it comes from, for error messages.

    Raises:
        InvalidWorkflowError: It is nested too deeply.
    """
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for part in level:
            if is_object(part):
                below.extend(inner for inner in part.values() if is_object(inner) or is_list(inner))
            elif is_list(part):
                below.extend(inner for inner in part if is_object(inner) or is_list(inner))
        if not below:
            return
        level = below
    raise InvalidWorkflowError(f"{place}: it is nested more than {_DEEPEST} levels deep")
