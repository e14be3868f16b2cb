"""One node of a workflow, its inputs read and set as attributes.

Duty: a view; the workflow it came from holds the data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from comfy_facade.errors import UnknownInputError
from comfy_facade.raw_json import RawObject, as_object
from comfy_facade.workflow.definitions import NodeDefs
from comfy_facade.workflow.prompt_inputs import input_names
from comfy_facade.workflow.selection import title_of


class WorkflowNode:
    """A node of a workflow.

    Its inputs are attributes: `node.seed = 7`. Inputs whose names are no identifiers, or are taken by the attributes
    below, are reached as items: `node["resize_type.width"] = 512`.

    Attributes:
        id: Its id.
        class_type: Its class.
        title: Its title in the interface, or its class.
        inputs: A copy of its inputs.
    """

    __slots__ = ("_definitions", "_raw", "_set_input", "id")

    id: str

    def __init__(
        self,
        node_id: str,
        raw: Callable[[], RawObject],
        set_input: Callable[[str, str, Any], None],
        definitions: Callable[[], NodeDefs | None],
    ) -> None:
        object.__setattr__(self, "id", node_id)
        object.__setattr__(self, "_raw", raw)
        object.__setattr__(self, "_set_input", set_input)
        object.__setattr__(self, "_definitions", definitions)

    @property
    def class_type(self) -> str:
        """Its class."""
        return str(self._raw().get("class_type") or "")

    @property
    def title(self) -> str:
        """Its title in the interface, or its class."""
        return title_of(self._raw())

    @property
    def inputs(self) -> dict[str, Any]:
        """A copy of its inputs: values, and links as `[node id, output number]`."""
        return dict(as_object(self._raw().get("inputs")))

    def __getitem__(self, name: str) -> Any:
        inputs = as_object(self._raw().get("inputs"))
        if name not in inputs:
            known = ", ".join(sorted(input_names(self._raw(), self._definitions()))) or "none yet: pass node_defs"
            raise UnknownInputError(
                self.id, name, f"node {self.id} ({self.title}) has no value {name!r}; it has {known}"
            )
        return inputs[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._set_input(self.id, name, value)

    def __contains__(self, name: object) -> bool:
        return name in as_object(self._raw().get("inputs"))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if name in {"id", "class_type", "title", "inputs"}:
            raise AttributeError(f"{name!r} of a node is fixed; set an input of that name as node[{name!r}] = ...")
        self[name] = value

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *as_object(self._raw().get("inputs"))})

    def __repr__(self) -> str:
        return f"<WorkflowNode {self.id} {self.class_type} {self.title!r}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WorkflowNode) and self.id == other.id and self._raw() is other._raw()

    def __hash__(self) -> int:
        return hash(self.id)
