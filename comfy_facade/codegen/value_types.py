"""Which Python types the inputs and outputs of nodes have.

Duty: annotations that say what the server accepts: a literal, a handle of a fitting output, or both. Where it cannot
be said exactly the annotation is wider, never narrower.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from comfy_facade.codegen.python_text import literal
from comfy_facade.raw_json import as_list
from comfy_facade.workflow.definitions import InputSpec
from comfy_facade.workflow.json_kinds import is_list, is_object
from comfy_facade.workflow.own_checks import is_upload

ANY = "*"
COMBO = "COMBO"
LISTED_COMBO = "COMBO_LIST"
"""The type of outputs that declare a list of choices in place of a type: they fit inputs that declare one, too."""

PLAIN: Final = {"INT": "int", "FLOAT": "float", "STRING": "str", "BOOLEAN": "bool"}


def parts(kind: str) -> list[str]:
    """Split a type into those it joins.

    Args:
        kind: A type as the server spells it, such as `"FLOAT,INT"`.

    Returns:
        The single types; `["*"]` if any fits, or if there is none.
    """
    found = list(dict.fromkeys(part.strip() for part in kind.split(",") if part.strip()))
    return [ANY] if ANY in found or not found else found


def is_multiple(spec: InputSpec) -> bool:
    """Tell whether several choices of a combo can be given at once.

    Args:
        spec: The input.

    Returns:
        Whether its value is a list.
    """
    return spec.options.get("multiselect") is True or is_object(spec.options.get("multi_select"))


def choices_type(spec: InputSpec) -> tuple[list[str], list[str]]:
    """Say which values a combo takes.

    Args:
        spec: An input of type `"COMBO"`.

    Returns:
        The expressions that `Literal` takes, and types beyond them.
    """
    literals: list[str] = []
    beyond: list[str] = []
    for choice in spec.choices:
        match choice:
            case None:
                continue  # Given as an argument, it would mean that the input is left out.
            case str() | int() if (text := literal(choice)) is not None:
                literals.append(text)
            case float():
                beyond.append("float")
            case _:
                beyond.append("Json")
    if is_upload(spec) or not (literals or beyond):
        # What can be chosen changes while the server runs, or is checked by the node itself.
        return [], ["str", *beyond]
    return list(dict.fromkeys(literals)), list(dict.fromkeys(beyond))


def fitting_default(spec: InputSpec, literals: Sequence[str] = ()) -> Any:
    """Give the default that the interface would send, if it fits the annotation.

    Args:
        spec: The input.
        literals: What its `Literal` takes, for a combo that has one.

    Returns:
        The default; `None` if there is none, or if it is of another type than the input.
    """
    default: Any = spec.options.get("default")
    if spec.options.get("forceInput") is True or literal(default) is None:
        return None
    if spec.type == COMBO:
        if is_list(default) != is_multiple(spec):
            return None
        values = as_list(default) if is_list(default) else (default,)
        fits = all(literal(value) in literals if literals else isinstance(value, str) for value in values)
        return default if fits else None
    kinds = [kind for kind in parts(spec.type) if kind in PLAIN]
    converted = (_converted(kind, default) for kind in kinds)
    return next((value for value in converted if value is not None), None) if kinds else default


def union(members: Iterable[str]) -> str:
    """Join annotations.

    Args:
        members: Annotations; repeated ones count once.

    Returns:
        Their union.
    """
    return " | ".join(dict.fromkeys(members))


def _converted(kind: str, default: Any) -> Any:
    is_number = isinstance(default, (int, float)) and not isinstance(default, bool)
    match kind:
        case "INT":
            return int(default) if is_number and default == int(default) else None
        case "FLOAT":
            return float(default) if is_number and abs(default) < 1e300 else None
        case "BOOLEAN":
            return bool(default) if isinstance(default, bool) or default in (0, 1) else None
        case _:
            return default if isinstance(default, str) else None
