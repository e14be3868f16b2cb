"""The server's node definitions, parsed only as far as they are read.

Pure. A server has hundreds of classes with thousands of inputs, and a program looks at a few of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from comfy_facade.raw_json import RawObject, as_list, as_object


@frozen
class InputDef:
    """One input of a node class.

    Attributes:
        name: Its name.
        type: Its type as the server spells it; `"COMBO"` for a choice, in whichever form it is declared.
        required: Whether it must be given.
        options: What else is declared: `default`, `min`, `max`, `step`, `tooltip` ...
        choices: What can be chosen, for a choice; else empty.
    """

    name: str
    type: str
    required: bool
    options: RawObject = field(repr=False)
    choices: Sequence[Any] = field(default=(), repr=lambda choices: f"<{len(choices)} choices>")

    @property
    def default(self) -> Any:
        """The default, or `None` if there is none."""
        return self.options.get("default")


@frozen
class OutputDef:
    """One output of a node class.

    Attributes:
        name: Its name.
        type: Its type.
        is_list: Whether it gives a list, over which the next node runs.
    """

    name: str
    type: str
    is_list: bool


@frozen
class NodeDef:
    """One node class.

    Attributes:
        name: Its name, the `class_type` of nodes.
        raw: The JSON object.
    """

    name: str
    raw: RawObject = field(repr=False)

    @property
    def display_name(self) -> str:
        """The name that the interface shows."""
        return str(self.raw.get("display_name") or self.name)

    @property
    def description(self) -> str:
        """What it does, or `""`."""
        return str(self.raw.get("description") or "")

    @property
    def category(self) -> str:
        """Where the interface's menu has it."""
        return str(self.raw.get("category") or "")

    @property
    def is_output(self) -> bool:
        """Whether it is an output, so that prompts which hold it run."""
        return bool(self.raw.get("output_node"))

    @property
    def inputs(self) -> dict[str, InputDef]:
        """Its inputs by name, required ones first; hidden ones are left out."""
        sections = as_object(self.raw.get("input"))
        return {
            name: _input_def(name, spec, required=section == "required")
            for section in ("required", "optional")
            for name, spec in as_object(sections.get(section)).items()
        }

    @property
    def outputs(self) -> tuple[OutputDef, ...]:
        """Its outputs, in order."""
        types = as_list(self.raw.get("output"))
        names = [*as_list(self.raw.get("output_name")), *[None] * len(types)]
        lists = [*as_list(self.raw.get("output_is_list")), *[False] * len(types)]
        return tuple(
            OutputDef(str(name or _type_name(kind)), _type_name(kind), bool(is_list))
            for kind, name, is_list in zip(types, names, lists, strict=False)
        )


@frozen
class NodeDefs(Mapping[str, NodeDef]):
    """The node classes of a server by name.

    Attributes:
        raw: The JSON object of `GET /object_info`.
    """

    raw: RawObject = field(repr=False)

    def __getitem__(self, name: str) -> NodeDef:
        return NodeDef(name, as_object(self.raw[name]))

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)


def _type_name(declared: object) -> str:
    return declared if isinstance(declared, str) else "COMBO"


def _input_def(name: str, spec: object, *, required: bool) -> InputDef:
    declared = as_list(spec)
    kind = declared[0] if declared else ""
    options = as_object(declared[1] if len(declared) > 1 else None)
    choices = as_list(options.get("options")) if isinstance(kind, str) else as_list(kind)
    return InputDef(name, _type_name(kind), required, options, choices)
