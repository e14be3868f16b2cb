"""The parameters of a node function, and how its dynamic inputs unfold.

Duty: one parameter per input, those included that an option of a dynamic combo brings in, with its annotation, its
default and what is known of it. Inputs that the interface hides are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from comfy_facade.codegen.python_text import literal, words
from comfy_facade.codegen.spelling import PARAMETER_NAMES, spell
from comfy_facade.codegen.value_types import (
    COMBO,
    LISTED_COMBO,
    PLAIN,
    choices_type,
    fitting_default,
    is_multiple,
    parts,
    union,
)
from comfy_facade.codegen.vocabulary import Vocabulary
from comfy_facade.raw_json import as_object
from comfy_facade.workflow.definitions import (
    AUTOGROW,
    DYNAMIC_COMBO,
    DYNAMIC_SLOT,
    MATCH_TYPE,
    InputSpec,
    autogrow_template,
    dynamic_options,
    read_inputs,
)

DEEPEST = 8
"""How deep dynamic inputs may bring in further ones; the rest is left out, since nobody could call it."""

MOST_OF_A_GROUP = 1000
"""How many inputs of an autogrow group are spelled out at most; the server itself has a limit of 100."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a node function.

    Attributes:
        name: The input's name on the server, dotted if an option brings it in.
        spelling: The parameter's name.
        annotation: Its type.
        default: The expression of its default; `None` if it must be given.
        documentation: What is known of it, in one line.
    """

    name: str
    spelling: str
    annotation: str
    default: str | None
    documentation: str


@dataclass
class _Draft:
    """What is known of an input so far; options can bring in the same one differently."""

    specs: list[InputSpec] = field(default_factory=list[InputSpec])
    brought_by: list[str] = field(default_factory=list[str])


class Parameters:
    """The parameters of one function.

    Args:
        function: The function's name.
        sections: The definition's inputs.
        vocabulary: The names that functions share.
        variables: The variables of types that templates have in this function, by template.
    """

    def __init__(self, function: str, sections: object, vocabulary: Vocabulary, variables: dict[str, str]) -> None:
        self._function = function
        self._vocabulary = vocabulary
        self._variables = variables
        self._specs = top_inputs(sections)
        drafts: dict[str, _Draft] = {}
        _gather(drafts, self._specs, "", DEEPEST)
        self._spellings = spell(drafts, PARAMETER_NAMES)
        self._drafts = drafts

    def all(self) -> list[Parameter]:
        """Write the parameters.

        Returns:
            Them, in the order of the definition, those that options bring in after their combo.
        """
        return [self._parameter(name, draft) for name, draft in self._drafts.items()]

    def spellings(self) -> dict[str, str]:
        """Tell which parameters are not spelled as the server spells the input.

        Returns:
            The server's names by parameter.
        """
        return {spelling: name for name, spelling in self._spellings.items() if spelling != name}

    def dynamic(self) -> str | None:
        """Write how the dynamic inputs unfold.

        Returns:
            An expression; `None` if no input is dynamic.
        """
        dynamic = [spec for spec in self._specs if spec.type in (AUTOGROW, DYNAMIC_COMBO, DYNAMIC_SLOT)]
        return _inputs_text(dynamic, DEEPEST) if dynamic else None

    def _parameter(self, name: str, draft: _Draft) -> Parameter:
        spelling = self._spellings[name]
        annotation = union(member for spec in draft.specs for member in self._members(spec, spelling))
        default: str | None = None
        is_optional = bool(draft.brought_by) or all(_may_be_left_out(spec) for spec in draft.specs)
        if not draft.brought_by:
            default = literal(default_of(draft.specs[0])) if default_of(draft.specs[0]) is not None else None
        if is_optional:
            annotation, default = f"{annotation} | None", default or "None"
        return Parameter(name, spelling, annotation, default, _documentation(draft))

    def _members(self, spec: InputSpec, parameter: str) -> Iterator[str]:
        match spec.type:
            case _ if spec.type == AUTOGROW:
                template = autogrow_template(spec)
                inner = union(self._members(template.inputs[0], parameter)) if template.inputs else "Output[object]"
                yield f"Sequence[{inner}]"
                yield f"Mapping[str, {inner}]"
            case _ if spec.type == DYNAMIC_COMBO:
                choices = [literal(key) or "" for key in dynamic_options(spec)]
                yield self._vocabulary.literal(choices, self._function, parameter) if choices else "str"
            case _ if spec.type == DYNAMIC_SLOT:
                yield self._vocabulary.handle(str(spec.options.get("slotType") or "*"))
            case _ if spec.type == MATCH_TYPE:
                template_id, allowed = match_template(spec)
                variable = self._variables.get(template_id)
                yield f"Output[{variable}]" if variable else self._vocabulary.handle(",".join(allowed))
            case _ if spec.type == COMBO:
                yield from self._combo(spec, parameter)
            case _:
                yield from self._value(spec)

    def _combo(self, spec: InputSpec, parameter: str) -> Iterator[str]:
        literals, beyond = choices_type(spec)
        members = [self._vocabulary.literal(literals, self._function, parameter)] if literals else []
        single = union([*members, *beyond])
        yield f"Sequence[{single}]" if is_multiple(spec) else single
        # A combo that is declared by its list alone takes no link but from an output declared by such a list.
        yield self._vocabulary.handle(LISTED_COMBO if spec.is_bare_list else COMBO)

    def _value(self, spec: InputSpec) -> Iterator[str]:
        kinds = parts(spec.type)
        plain = [PLAIN[kind] for kind in kinds if kind in PLAIN]
        yield from plain
        if not plain and _takes_json(spec, kinds, self._vocabulary):
            yield "Json"
        yield self._vocabulary.handle(spec.type)


def top_inputs(sections: object) -> list[InputSpec]:
    """Read the inputs of a class, each name once.

    Args:
        sections: The definition's inputs.

    Returns:
        Its inputs; where a name is declared twice, the required one, as the server goes by it.
    """
    found: dict[str, InputSpec] = {}
    for spec in read_inputs(sections):
        found.setdefault(spec.name, spec)
    return list(found.values())


def match_template(spec: InputSpec) -> tuple[str, list[str]]:
    """Read which template an input of a matched type follows.

    Args:
        spec: An input of type `COMFY_MATCHTYPE_V3`.

    Returns:
        The template's id and the types it allows.
    """
    template = as_object(spec.options.get("template"))
    return str(template.get("template_id")), parts(str(template.get("allowed_types") or "*"))


def default_of(spec: InputSpec) -> Any:
    """Give the default that a parameter has.

    Args:
        spec: The input.

    Returns:
        The default, or `None`.
    """
    if spec.type == DYNAMIC_COMBO:
        default = spec.options.get("default")
        return default if isinstance(default, str) and default in dynamic_options(spec) else None
    if spec.type in (AUTOGROW, DYNAMIC_SLOT, MATCH_TYPE):
        return None
    return fitting_default(spec, choices_type(spec)[0] if spec.type == COMBO else ())


def _brought_default(spec: InputSpec) -> Any:
    # Nobody is made to give what an option brings in, so it is filled as the interface fills it.
    default = default_of(spec)
    if default is not None or spec.is_optional:
        return default
    if spec.type == DYNAMIC_COMBO:
        return next(iter(dynamic_options(spec)), None)
    is_choice = spec.type == COMBO and not is_multiple(spec) and choices_type(spec)[0]
    return next((choice for choice in spec.choices if isinstance(choice, (str, int))), None) if is_choice else None


def _takes_json(spec: InputSpec, kinds: Sequence[str], vocabulary: Vocabulary) -> bool:
    if fitting_default(spec) is not None or spec.options.get("socketless") is True:
        return True
    # What no class gives out can only be written by hand.
    return kinds != ["*"] and not any(kind in vocabulary.given for kind in kinds)


def _may_be_left_out(spec: InputSpec) -> bool:
    return spec.is_optional or (spec.type == AUTOGROW and autogrow_template(spec).minimum == 0)


def _gather(drafts: dict[str, _Draft], specs: Iterable[InputSpec], brought_by: str, depth: int) -> None:
    for spec in specs:
        draft = drafts.setdefault(spec.name, _Draft())
        draft.specs.append(spec)
        if brought_by:
            draft.brought_by.append(brought_by)
        if depth:
            for condition, sections in _brought_in(spec):
                inputs = [replace(inner, name=f"{spec.name}.{inner.name}") for inner in top_inputs(sections)]
                _gather(drafts, inputs, condition, depth - 1)


def _brought_in(spec: InputSpec) -> Iterator[tuple[str, object]]:
    if spec.type == DYNAMIC_COMBO:
        for key, sections in dynamic_options(spec).items():
            yield words(key) or "another option", sections
    elif spec.type == DYNAMIC_SLOT:
        yield "a link", spec.options.get("inputs")


def _inputs_text(specs: Iterable[InputSpec], depth: int) -> str:
    return f"{{{', '.join(f'{literal(spec.name)}: {_input_text(spec, depth)}' for spec in specs)}}}"


def _input_text(spec: InputSpec, depth: int) -> str:
    if spec.type == AUTOGROW:
        template = autogrow_template(spec)
        is_free = bool(template.inputs) and template.inputs[0].is_optional
        names = f"({''.join(f'{literal(name)}, ' for name in template.names)})" if template.names else None
        minimum = 0 if is_free else max(0, min(template.minimum, MOST_OF_A_GROUP))
        return f"_Group({names or literal(template.prefix)}, {minimum}, {min(template.maximum, MOST_OF_A_GROUP)})"
    if depth and spec.type == DYNAMIC_COMBO:
        options = ", ".join(
            f"{literal(key)}: {_inputs_text(top_inputs(sections), depth - 1)}"
            for key, sections in dynamic_options(spec).items()
        )
        return f"_Options({_arguments(f'{{{options}}}', _brought_default(spec))})"
    if depth and spec.type == DYNAMIC_SLOT:
        return f"_Slot({_inputs_text(top_inputs(spec.options.get('inputs')), depth - 1)})"
    return f"_Value({_arguments('', _brought_default(spec))})"


def _arguments(first: str, default: object) -> str:
    return ", ".join(part for part in (first, literal(default) if default is not None else None) if part)


def _documentation(draft: _Draft) -> str:
    spec = draft.specs[0]
    told = [words(spec.options.get("tooltip"))]
    lowest, highest = (_number(spec.options.get(bound)) for bound in ("min", "max"))
    if lowest and highest:
        told.append(f"From {lowest} to {highest}.")
    if spec.type == AUTOGROW:
        template = autogrow_template(spec)
        names = f", by name: {', '.join(words(name) for name in template.names)}" if template.names else ""
        told.append(f"{_number(template.minimum)} to {_number(template.maximum)} of them{names}.")
    if draft.brought_by:
        combo = spec.name.rpartition(".")[0]
        told.append(f"With {words(combo)}: {', '.join(dict.fromkeys(draft.brought_by))}.")
    return " ".join(part if part.endswith((".", "!", "?", ":")) else f"{part}." for part in told if part)


def _number(value: object) -> str:
    return (literal(value) or "") if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
