"""What the emulator knows about a node class: its inputs, its outputs and the function that runs it.

Holds descriptions only. Deriving one from a plain function is `comfy_emulator.function_nodes`, running one is
`comfy_emulator.runner`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from comfy_emulator.json_types import JsonObject

InputSpec: TypeAlias = Sequence[Any]
"""One input as `/object_info` describes it: `[type]` or `[type, options]`; a list as type is a combo."""

InputTypes: TypeAlias = Mapping[str, Mapping[str, InputSpec]]
"""Inputs by `required`, `optional` and `hidden`."""


def always(_inputs: Mapping[str, Any]) -> bool:
    """Say that a node is quick whatever its inputs are."""
    return True


def never(_inputs: Mapping[str, Any]) -> bool:
    """Say that a node may take its time."""
    return False


@dataclass(frozen=True, slots=True)
class Ui:
    """What an output node shows to the client: the `output` of its `executed` event.

    Args:
        content: JSON data, by convention lists by kind, such as `{"text": ["hello"]}`.
        result: The node's outputs for nodes downstream, if it has any.
    """

    content: JsonObject
    result: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeClass:
    """One node class.

    Attributes:
        name: The class name used as `class_type` in prompts.
        input_types: Gives the inputs; a function, since file lists change while the server runs.
        output_types: Socket types of the outputs, such as `("IMAGE",)`.
        function: Runs the node. Gets the `Execution` first, then the inputs by name; returns a tuple of outputs,
            or a `Ui`.
        output_node: Whether the node is an end point of a prompt.
        is_quick: Tells from the inputs whether the function ends quickly enough to run on the event loop.
        takes_node_id: Whether results are cached for this node id alone.
        fingerprint: Gives a value that changes when a file behind the inputs does; None for nodes without one.
        checked_inputs: Names of the inputs that `check` judges instead of the built-in range and list checks.
        check: Judges those inputs; True is valid, text tells what is not.
        output_names: Names of the outputs; the types if empty.
        listing: Further fields of `/object_info`: display name, category and so on.
    """

    name: str
    input_types: Callable[[], InputTypes]
    output_types: tuple[str, ...]
    function: Callable[..., Any]
    output_node: bool = False
    is_quick: Callable[[Mapping[str, Any]], bool] = never
    takes_node_id: bool = False
    fingerprint: Callable[[Mapping[str, Any]], object] | None = None
    checked_inputs: tuple[str, ...] = ()
    check: Callable[[Mapping[str, Any]], bool | str] | None = None
    output_names: tuple[str, ...] = ()
    listing: JsonObject = field(default_factory=dict[str, Any])

    def input_spec(self, name: str) -> tuple[str, InputSpec] | None:
        """Find an input.

        Args:
            name: The input's name.

        Returns:
            Its category (`required`, `optional` or `hidden`) and its description; None if there is no such input.
        """
        types = self.input_types()
        for category in ("required", "optional", "hidden"):
            if name in types.get(category, {}):
                return category, types[category][name]
        return None


Catalogue: TypeAlias = Mapping[str, NodeClass]
"""All node classes of a server, by name."""
