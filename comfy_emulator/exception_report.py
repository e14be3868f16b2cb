"""How exceptions are reported to clients: type names, tracebacks and the inputs a node had.

Pure formatting. What counts as a failure is decided where it is caught.
"""

import traceback
from collections.abc import Mapping
from typing import Any

from comfy_emulator.input_values import problem
from comfy_emulator.json_types import JsonObject


def exception_type_name(failure: BaseException) -> str:
    """Give an exception's type as errors on the wire name it: with its module unless it is built in."""
    kind = type(failure)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def exception_problem(failure: Exception) -> JsonObject:
    """Report what went wrong while an output node was checked."""
    return problem(
        "exception_during_validation",
        "Exception when validating node",
        str(failure),
        exception_type=exception_type_name(failure),
        traceback=traceback.format_tb(failure.__traceback__),
    )


def inner_problem(failure: Exception, link: list[Any], quoted: JsonObject) -> JsonObject:
    """Report what went wrong while a node upstream was checked.

    Args:
        failure: What was raised.
        link: The connection to that node.
        quoted: The name and description of the connected input.
    """
    return problem(
        "exception_during_inner_validation",
        "Exception when validating inner node",
        str(failure),
        **quoted,
        exception_message=str(failure),
        exception_type=exception_type_name(failure),
        traceback=traceback.format_tb(failure.__traceback__),
        linked_node=link,
    )


def execution_details(failure: Exception, inputs: Mapping[str, Any], known_nodes: list[str]) -> JsonObject:
    """Report what a node raised while it ran.

    Args:
        failure: What was raised.
        inputs: The values the node got, by name.
        known_nodes: Ids of the prompt's nodes.
    """
    return {
        "exception_message": f"{failure}\n",
        "exception_type": exception_type_name(failure),
        "traceback": traceback.format_tb(failure.__traceback__),
        "current_inputs": {name: [_written(value)] for name, value in inputs.items()},
        "current_outputs": known_nodes,
    }


def _written(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
