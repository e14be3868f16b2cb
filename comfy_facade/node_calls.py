"""What generated node functions do when they are called: arguments in, a node in the open graph and handles out.

Duty: give arguments the server's names, leave out what was not given, and unfold dynamic combos, slots and groups as
the server expects them. It refuses inputs that the chosen option does not have, and groups of a wrong size. Whether
values and types fit is left to type checkers and to the server.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.graph import is_mapping, open_graph


class Value:
    """An input that an option brings in.

    Attributes:
        default: What it is if it is not given; `None` to leave it out.
    """

    __slots__ = ("default",)

    def __init__(self, default: Any = None) -> None:
        self.default = default


class Group:
    """An autogrow group: inputs of one kind, as many as are given.

    Attributes:
        names: The names of its inputs, or what numbered names start with.
        minimum: How few there may be.
        maximum: How many there may be.
    """

    __slots__ = ("maximum", "minimum", "names")

    def __init__(self, names: str | tuple[str, ...], minimum: int, maximum: int) -> None:
        self.names = names
        self.minimum = minimum
        self.maximum = maximum


class Options:
    """A dynamic combo: a choice that brings inputs in.

    Attributes:
        inputs: What each option brings in, by its key.
        default: The option if none is given; `None` to leave it out.
    """

    __slots__ = ("default", "inputs")

    def __init__(self, inputs: Mapping[str, Inputs], default: str | None = None) -> None:
        self.inputs = inputs
        self.default = default


class Slot:
    """A dynamic slot: a link that brings inputs in.

    Attributes:
        inputs: What it brings in.
    """

    __slots__ = ("inputs",)

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs


Inputs = Mapping[str, "Value | Group | Options | Slot"]


def call(
    class_type: str,
    arguments: Mapping[str, Any],
    outputs: Sequence[str] | None = None,
    *,
    names: Mapping[str, str] | None = None,
    dynamic: Inputs | None = None,
) -> Any:
    """Add a node to the open graph.

    Args:
        class_type: Its class on the server.
        arguments: The arguments by parameter; `None` for what is to be left out.
        outputs: Names for its outputs; `None` if there is one and it shall be given bare.
        names: The server's names of parameters that are spelled differently.
        dynamic: How to unfold its dynamic inputs.

    Returns:
        The handle of its only output, or a named tuple of handles, or the node if it has no output.

    Raises:
        InvalidWorkflowError: If no graph is open, or an argument fits no option, group or graph.
    """
    graph = open_graph(class_type)
    renamed = names or {}
    given = {renamed.get(name, name): value for name, value in arguments.items() if value is not None}
    if dynamic is not None:
        given = _unfolded(class_type, given, dynamic)
    node = graph.add(class_type, given)
    if outputs is None:
        return node.output()
    if not outputs:
        return node
    return _outputs_type(tuple(outputs))(*(node.output(index) for index in range(len(outputs))))


@cache
def _outputs_type(names: tuple[str, ...]) -> Any:
    # Made when first needed: classes for all nodes of a server would be most of the cost of importing their module.
    return namedtuple("Outputs", names)  # noqa: PYI024 # pyright: ignore[reportUntypedNamedTuple]


def _unfolded(class_type: str, given: Mapping[str, Any], dynamic: Inputs) -> dict[str, Any]:
    left = dict(given)
    found: dict[str, Any] = {}
    _unfold(class_type, left, found, dynamic, "")
    nested = [name for name in left if "." in name and name.partition(".")[0] in dynamic]
    if nested:
        chosen = {name: value for name, value in found.items() if name in dynamic and isinstance(value, str)}
        raise InvalidWorkflowError(f"{class_type} has no input {', '.join(nested)} where its options are {chosen}")
    return {**found, **left}


def _unfold(class_type: str, left: dict[str, Any], found: dict[str, Any], inputs: Inputs, prefix: str) -> None:
    for key, how in inputs.items():
        name = prefix + key
        value = left.pop(name, None)
        if isinstance(how, Group):
            if value is not None or how.minimum:
                found.update(_group(class_type, name, how, () if value is None else value))
            continue
        if value is None and not isinstance(how, Slot):
            value = how.default
        if value is None:
            continue
        found[name] = value
        if isinstance(how, Slot):
            _unfold(class_type, left, found, how.inputs, f"{name}.")
        elif isinstance(how, Options) and isinstance(value, str):
            _unfold(class_type, left, found, how.inputs.get(value, {}), f"{name}.")


def _group(class_type: str, name: str, group: Group, value: Any) -> dict[str, Any]:
    members: dict[str, Any]
    if is_mapping(value):
        members = {f"{name}.{key}": item for key, item in value.items()}
        known = {f"{name}.{_member(group, ordinal)}" for ordinal in range(group.maximum)}
        if unknown := members.keys() - known:
            raise InvalidWorkflowError(f"{class_type} has no input {', '.join(sorted(unknown))}")
    else:
        items = list(value)
        if len(items) > group.maximum:
            raise InvalidWorkflowError(f"{class_type}.{name} takes {group.maximum} at most, not {len(items)}")
        members = {f"{name}.{_member(group, ordinal)}": item for ordinal, item in enumerate(items)}
    if len(members) < group.minimum:
        raise InvalidWorkflowError(f"{class_type}.{name} takes {group.minimum} at least, not {len(members)}")
    return members


def _member(group: Group, ordinal: int) -> str:
    return f"{group.names}{ordinal}" if isinstance(group.names, str) else group.names[ordinal]
