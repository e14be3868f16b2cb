"""The text of a module of node functions.

Duty: put the functions of all classes and what they share into one text, the same for the same definitions. It puts
nothing of this machine or of the connection into it: no time, no address, no version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from comfy_facade.codegen.node_function import NodeFunction, node_function, output_types
from comfy_facade.codegen.python_text import docstring, literal, words, wrapped
from comfy_facade.codegen.spelling import MODULE_NAMES, spell
from comfy_facade.codegen.value_types import parts
from comfy_facade.codegen.vocabulary import Vocabulary
from comfy_facade.raw_json import RawObject
from comfy_facade.workflow.definitions import raw_definition

_USE: Final = """\
Call them within `with Graph() as graph:`, hand on what they return, and run `graph.to_prompt()`. Inputs are keyword
arguments, and `None` leaves one out. Names that Python cannot spell have another spelling: `CLASS_SPELLINGS`,
`INPUT_SPELLINGS`, `OUTPUT_SPELLINGS` and `TYPE_SPELLINGS` map it to the server's name."""

_IMPORTS: Final = """\
# mypy: no-warn-return-any
# pyright: reportUnusedImport=false
# ruff: noqa
from __future__ import annotations

from typing import TYPE_CHECKING

from comfy_facade.graph import GraphNode, Output
from comfy_facade.node_calls import Group as _Group, Options as _Options, Slot as _Slot, Value as _Value, call as _call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

    from comfy_facade.graph import Json"""

# An address may carry a user and a password before its host.
_CREDENTIALS: Final = re.compile(r"//[^/\s]*@")


def generate_module(node_defs: Mapping[str, Any], *, source: str = "") -> str:
    """Write a typed module for the nodes of a server.

    Args:
        node_defs: The server's definitions by class name, as `GET /object_info` or `get_node_defs()` gives them.
        source: Where they are from, to be named in the module's documentation. Credentials in an address are left
            out.

    Returns:
        The module's text: one function per class, in the order of their names. The same definitions give the same
        text.
    """
    definitions = _definitions(node_defs)
    names = spell(definitions, MODULE_NAMES)
    given = {part for definition in definitions.values() for kind in output_types(definition) for part in parts(kind)}
    vocabulary = Vocabulary({*MODULE_NAMES, *names.values()}, given)
    functions = [
        node_function(names[class_type], class_type, definition, vocabulary)
        for class_type, definition in definitions.items()
    ]
    pieces = [
        docstring(_about(len(functions), source), ""),
        _IMPORTS,
        "",
        *_tables(names, functions, vocabulary),
        "",
        "\n".join(vocabulary.marker_statements()),
        *_for_type_checkers(vocabulary.type_statements()),
    ]
    pieces.extend(f"\n\n{function.text}" for function in functions)
    return "\n".join(pieces) + "\n"


def _definitions(node_defs: Mapping[str, Any]) -> dict[str, RawObject]:
    # By name, so that a server which lists its classes in another order after a restart gives the same text.
    found = {name: raw_definition(node_defs, name) for name in sorted(node_defs)}
    return {name: definition for name, definition in found.items() if definition is not None}


def _about(count: int, source: str) -> list[str]:
    where = f" of {_CREDENTIALS.sub('//', words(source))}" if source else ""
    classes = "one node class" if count == 1 else f"{count} node classes"
    head = f"Typed functions for the {classes}{where}, written by comfy-facade: do not edit."
    return [*wrapped(head, "", hanging=""), "", _USE]


def _for_type_checkers(statements: list[str]) -> list[str]:
    return ["", "if TYPE_CHECKING:", *(f"    {statement}" for statement in statements)] if statements else []


def _tables(names: Mapping[str, str], functions: list[NodeFunction], vocabulary: Vocabulary) -> list[str]:
    classes = {spelling: name for name, spelling in names.items() if spelling != name}
    inputs = {function.name: function.input_spellings for function in functions if function.input_spellings}
    outputs = {function.name: function.output_spellings for function in functions if function.output_spellings}
    return [
        _table("CLASS_SPELLINGS: dict[str, str]", classes),
        _table("INPUT_SPELLINGS: dict[str, dict[str, str]]", inputs),
        _table("OUTPUT_SPELLINGS: dict[str, dict[str, str]]", outputs),
        _table("TYPE_SPELLINGS: dict[str, str]", vocabulary.type_spellings),
    ]


def _table(declared: str, content: Mapping[str, Any]) -> str:
    if not content:
        return f"{declared} = {{}}"
    lines = "".join(f"    {literal(key)}: {literal(value)},\n" for key, value in content.items())
    return f"{declared} = {{\n{lines}}}"
