"""Node definitions as `GET /object_info` gives them, read without trust.

Duty: one small object per input, whatever spelling the definition uses (combos as lists or as `COMBO`, definitions
bare or behind `.raw`). It judges no value, and it knows nothing of the interface or of links.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.json_kinds import is_list

NodeDefs = Mapping[str, Any]
"""Definitions by class name: each a raw `/object_info` entry, or an object that has it as `raw`."""

DYNAMIC_COMBO = "COMFY_DYNAMICCOMBO_V3"
DYNAMIC_SLOT = "COMFY_DYNAMICSLOT_V3"
AUTOGROW = "COMFY_AUTOGROW_V3"
MATCH_TYPE = "COMFY_MATCHTYPE_V3"


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One declared input.

    Attributes:
        name: Its name; dotted (`"model.images"`) where a dynamic input brought it in.
        type: Its type; `"COMBO"` for every list of choices.
        options: What the definition says beyond the type.
        choices: The choices of a combo; empty for other types, and for combos filled at run time.
        is_optional: Whether a prompt may leave it out.
        is_bare_list: Whether the definition gives the list of choices in place of a type, the older spelling.
    """

    name: str
    type: str
    options: RawObject
    choices: Sequence[Any] = ()
    is_optional: bool = False
    is_bare_list: bool = False


def raw_definition(node_defs: NodeDefs, class_type: object) -> RawObject | None:
    """Find the definition of a class.

    Args:
        node_defs: Definitions by class name.
        class_type: The name.

    Returns:
        The raw entry, or `None` if the class is unknown.
    """
    definition = node_defs.get(class_type) if isinstance(class_type, str) else None
    return None if definition is None else as_object(getattr(definition, "raw", definition))


def read_spec(name: str, declared: object, *, is_optional: bool = False) -> InputSpec:
    """Read one declared input.

    Args:
        name: The name it shall go by.
        declared: The definition's `[type, options]`.
        is_optional: Whether it was found among the optional ones.

    Returns:
        The input; of type `"UNKNOWN"` if it declares no type.
    """
    parts = as_list(declared)
    kind: object = parts[0] if parts else "UNKNOWN"
    options = as_object(parts[1] if len(parts) > 1 else None)
    if is_list(kind):
        return InputSpec(name, "COMBO", options, kind, is_optional, is_bare_list=True)
    choices = as_list(options.get("options")) if kind == "COMBO" else ()
    return InputSpec(name, str(kind), options, choices, is_optional)


def read_section(section: object, *, prefix: str = "", is_optional: bool = False) -> Iterator[InputSpec]:
    """Read one section, `required` or `optional`.

    Args:
        section: The declared inputs by name.
        prefix: What to put before each name, with its dot.
        is_optional: Whether it is the optional section.

    Yields:
        Its inputs, in the order of the definition.
    """
    for name, declared in as_object(section).items():
        yield read_spec(prefix + name, declared, is_optional=is_optional)


def read_inputs(inputs: object, *, prefix: str = "") -> list[InputSpec]:
    """Read the required inputs, then the optional ones.

    Args:
        inputs: An object with the sections `required` and `optional`.
        prefix: What to put before each name, with its dot.

    Returns:
        All of them, required ones first.
    """
    sections = as_object(inputs)
    required = read_section(sections.get("required"), prefix=prefix)
    return [*required, *read_section(sections.get("optional"), prefix=prefix, is_optional=True)]


def dynamic_options(spec: InputSpec) -> dict[str, RawObject]:
    """Give what each choice of a dynamic combo brings in.

    Args:
        spec: An input of type `COMFY_DYNAMICCOMBO_V3`.

    Returns:
        The sections of inputs by choice.
    """
    options = (as_object(option) for option in as_list(spec.options.get("options")))
    return {str(option.get("key")): as_object(option.get("inputs")) for option in options}


@dataclass(frozen=True, slots=True)
class AutogrowTemplate:
    """How the inputs of an autogrow group are named and how many there may be.

    Attributes:
        inputs: The template's inputs; nearly always one.
        names: The names to give, or empty if they are numbered.
        prefix: What a numbered name starts with.
        minimum: How many are always there.
        maximum: How many there may be.
    """

    inputs: tuple[InputSpec, ...]
    names: tuple[str, ...]
    prefix: str
    minimum: int
    maximum: int

    def name_of(self, ordinal: int, key: str) -> str:
        """Name one input of the group, without the group's own name.

        Args:
            ordinal: Which of the group, from 0.
            key: The template input's name.

        Returns:
            The name.
        """
        if self.names:
            return self.names[ordinal]
        return f"{self.prefix if len(self.inputs) == 1 else key}{ordinal}"

    def ordinal_of(self, name: str) -> int | None:
        """Tell which of the group an input is: the reverse of `name_of`.

        Args:
            name: The input's name, without the group's own name.

        Returns:
            The ordinal, from 0, or `None` if the name says none. Of a numbered name, the number alone counts.
        """
        if self.names:
            return self.names.index(name) if name in self.names else None
        number = name.removeprefix(name.rstrip("0123456789"))
        # A name of endless digits is no input that anybody made.
        return int(number) if 0 < len(number) <= 6 else None

    def specs_at(self, group: str, ordinal: int) -> list[InputSpec]:
        """Give the inputs that the group has at one ordinal.

        Args:
            group: The group's name.
            ordinal: Which of the group, from 0.

        Returns:
            The template's inputs under their full names.
        """
        return [replace(spec, name=f"{group}.{self.name_of(ordinal, spec.name)}") for spec in self.inputs]


def autogrow_template(spec: InputSpec) -> AutogrowTemplate:
    """Read the template of an autogrow input.

    Args:
        spec: An input of type `COMFY_AUTOGROW_V3`.

    Returns:
        Its template.
    """
    template = as_object(spec.options.get("template"))
    names = tuple(str(name) for name in as_list(template.get("names")))
    minimum, maximum = template.get("min"), template.get("max")
    return AutogrowTemplate(
        inputs=tuple(read_inputs(template.get("input"))),
        names=names,
        prefix=str(template.get("prefix") or ""),
        minimum=minimum if isinstance(minimum, int) else 1,
        maximum=len(names) or (maximum if isinstance(maximum, int) else 100),
    )
