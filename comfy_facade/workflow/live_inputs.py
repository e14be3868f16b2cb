"""The inputs that the server expects of a node, given the values that the node has.

Duty: unfold dynamic combos, dynamic slots and autogrow groups as the server does it before it checks a node.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from comfy_facade.raw_json import RawObject, as_object
from comfy_facade.workflow.definitions import (
    AUTOGROW,
    DYNAMIC_COMBO,
    DYNAMIC_SLOT,
    InputSpec,
    autogrow_template,
    dynamic_options,
    read_inputs,
)


def live_inputs(definition: RawObject, values: Mapping[str, Any]) -> dict[str, InputSpec]:
    """List the inputs that a node has, dynamic ones included.

    Args:
        definition: The raw definition of its class.
        values: Its inputs in the prompt.

    Returns:
        The inputs by name, dotted where a dynamic input brought them in.
    """
    found: dict[str, InputSpec] = {}
    _unfold(found, definition.get("input"), values, "")
    return found


def _unfold(found: dict[str, InputSpec], sections: object, values: Mapping[str, Any], prefix: str) -> None:
    for spec in read_inputs(sections, prefix=prefix):
        match spec.type:
            case _ if spec.type == AUTOGROW:
                _unfold_group(found, spec)
            case _ if spec.type == DYNAMIC_COMBO:
                chosen = values.get(spec.name)
                inputs = dynamic_options(spec).get(chosen) if isinstance(chosen, str) else None
                if inputs is not None:
                    _unfold(found, inputs, values, f"{spec.name}.")
                    _add(found, spec)
            case _ if spec.type == DYNAMIC_SLOT:
                if spec.name in values:
                    _unfold(found, as_object(spec.options.get("inputs")), values, f"{spec.name}.")
                    _add(found, spec)
            case _:
                _add(found, spec)


def _unfold_group(found: dict[str, InputSpec], spec: InputSpec) -> None:
    template = autogrow_template(spec)
    if not template.inputs:
        return
    first = template.inputs[0]
    count = len(template.names) or template.maximum
    for ordinal in range(count):
        name = f"{spec.name}.{template.names[ordinal] if template.names else f'{template.prefix}{ordinal}'}"
        is_optional = ordinal >= template.minimum or first.is_optional
        _add(found, replace(first, name=name, is_optional=is_optional))


def _add(found: dict[str, InputSpec], spec: InputSpec) -> None:
    # Where a name is declared twice, the server goes by the required one.
    if spec.name not in found or not spec.is_optional:
        found[spec.name] = spec
