"""What can be set in a prompt: each value with its type, default, choices and limits.

Duty: list it, from the prompt and, where they are known, from the definitions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from comfy_facade.raw_json import RawObject, as_object
from comfy_facade.workflow.definitions import DYNAMIC_COMBO, InputSpec, NodeDefs, dynamic_options, raw_definition
from comfy_facade.workflow.json_kinds import is_list
from comfy_facade.workflow.live_inputs import live_inputs
from comfy_facade.workflow.selection import title_of

_VALUE_TYPES: Final = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO", DYNAMIC_COMBO})


@dataclass(frozen=True, slots=True)
class PromptInput:
    """One value that can be set.

    Attributes:
        key: What `Workflow.set` takes: `"3.seed"`.
        node_id: The node.
        class_type: Its class.
        title: Its title in the interface, or its class.
        name: The input's name.
        type: Its type; told from the value where there is no definition.
        value: Its value; the default where the prompt has none.
        default: The default, or `None`.
        choices: The choices of a combo.
        minimum: The least number allowed, or `None`.
        maximum: The greatest number allowed, or `None`.
        step: The step in which the interface counts, or `None`.
        is_optional: Whether a prompt may leave it out.
        tooltip: What the node's author says about it.
    """

    key: str
    node_id: str
    class_type: str
    title: str
    name: str
    type: str
    value: Any
    default: Any = None
    choices: Sequence[Any] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    is_optional: bool = False
    tooltip: str = ""


def list_inputs(prompt: Mapping[str, Any], node_defs: NodeDefs | None) -> list[PromptInput]:
    """List what can be set.

    Args:
        prompt: A prompt in API format.
        node_defs: Definitions by class name, if they are known.

    Returns:
        The inputs that are not linked, in the order of the prompt.
    """
    return [found for node_id, node in prompt.items() for found in _node_inputs(node_id, as_object(node), node_defs)]


def input_names(node: RawObject, node_defs: NodeDefs | None) -> set[str]:
    """Name the inputs of a node: those it has, and those its definition declares.

    Args:
        node: A node of a prompt.
        node_defs: Definitions by class name, if they are known.

    Returns:
        The names.
    """
    values = as_object(node.get("inputs"))
    definition = raw_definition(node_defs or {}, node.get("class_type"))
    return {*values, *(live_inputs(definition, values) if definition is not None else ())}


def _node_inputs(node_id: str, node: RawObject, node_defs: NodeDefs | None) -> Iterator[PromptInput]:
    values = as_object(node.get("inputs"))
    class_type, title = str(node.get("class_type") or ""), title_of(node)
    definition = raw_definition(node_defs or {}, class_type)
    specs = live_inputs(definition, values) if definition is not None else {}
    for name, spec in specs.items():
        is_there = name in values
        is_settable = not is_list(values[name]) if is_there else spec.type in _VALUE_TYPES
        if is_settable and not (spec.options.get("forceInput") and not is_there):
            yield _declared(node_id, class_type, title, spec, values)
    for name, value in values.items():
        if name not in specs and not is_list(value):
            yield PromptInput(f"{node_id}.{name}", node_id, class_type, title, name, _type_of(value), value)


def _declared(node_id: str, class_type: str, title: str, spec: InputSpec, values: RawObject) -> PromptInput:
    options = spec.options
    default = options.get("default")
    choices: Sequence[Any] = spec.choices
    if spec.type == DYNAMIC_COMBO:
        choices = list(dynamic_options(spec))
    if default is None and choices:
        default = choices[0]
    return PromptInput(
        key=f"{node_id}.{spec.name}",
        node_id=node_id,
        class_type=class_type,
        title=title,
        name=spec.name,
        type=spec.type,
        value=values.get(spec.name, default),
        default=default,
        choices=choices,
        minimum=options.get("min"),
        maximum=options.get("max"),
        step=options.get("step"),
        is_optional=spec.is_optional,
        tooltip=str(options.get("tooltip") or ""),
    )


def _type_of(value: object) -> str:
    match value:
        case bool():
            return "BOOLEAN"
        case int():
            return "INT"
        case float():
            return "FLOAT"
        case str():
            return "STRING"
        case _:
            return "*"
