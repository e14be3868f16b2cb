"""Finds the routes that a ComfyUI source tree registers, and their handlers.

Duty: read registrations in each way that the tree writes them, and give each route the path that a request names:
under the prefix of an inner application or under `/api`, its parameters without their patterns. Refusals: it does not
look into handlers, and a path that is not written out, or a handler that could be any of several functions, is not
guessed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from comfyui_modules import FUNCTION_NODES, FunctionNode, Module, last_name, text_of
from comfyui_names import Function, Names, scope_around
from comfyui_surface import METHODS, Route

_NOT_IN_THE_CONTRACT = {
    "/": "the page of the web interface",
    "/ws": "the websocket, which the other contract describes",
    "/templates/{path}": "files of an installed package",
}


@dataclass(frozen=True)
class _Registration:
    """A handler under a method and a path."""

    method: str
    path: str
    handler: Function | None
    owner: str | None


def registered_routes(modules: Sequence[Module], names: Names) -> Iterator[tuple[Route, Function | None]]:
    """Give each route that the contract should know, with its handler unless it can't be said which one it is.

    Args:
        modules: The parsed files of the tree.
        names: What their names mean.
    """
    prefixes = _prefixes_of_owners(modules, names)
    has_prefix = _serves_everything_under_api_too(modules)
    for registration in _registrations(modules, names):
        path = _without_patterns(registration.path)
        if path in _NOT_IN_THE_CONTRACT:
            continue
        if prefix := prefixes.get(registration.owner or ""):
            path = prefix + path
        elif has_prefix and not path.startswith("/api/"):
            path = f"/api{path}"
        yield Route(path, registration.method), registration.handler


def _registrations(modules: Sequence[Module], names: Names) -> Iterator[_Registration]:
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, FUNCTION_NODES):
                for decorator in node.decorator_list:
                    yield from _decoration(module, node, decorator)
            elif isinstance(node, ast.Call):
                yield from _addition(module, node, names)


def _decoration(module: Module, node: FunctionNode, decorator: ast.expr) -> Iterator[_Registration]:
    """Read `@routes.get("/path")`."""
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.args):
        return
    path = _path(module, decorator.args[0])
    if decorator.func.attr in METHODS and path is not None:
        around = scope_around(module, node)
        function = Function(node, module, module.owner_of(node), around)
        yield _Registration(decorator.func.attr, path, function, module.owner_of(node))


def _addition(module: Module, call: ast.Call, names: Names) -> Iterator[_Registration]:
    """Read `router.add_get("/path", handler)`, `router.add_route("GET", "/path", handler)` and `web.get(...)`."""
    if not (isinstance(call.func, ast.Attribute) and len(call.args) >= 2):
        return
    name, arguments = call.func.attr, list(call.args)
    if name == "add_route":
        method = (text_of(arguments.pop(0)) or "").lower()
    elif name.startswith("add_"):
        method = name.removeprefix("add_")
    elif isinstance(call.func.value, ast.Name) and call.func.value.id == "web":
        method = name
    else:
        return
    path = _path(module, arguments[0])
    if method in METHODS and path is not None and len(arguments) > 1:
        handlers = names.functions(last_name(arguments[1]))
        yield _Registration(method, path, handlers[0] if len(handlers) == 1 else None, module.owner_of(call))


def _prefixes_of_owners(modules: Sequence[Module], names: Names) -> dict[str, str]:
    """Find the prefixes of the routes of classes, from `add_subapp("/prefix", self.name.get_app())`."""
    found: dict[str, str] = {}
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and last_name(node.func) == "add_subapp" and len(node.args) == 2:
                prefix = text_of(node.args[0])
                attributes = {each.attr for each in ast.walk(node.args[1]) if isinstance(each, ast.Attribute)}
                for owner in _classes_held_as(attributes, modules, names) if prefix else ():
                    found[owner] = cast("str", prefix)
    return found


def _classes_held_as(attributes: set[str], modules: Sequence[Module], names: Names) -> Iterator[str]:
    for module in modules:
        for node in ast.walk(module.tree):
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Call)
                and any(isinstance(target, ast.Attribute) and target.attr in attributes for target in node.targets)
                and names.classes(last_name(node.value.func))
            ):
                yield last_name(node.value.func)


def _serves_everything_under_api_too(modules: Sequence[Module]) -> bool:
    """Look for the loop that registers each route a second time, as `"/api" + route.path`."""
    return any(
        isinstance(node, ast.BinOp) and text_of(node.left) == "/api" and last_name(node.right) == "path"
        for module in modules
        if module.path.name == "server.py"
        for node in ast.walk(module.tree)
    )


def _path(module: Module, node: ast.expr) -> str | None:
    """Give a path that is a text, or a text with constants of its module in it."""
    if isinstance(node, ast.JoinedStr):
        parts: list[str] = []
        for part in node.values:
            value = part.value if isinstance(part, ast.FormattedValue) else part
            found = text_of(module.values.get(value.id)) if isinstance(value, ast.Name) else text_of(value)
            if found is None:
                return None
            parts.append(found)
        path: str | None = "".join(parts)
    else:
        path = text_of(node)
    return path if path is not None and path.startswith("/") else None


def _without_patterns(path: str) -> str:
    """Leave of each parameter its name: `{id:[0-9]{3}}` is `{id}`."""
    kept: list[str] = []
    depth, in_pattern = 0, False
    for character in path:
        depth += (character == "{") - (character == "}")
        if character == ":" and depth == 1:
            in_pattern = True
        elif character == "}" and depth == 0:
            in_pattern = False
        if not in_pattern:
            kept.append(character)
    return "".join(kept)
