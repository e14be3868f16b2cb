"""Judging one constant input of a node: its type, its limits and its list of choices.

Pure. The texts are part of the wire protocol, clients show them. Connections and whole prompts are judged in
`comfy_emulator.validation`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from comfy_emulator.json_types import JsonObject, is_array, is_object
from comfy_emulator.node_types import InputSpec
from comfy_emulator.versions import Version

_LONGEST_QUOTED_LIST: Final = 20
_CONVERSIONS: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(
    {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}
)


class RefusedValueError(Exception):
    """An input value the server does not take.

    Args:
        problem: The entry for `errors` of the node, as it goes on the wire.
    """

    def __init__(self, problem: JsonObject) -> None:
        super().__init__(problem["message"])
        self.problem = problem


def problem(kind: str, message: str, details: str, **extra_info: Any) -> JsonObject:
    """Build one error entry as it goes on the wire."""
    return {"type": kind, "message": message, "details": details, "extra_info": extra_info}


def input_config(spec: InputSpec) -> list[Any]:
    """Give an input's description the way errors quote it: always with options."""
    return [spec[0], input_options(spec)]


def input_options(spec: InputSpec) -> JsonObject:
    """Give the options of an input description, empty if it has none."""
    return dict(spec[1]) if len(spec) > 1 else {}


def converted(name: str, value: Any, spec: InputSpec) -> Any:
    """Turn a constant into the type its input wants.

    Args:
        name: The input's name.
        value: The constant from the prompt.
        spec: The input's description.

    Raises:
        RefusedValueError: The value cannot be converted.
    """
    if is_object(value) and "__value__" in value:
        value = value["__value__"]
    wanted = spec[0]
    if not isinstance(wanted, str) or wanted not in _CONVERSIONS:
        return value
    try:
        return _CONVERSIONS[wanted](value)
    except (TypeError, ValueError, OverflowError) as failure:
        raise RefusedValueError(
            problem(
                "invalid_input_type",
                f"Failed to convert an input value to a {wanted} value",
                f"{name}, {value}, {failure}",
                input_name=name,
                input_config=input_config(spec),
                received_value=value,
                exception_message=str(failure),
            )
        ) from failure


def check_limits(name: str, value: Any, spec: InputSpec) -> None:
    """Check a constant against the least and greatest value of its input.

    Raises:
        RefusedValueError: The value lies outside.
    """
    options = input_options(spec)
    quoted = {"input_name": name, "input_config": input_config(spec), "received_value": value}
    if "min" in options and value < options["min"]:
        message = f"Value {value} smaller than min of {options['min']}"
        raise RefusedValueError(problem("value_smaller_than_min", message, name, **quoted))
    if "max" in options and value > options["max"]:
        message = f"Value {value} bigger than max of {options['max']}"
        raise RefusedValueError(problem("value_bigger_than_max", message, name, **quoted))


def check_choice(name: str, value: Any, spec: InputSpec, version: Version) -> None:
    """Check a constant against the choices of a combo input; other inputs pass.

    Raises:
        RefusedValueError: The value is not among the choices.
    """
    choices = _choices(spec, version)
    if choices is None:
        return
    several = input_options(spec).get("multiselect", False) and is_array(value)
    refused = [each for each in (value if several else [value]) if each not in choices]
    if not refused:
        return
    is_long = len(choices) > _LONGEST_QUOTED_LIST
    quoted = f"(list of length {len(choices)})" if is_long else str(choices)
    shown = ", ".join(repr(each) if version.quotes_refused_values else f"'{each}'" for each in refused)
    raise RefusedValueError(
        problem(
            "value_not_in_list",
            "Value not in list",
            f"{name}: {shown} not in {quoted}",
            input_name=name,
            input_config=None if is_long else input_config(spec),
            received_value=value,
        )
    )


def _choices(spec: InputSpec, version: Version) -> list[Any] | None:
    if is_array(spec[0]):
        return spec[0]
    if spec[0] == "COMBO" and version.checks_combo_objects:
        choices: list[Any] = input_options(spec).get("options", [])
        return choices
    return None
