"""The text of one node function.

Duty: signature, documentation and body for one class of a server. The body is one call that hands the arguments on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from comfy_facade.codegen.parameters import Parameter, Parameters, match_template, top_inputs
from comfy_facade.codegen.python_text import docstring, literal, words, wrapped
from comfy_facade.codegen.spelling import OUTPUT_NAMES, spell
from comfy_facade.codegen.value_types import ANY, LISTED_COMBO
from comfy_facade.codegen.vocabulary import Vocabulary
from comfy_facade.raw_json import RawObject, as_list
from comfy_facade.workflow.definitions import AUTOGROW, MATCH_TYPE, InputSpec, autogrow_template


@dataclass(frozen=True)
class NodeFunction:
    """One function of a module.

    Attributes:
        name: Its name.
        text: Its text.
        input_spellings: The server's names of inputs that are spelled differently, by parameter.
        output_spellings: The server's names of outputs that are spelled differently, by field.
    """

    name: str
    text: str
    input_spellings: dict[str, str]
    output_spellings: dict[str, str]


@dataclass(frozen=True)
class _Field:
    """One output: its name on the server, its spelling, its type there and what is said of it."""

    name: str
    spelling: str
    kind: str
    template: str
    documentation: str


def node_function(name: str, class_type: str, definition: RawObject, vocabulary: Vocabulary) -> NodeFunction:
    """Write the function of one class.

    Args:
        name: The function's name.
        class_type: The class.
        definition: Its raw definition.
        vocabulary: The names that functions share.

    Returns:
        The function.
    """
    fields = list(_fields(definition))
    specs = top_inputs(definition.get("input"))
    templates = _templates(specs)
    variables = _variables(fields, templates, vocabulary)
    parameters = Parameters(name, definition.get("input"), vocabulary, variables)
    written = parameters.all()
    input_spellings = parameters.spellings()
    signature = "".join(f"    {_declared(parameter)},\n" for parameter in written)
    head = f"def {name}(\n    *,\n{signature})" if written else f"def {name}()"
    given = _given(name, fields, templates, variables, vocabulary)
    arguments = [literal(class_type) or "", "locals()"]
    if len(fields) != 1:
        arguments.append(f"({''.join(f'{literal(field.spelling)}, ' for field in fields)})")
    if input_spellings:
        arguments.append(f"names=INPUT_SPELLINGS[{literal(name)}]")
    if dynamic := parameters.dynamic():
        arguments.append(f"dynamic={dynamic}")
    documented = docstring(_documentation(name, class_type, definition, written, fields), "    ")
    text = f"{head} -> {given}:\n{documented}\n    return _call({', '.join(arguments)})"
    output_spellings = {field.spelling: field.name for field in fields if field.spelling != field.name}
    return NodeFunction(name, text, input_spellings, output_spellings if len(fields) > 1 else {})


def output_types(definition: RawObject) -> list[str]:
    """Read the types that a class gives out.

    Args:
        definition: Its raw definition.

    Returns:
        The types in order; `"COMBO_LIST"` for a list of choices in place of a type.
    """
    return [kind if isinstance(kind, str) else LISTED_COMBO for kind in as_list(definition.get("output"))]


def _fields(definition: RawObject) -> Iterator[_Field]:
    kinds = output_types(definition)
    told = [as_list(definition.get(key)) for key in ("output_name", "output_tooltips", "output_matchtypes")]
    names, tooltips, templates = ([*values, *[None] * len(kinds)] for values in told)
    # Outputs are told apart by their place: two of one name get two spellings.
    shown = [str(name) if isinstance(name, str) and name else kind for kind, name in zip(kinds, names, strict=False)]
    counted: dict[str, int] = {}
    keys: list[str] = []
    for name in shown:
        counted[name] = counted.get(name, 0) + 1
        keys.append(name if counted[name] == 1 else f"{name} {counted[name]}")
    spellings = spell(keys, OUTPUT_NAMES)
    fields: dict[str, str] = {}
    for number, key in enumerate(keys):
        # What is still the same was named like a numbered one from the start.
        spelling = spellings[key] if spellings[key] not in fields else f"output_{number}"
        fields[spelling] = shown[number]
    for number, spelling in enumerate(fields):
        template = templates[number]
        yield _Field(shown[number], spelling, kinds[number], str(template) if template else "", words(tooltips[number]))


def _templates(specs: Iterable[InputSpec]) -> dict[str, list[str]]:
    """Find the templates of inputs that are always given, and the types they allow."""
    found: dict[str, list[str]] = {}
    for spec in specs:
        inner = spec
        if spec.type == AUTOGROW:
            template = autogrow_template(spec)
            inner = template.inputs[0] if template.inputs and template.minimum > 0 else spec
        if inner.type == MATCH_TYPE and not spec.is_optional:
            template_id, allowed = match_template(inner)
            found.setdefault(template_id, allowed)
    return found


def _variables(fields: list[_Field], templates: dict[str, list[str]], vocabulary: Vocabulary) -> dict[str, str]:
    # Several outputs are a named tuple, which cannot follow the types of the inputs.
    used = {field.template for field in fields} if len(fields) == 1 else set[str]()
    variables: dict[str, str] = {}
    for template_id, allowed in templates.items():
        if template_id in used and (len(allowed) > 1 or allowed == [ANY]):
            variables[template_id] = vocabulary.variable(allowed, len(variables))
    return variables


def _given(
    name: str,
    fields: list[_Field],
    templates: dict[str, list[str]],
    variables: dict[str, str],
    vocabulary: Vocabulary,
) -> str:
    handles = [_handle(field, templates, variables, vocabulary) for field in fields]
    match handles:
        case []:
            return "GraphNode"
        case [handle]:
            return handle
        case _:
            spelled = [field.spelling for field in fields]
            return vocabulary.outputs(name, zip(spelled, handles, strict=True))


def _handle(field: _Field, templates: dict[str, list[str]], variables: dict[str, str], vocabulary: Vocabulary) -> str:
    if field.kind != MATCH_TYPE:
        return vocabulary.given_handle(field.kind)
    if field.template in variables:
        return f"Output[{variables[field.template]}]"
    allowed = templates.get(field.template, [ANY])
    return vocabulary.given_handle(allowed[0]) if len(allowed) == 1 else "Output[Any]"


def _declared(parameter: Parameter) -> str:
    default = f" = {parameter.default}" if parameter.default is not None else ""
    return f"{parameter.spelling}: {parameter.annotation}{default}"


def _documentation(
    name: str, class_type: str, definition: RawObject, parameters: Iterable[Parameter], fields: Iterable[_Field]
) -> Iterator[str]:
    yield from _summary(class_type, definition)
    yield from _section("Args", [(parameter.spelling, parameter.documentation) for parameter in parameters])
    told = [(words(field.name) or field.spelling, field.documentation) for field in fields]
    yield from _section("Returns", [entry for entry in told if entry[1]])
    if name != class_type:
        yield ""
        yield from wrapped(f"The server calls this class {words(literal(class_type) or '')}.", "    ", hanging="")


def _summary(class_type: str, definition: RawObject) -> Iterator[str]:
    title = words(definition.get("display_name")) or words(class_type) or "A node"
    marks = [f"{mark}." for mark in ("Deprecated", "Experimental") if definition.get(mark.lower()) is True]
    about = words(definition.get("description"))
    sentence = f"{title}." if not title.endswith(".") else title
    first, *rest = wrapped(" ".join(part for part in (sentence, *marks, about) if part), "    ", hanging="")
    yield first.strip()
    yield from rest


def _section(title: str, entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    told = [entry for entry in entries if entry[1]]
    if told:
        yield ""
        yield f"    {title}:"
        for name, text in told:
            yield from wrapped(f"{name}: {as_text(text)}", "        ")


def as_text(text: str) -> str:
    """Close a sentence.

    Args:
        text: Words.

    Returns:
        The words, with a full stop if they lack one.
    """
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."
