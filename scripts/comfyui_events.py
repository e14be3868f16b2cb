"""Finds the events that a ComfyUI source tree sends over the websocket, with the fields of their data.

Duty: find the calls that send, through functions that pass an event on, and say which keys the data has that is sent;
and read the numbers of binary messages. Refusals: it leaves out what nodes send and events whose name is not written
out, and gives no fields for data whose keys can't be told.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from comfyui_modules import FUNCTION_NODES, FunctionNode, Module, last_name, text_of
from comfyui_names import Names


@dataclass(frozen=True)
class _Sender:
    """A function that sends an event: where its name and data stand, and what it adds to the data."""

    event: int
    data: int
    adds: frozenset[str] = frozenset()


def sent_events(modules: Iterable[Module], names: Names) -> dict[str, set[str] | None]:
    """Give the events that the server sends.

    Args:
        modules: The parsed files of the tree.
        names: What their names mean.

    Returns:
        The fields of the data by event; None where they can't be told.
    """
    of_the_server = [each for each in modules if not each.of_nodes]
    senders = _senders(of_the_server, names)
    found: dict[str, set[str] | None] = {}
    for module in of_the_server:
        for call in _calls(module.tree, senders):
            sender = senders[last_name(call.func)]
            if len(call.args) <= sender.data:
                continue
            name = text_of(call.args[sender.event])
            fields = _fields_of(call.args[sender.data], module, names)
            if name is None:
                continue
            known = found.get(name, set())
            found[name] = None if fields is None or known is None else known | fields | sender.adds
    return found


def binary_numbers(names: Names) -> set[int]:
    """Give the numbers of the binary messages, from the enumeration of their types."""
    return {
        statement.value.value
        for node, _ in names.classes("BinaryEventTypes")
        for statement in node.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, int)
    }


def _senders(modules: Sequence[Module], names: Names) -> dict[str, _Sender]:
    """Find the functions that pass an event on to `send_sync` or `send`, those that pass on to these, and so on."""
    senders = {"send_sync": _Sender(0, 1), "send": _Sender(0, 1), "send_json": _Sender(0, 1)}
    grown = True
    while grown:
        grown = False
        for module in modules:
            for function in (node for node in ast.walk(module.tree) if isinstance(node, FUNCTION_NODES)):
                if function.name in senders:
                    continue
                sender = _sender(function, module, senders, names)
                if sender is not None:
                    senders[function.name] = sender
                    grown = True
    return senders


def _sender(function: FunctionNode, module: Module, senders: dict[str, _Sender], names: Names) -> _Sender | None:
    arguments = [argument.arg for argument in function.args.args]
    if arguments[:1] == ["self"]:
        arguments = arguments[1:]
    for call in _calls(function, senders):
        inner = senders[last_name(call.func)]
        if len(call.args) <= inner.data:
            continue
        event, data = call.args[inner.event], call.args[inner.data]
        if isinstance(event, ast.Name) and isinstance(data, ast.Name) and {event.id, data.id} <= set(arguments):
            adds = _fields_of(data, module, names) or set()
            return _Sender(arguments.index(event.id), arguments.index(data.id), inner.adds | adds)
    return None


def _calls(node: ast.AST, senders: dict[str, _Sender]) -> Iterator[ast.Call]:
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in senders:
            yield each


def _fields_of(value: ast.expr, module: Module, names: Names, depth: int = 0) -> set[str] | None:
    """Give the keys of a mapping, or None if it can't be said."""
    if depth > 5:
        return None
    if isinstance(value, ast.Dict):
        found: set[str] = set()
        for key, inner in zip(value.keys, value.values, strict=True):
            if key is None:
                # What is spread in adds what is known of it.
                found |= _fields_of(inner, module, names, depth + 1) or set()
            elif (name := text_of(key)) is not None:
                found.add(name)
        return found
    if isinstance(value, ast.Name):
        assigned = module.assigned_before(value) or module.values.get(value.id)
        return None if assigned is None else _fields_of(assigned, module, names, depth + 1)
    if isinstance(value, ast.Call):
        if isinstance(value.func, ast.Attribute) and value.func.attr == "copy":
            return _fields_of(value.func.value, module, names, depth + 1)
        return _fields_returned(last_name(value.func), names, depth)
    return None


def _fields_returned(name: str, names: Names, depth: int) -> set[str] | None:
    candidates = names.functions(name)
    if len(candidates) != 1:
        return None
    (function,) = candidates
    returned = [node.value for node in ast.walk(function.node) if isinstance(node, ast.Return) and node.value]
    fields = [_fields_of(value, function.module, names, depth + 1) for value in returned]
    return None if not fields or None in fields else {name for each in fields for name in each or ()}
