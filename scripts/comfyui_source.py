"""Reads the routes, parameters and events of a ComfyUI source tree from its syntax alone.

Duty: parse the Python files of a tree and follow, from each registered handler on, what is read from the request:
through helper functions, methods, nested functions and pydantic models; and find what is sent over the websocket,
through the functions that pass it on. Refusals: nothing of the tree is imported or run, and nothing is guessed: what
can't be followed is left out, and `drift.py` then reports it as a difference for people to look at.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import cast

from comfyui_surface import IGNORED_HEADERS, METHODS, Parameter, Route, Surface

# Tests and other people's nodes are not the server.
_NOT_THE_SERVER = {"tests", "tests-unit", "custom_nodes", "script_examples", "venv", "site-packages", "node_modules"}

# What nodes send is their authors' business.
_NODES = {"comfy_extras", "comfy_api_nodes"}

# Of nodes' files only those matter that register routes.
_REGISTERS_ROUTES = re.compile(r"\broutes\.\w+\(|\badd_(?:routes?|get|post)\(")

_NOT_IN_THE_CONTRACT = {
    "/": "the page of the web interface",
    "/ws": "the websocket, which the other contract describes",
    "/templates/{path}": "files of an installed package",
}

_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTION_NODES = (ast.FunctionDef, ast.AsyncFunctionDef)
_SEVERAL = 3

# Most files of a tree are about models. Parsing them all takes a minute, and none without these words matters.
_WORTH_PARSING = re.compile(
    r"\brequest\b|\bsend(?:_sync|_json)?\(|RouteTableDef|\brouter\b|BinaryEventTypes|\bBaseModel\b"
    r"|^__version__|feature_flags|\b\w+Service\b",
    re.MULTILINE | re.IGNORECASE,
)


class _Kind(Enum):
    """What a value is that has to do with a request."""

    REQUEST = auto()
    URL = auto()
    PATH = auto()
    QUERY = auto()
    HEADERS = auto()
    BODY = auto()
    PARTS = auto()
    PART = auto()
    PART_NAME = auto()


_PLACES = {_Kind.QUERY: "query", _Kind.HEADERS: "header", _Kind.BODY: "body"}
_ATTRIBUTES = {
    (_Kind.REQUEST, "rel_url"): _Kind.URL,
    (_Kind.REQUEST, "url"): _Kind.URL,
    (_Kind.REQUEST, "query"): _Kind.QUERY,
    (_Kind.REQUEST, "headers"): _Kind.HEADERS,
    (_Kind.REQUEST, "match_info"): _Kind.PATH,
    (_Kind.URL, "query"): _Kind.QUERY,
    (_Kind.PART, "name"): _Kind.PART_NAME,
}
_RESULTS = {
    (_Kind.REQUEST, "json"): _Kind.BODY,
    (_Kind.REQUEST, "post"): _Kind.BODY,
    (_Kind.REQUEST, "multipart"): _Kind.PARTS,
    (_Kind.PARTS, "next"): _Kind.PART,
}
_LOOKUPS = {"get", "getall", "getone", "pop"}
_VIEWS = {"keys", "items", "copy"}


@dataclass(frozen=True, eq=False)
class _Function:
    """A function of the tree, with the names it can see around it."""

    node: _FunctionNode
    module: _Module
    owner: str | None = None
    around: _Scope | None = None


_Value = _Kind | _Function | None


@dataclass(eq=False)
class _Scope:
    """Names and what is known of their values."""

    module: _Module
    owner: str | None
    around: _Scope | None
    names: dict[str, _Value] = field(default_factory=dict)

    def find(self, name: str) -> _Value:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.around
        return None

    def has(self, name: str) -> bool:
        return name in self.names or (self.around is not None and self.around.has(name))

    def bind(self, name: str, value: _Value) -> None:
        # A default for when something is missing does not hide what it otherwise is.
        if value is not None or name not in self.names:
            self.names[name] = value


@dataclass(eq=False)
class _Module:
    """One parsed file."""

    path: Path
    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    functions: dict[str, _Function] = field(default_factory=dict)
    values: dict[str, ast.expr] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self.parents:
            node = self.parents[node]
            yield node

    def owner_of(self, node: ast.AST) -> str | None:
        """Give the name of the class around a node."""
        return next((each.name for each in self.ancestors(node) if isinstance(each, ast.ClassDef)), None)


@dataclass(frozen=True)
class _Registration:
    """A handler under a method and a path."""

    method: str
    path: str
    handler: _Function | None
    owner: str | None


@dataclass(frozen=True)
class _Sender:
    """A function that sends an event: where its name and data stand, and what it adds to the data."""

    event: int
    data: int
    adds: frozenset[str] = frozenset()


class SourceTree:
    """A ComfyUI source tree.

    Args:
        root: Its folder, the one with `server.py`.

    Raises:
        ValueError: There is no such tree.
    """

    def __init__(self, root: Path) -> None:
        if not (root / "server.py").is_file():
            raise ValueError(f"{root} holds no server.py, so it is no source tree of ComfyUI")
        self.root = root
        self._modules = [_parse(path, text) for path, text in _files(root)]
        self._functions: dict[str, list[_Function]] = {}
        self._classes: dict[str, list[tuple[ast.ClassDef, _Module]]] = {}
        for module in self._modules:
            self._index(module)

    def surface(self) -> Surface:
        """Find everything."""
        surface = Surface(origin=str(self.root), version=self._version())
        prefixes = self._prefixes_of_owners()
        has_prefix = self._serves_everything_under_api_too()
        for registration in self._registrations():
            path = _without_patterns(registration.path)
            if path in _NOT_IN_THE_CONTRACT:
                continue
            if prefix := prefixes.get(registration.owner or ""):
                path = prefix + path
            elif has_prefix and not path.startswith("/api/"):
                path = f"/api{path}"
            route = Route(path, registration.method)
            parameters = {Parameter("path", name) for name in re.findall(r"\{(\w+)\}", path)}
            if registration.handler is not None:
                parameters |= _Follower(self).parameters_of(registration.handler)
            surface.routes[route] = parameters
        surface.events = self._events()
        surface.binary = self._binary_numbers()
        return surface

    # --- finding things by name ---------------------------------------------------------------------------------

    def functions(self, name: str) -> list[_Function]:
        """Give all functions and methods of a name."""
        return self._functions.get(name, [])

    def fields(self, reference: ast.expr, seen_from: _Module) -> set[str]:
        """Give the annotated fields of a class and its bases; empty if it can't be said which class is meant."""
        candidates = self._classes.get(_last_name(reference), [])
        if isinstance(reference, ast.Attribute):
            home = _last_name(reference.value)
        else:
            home = seen_from.imports.get(_last_name(reference), seen_from.path.stem)
        at_home = [each for each in candidates if each[1].path.stem == home]
        found: set[str] = set()
        for node, module in at_home if len(at_home) == 1 else ():
            for base in node.bases:
                found |= self.fields(base, module)
            for statement in node.body:
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    found.add(statement.target.id)
        return found

    def _index(self, module: _Module) -> None:
        for node in ast.walk(module.tree):
            if isinstance(node, _FUNCTION_NODES):
                function = _Function(node, module, module.owner_of(node))
                self._functions.setdefault(node.name, []).append(function)
                if module.parents.get(node) is module.tree:
                    module.functions[node.name] = function
            elif isinstance(node, ast.ClassDef):
                self._classes.setdefault(node.name, []).append((node, module))
            elif isinstance(node, ast.ImportFrom) and node.module:
                module.imports.update({each.asname or each.name: node.module.split(".")[-1] for each in node.names})

    def _version(self) -> str | None:
        for module in self._modules:
            if module.path.name == "comfyui_version.py":
                return _text(module.values.get("__version__"))
        return None

    # --- routes -------------------------------------------------------------------------------------------------

    def _registrations(self) -> Iterator[_Registration]:
        for module in self._modules:
            for node in ast.walk(module.tree):
                if isinstance(node, _FUNCTION_NODES):
                    for decorator in node.decorator_list:
                        yield from self._decoration(module, node, decorator)
                elif isinstance(node, ast.Call):
                    yield from self._addition(module, node)

    def _decoration(self, module: _Module, node: _FunctionNode, decorator: ast.expr) -> Iterator[_Registration]:
        """Read `@routes.get("/path")`."""
        if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.args):
            return
        path = _path(module, decorator.args[0])
        if decorator.func.attr in METHODS and path is not None:
            around = self._scope_around(module, node)
            function = _Function(node, module, module.owner_of(node), around)
            yield _Registration(decorator.func.attr, path, function, module.owner_of(node))

    def _addition(self, module: _Module, call: ast.Call) -> Iterator[_Registration]:
        """Read `router.add_get("/path", handler)`, `router.add_route("GET", "/path", handler)` and `web.get(...)`."""
        if not (isinstance(call.func, ast.Attribute) and len(call.args) >= 2):
            return
        name, arguments = call.func.attr, list(call.args)
        if name == "add_route":
            method = (_text(arguments.pop(0)) or "").lower()
        elif name.startswith("add_"):
            method = name.removeprefix("add_")
        elif isinstance(call.func.value, ast.Name) and call.func.value.id == "web":
            method = name
        else:
            return
        path = _path(module, arguments[0])
        if method in METHODS and path is not None and len(arguments) > 1:
            handlers = self.functions(_last_name(arguments[1]))
            yield _Registration(method, path, handlers[0] if len(handlers) == 1 else None, module.owner_of(call))

    def _scope_around(self, module: _Module, node: ast.AST) -> _Scope:
        """Give the names that a nested handler sees: the functions defined beside it, and so on outwards."""
        enclosing = [each for each in module.ancestors(node) if isinstance(each, _FUNCTION_NODES)]
        scope: _Scope | None = None
        for function in reversed(enclosing):
            scope = _Scope(module, module.owner_of(function), scope)
            for each in ast.walk(function):
                if isinstance(each, _FUNCTION_NODES) and each is not function:
                    scope.names[each.name] = _Function(each, module, module.owner_of(each), scope)
        return scope or _Scope(module, module.owner_of(node), None)

    def _prefixes_of_owners(self) -> dict[str, str]:
        """Find the prefixes of the routes of classes, from `add_subapp("/prefix", self.name.get_app())`."""
        found: dict[str, str] = {}
        for module in self._modules:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Call) and _last_name(node.func) == "add_subapp" and len(node.args) == 2:
                    prefix = _text(node.args[0])
                    names = {each.attr for each in ast.walk(node.args[1]) if isinstance(each, ast.Attribute)}
                    for owner in self._classes_held_as(names) if prefix else ():
                        found[owner] = cast("str", prefix)
        return found

    def _classes_held_as(self, names: set[str]) -> Iterator[str]:
        for module in self._modules:
            for node in ast.walk(module.tree):
                if (
                    isinstance(node, ast.Assign)
                    and isinstance(node.value, ast.Call)
                    and any(isinstance(target, ast.Attribute) and target.attr in names for target in node.targets)
                    and _last_name(node.value.func) in self._classes
                ):
                    yield _last_name(node.value.func)

    def _serves_everything_under_api_too(self) -> bool:
        """Look for the loop that registers each route a second time, as `"/api" + route.path`."""
        return any(
            isinstance(node, ast.BinOp) and _text(node.left) == "/api" and _last_name(node.right) == "path"
            for module in self._modules
            if module.path.name == "server.py"
            for node in ast.walk(module.tree)
        )

    # --- events -------------------------------------------------------------------------------------------------

    def _binary_numbers(self) -> set[int]:
        return {
            statement.value.value
            for node, _ in self._classes.get("BinaryEventTypes", [])
            for statement in node.body
            if isinstance(statement, ast.Assign)
            and isinstance(statement.value, ast.Constant)
            and isinstance(statement.value.value, int)
        }

    def _events(self) -> dict[str, set[str] | None]:
        modules = [each for each in self._modules if not _NODES & set(each.path.relative_to(self.root).parts)]
        senders = self._senders(modules)
        found: dict[str, set[str] | None] = {}
        for module in modules:
            for call in _calls(module.tree, senders):
                sender = senders[_last_name(call.func)]
                if len(call.args) <= sender.data:
                    continue
                name = _text(call.args[sender.event])
                fields = self._fields_of(call.args[sender.data], module)
                if name is None:
                    continue
                known = found.get(name, set())
                found[name] = None if fields is None or known is None else known | fields | sender.adds
        return found

    def _senders(self, modules: list[_Module]) -> dict[str, _Sender]:
        """Find the functions that pass an event on to `send_sync` or `send`, those that pass on to these, and so on."""
        senders = {"send_sync": _Sender(0, 1), "send": _Sender(0, 1), "send_json": _Sender(0, 1)}
        grown = True
        while grown:
            grown = False
            for module in modules:
                for function in (node for node in ast.walk(module.tree) if isinstance(node, _FUNCTION_NODES)):
                    if function.name in senders:
                        continue
                    sender = self._sender(function, module, senders)
                    if sender is not None:
                        senders[function.name] = sender
                        grown = True
        return senders

    def _sender(self, function: _FunctionNode, module: _Module, senders: dict[str, _Sender]) -> _Sender | None:
        names = [argument.arg for argument in function.args.args]
        if names[:1] == ["self"]:
            names = names[1:]
        for call in _calls(function, senders):
            inner = senders[_last_name(call.func)]
            if len(call.args) <= inner.data:
                continue
            event, data = call.args[inner.event], call.args[inner.data]
            if isinstance(event, ast.Name) and isinstance(data, ast.Name) and {event.id, data.id} <= set(names):
                adds = self._fields_of(data, module) or set()
                return _Sender(names.index(event.id), names.index(data.id), inner.adds | adds)
        return None

    def _fields_of(self, value: ast.expr, module: _Module, depth: int = 0) -> set[str] | None:
        """Give the keys of a mapping, or None if it can't be said."""
        if depth > 5:
            return None
        if isinstance(value, ast.Dict):
            found: set[str] = set()
            for key, inner in zip(value.keys, value.values, strict=True):
                if key is None:
                    # What is spread in adds what is known of it.
                    found |= self._fields_of(inner, module, depth + 1) or set()
                elif (name := _text(key)) is not None:
                    found.add(name)
            return found
        if isinstance(value, ast.Name):
            assigned = _assigned_before(value, module) or module.values.get(value.id)
            return None if assigned is None else self._fields_of(assigned, module, depth + 1)
        if isinstance(value, ast.Call):
            if isinstance(value.func, ast.Attribute) and value.func.attr == "copy":
                return self._fields_of(value.func.value, module, depth + 1)
            return self._fields_returned(_last_name(value.func), depth)
        return None

    def _fields_returned(self, name: str, depth: int) -> set[str] | None:
        candidates = self.functions(name)
        if len(candidates) != 1:
            return None
        (function,) = candidates
        returned = [node.value for node in ast.walk(function.node) if isinstance(node, ast.Return) and node.value]
        fields = [self._fields_of(value, function.module, depth + 1) for value in returned]
        return None if not fields or None in fields else {name for each in fields for name in each or ()}


class _Follower:
    """Follows a request through a handler and what it calls, and notes what is read from it."""

    def __init__(self, source: SourceTree) -> None:
        self._source = source
        self._read: set[Parameter] = set()
        self._seen: dict[tuple[int, tuple[object, ...]], _Value] = {}

    def parameters_of(self, handler: _Function) -> set[Parameter]:
        """Give what a handler reads, path parameters aside."""
        self._call(handler, [_Kind.REQUEST], {})
        return self._read

    def _note(self, kind: _Value, key: ast.expr) -> None:
        name = _text(key)
        if name is None or not isinstance(kind, _Kind) or kind not in _PLACES:
            return
        place = _PLACES[kind]
        name = name.lower() if place == "header" else name
        if not (place == "header" and name in IGNORED_HEADERS):
            self._read.add(Parameter(place, name))

    def _call(self, function: _Function, positional: list[_Value], by_name: dict[str, _Value]) -> _Value:
        arguments = function.node.args
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        if names[:1] in (["self"], ["cls"]):
            names = names[1:]
        scope = _Scope(function.module, function.owner, function.around)
        scope.names = dict.fromkeys((*names, *(argument.arg for argument in arguments.kwonlyargs)))
        scope.names.update(zip(names, positional, strict=False))
        scope.names.update({name: value for name, value in by_name.items() if name in scope.names})
        key = (id(function.node), tuple(scope.names.values()))
        if key not in self._seen:
            self._seen[key] = None
            self._seen[key] = self._run(function.node.body, scope)
        return self._seen[key]

    def _run(self, body: Iterable[ast.stmt], scope: _Scope) -> _Value:
        """Go through statements; give what they return, if anything to do with the request."""
        returned: _Value = None
        for statement in body:
            result: _Value = None
            if isinstance(statement, _FUNCTION_NODES):
                scope.names[statement.name] = _Function(statement, scope.module, scope.owner, scope)
            elif isinstance(statement, ast.Return):
                result = self._value(statement.value, scope)
            elif isinstance(statement, ast.Assign):
                value = self._value(statement.value, scope)
                for target in statement.targets:
                    self._bind(target, value, scope)
            elif isinstance(statement, ast.AnnAssign):
                self._bind(statement.target, self._value(statement.value, scope), scope)
            else:
                result = self._run_parts(statement, scope)
            returned = returned or result
        return returned

    def _run_parts(self, statement: ast.AST, scope: _Scope) -> _Value:
        returned: _Value = None
        if isinstance(statement, ast.For | ast.AsyncFor):
            self._bind(statement.target, self._value(statement.iter, scope), scope)
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.expr):
                self._value(child, scope)
            elif isinstance(child, ast.stmt):
                returned = returned or self._run([child], scope)
            elif isinstance(child, ast.withitem):
                value = self._value(child.context_expr, scope)
                if child.optional_vars is not None:
                    self._bind(child.optional_vars, value, scope)
            else:
                returned = returned or self._run_parts(child, scope)
        return returned

    def _bind(self, target: ast.expr, value: _Value, scope: _Scope) -> None:
        if isinstance(target, ast.Name):
            scope.bind(target.id, value)
        else:
            self._value(target, scope)

    def _value(self, node: ast.expr | None, scope: _Scope) -> _Value:
        match node:
            case None:
                return None
            case ast.Name():
                return scope.find(node.id) or scope.module.functions.get(node.id)
            case ast.Await() | ast.NamedExpr() | ast.Starred():
                value = self._value(node.value, scope)
                if isinstance(node, ast.NamedExpr):
                    self._bind(node.target, value, scope)
                return value
            case ast.Attribute():
                base = self._value(node.value, scope)
                return _ATTRIBUTES.get((base, node.attr)) if isinstance(base, _Kind) else None
            case ast.Subscript():
                self._note(self._value(node.value, scope), node.slice)
                self._value(node.slice, scope)
                return None
            case ast.Compare():
                self._compare(node, scope)
                return None
            case ast.BoolOp():
                return next(iter([value for each in node.values if (value := self._value(each, scope))]), None)
            case ast.IfExp():
                self._value(node.test, scope)
                return self._value(node.body, scope) or self._value(node.orelse, scope)
            case ast.Call():
                return self._result(node, scope)
            case ast.DictComp() | ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._comprehension(node, scope)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._value(child, scope)
        return None

    def _compare(self, node: ast.Compare, scope: _Scope) -> None:
        left = self._value(node.left, scope)
        for operator, right in zip(node.ops, node.comparators, strict=True):
            value = self._value(right, scope)
            if isinstance(operator, ast.In | ast.NotIn):
                self._note(value, node.left)
            elif isinstance(operator, ast.Eq) and left is _Kind.PART_NAME:
                self._note(_Kind.BODY, right)

    def _comprehension(
        self, node: ast.DictComp | ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: _Scope
    ) -> _Value:
        inner = _Scope(scope.module, scope.owner, scope)
        values = []
        for generator in node.generators:
            values.append(self._value(generator.iter, inner))
            self._bind(generator.target, None, inner)
            for condition in generator.ifs:
                self._value(condition, inner)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self._value(part, inner)
        # A mapping made from the query, key by key, is the query again.
        return values[0] if isinstance(node, ast.DictComp) else None

    def _result(self, call: ast.Call, scope: _Scope) -> _Value:
        positional = [self._value(argument, scope) for argument in call.args]
        by_name = {each.arg: self._value(each.value, scope) for each in call.keywords if each.arg is not None}
        if isinstance(call.func, ast.Name):
            name = call.func.id
            if name == "dict" and positional:
                return positional[0]
            if name == "getattr" and positional[:1] == [_Kind.PART] and _text(call.args[1]) == "name":
                return _Kind.PART_NAME
            function = self._value(call.func, scope)
            if isinstance(function, _Function):
                return self._call(function, positional, by_name)
            if scope.has(name):
                return None
            return self._call_any(self._source.functions(name), positional, by_name)
        if not isinstance(call.func, ast.Attribute):
            self._value(call.func, scope)
            return None
        base, name = self._value(call.func.value, scope), call.func.attr
        if isinstance(base, _Kind):
            if name in _LOOKUPS and call.args:
                self._note(base, call.args[0])
            return _RESULTS.get((base, name)) or (base if name in _VIEWS else None)
        if name == "model_validate" and positional and isinstance(positional[0], _Kind):
            for each in self._source.fields(call.func.value, scope.module):
                self._note(positional[0], ast.Constant(each))
            return None
        candidates = self._source.functions(name)
        if isinstance(call.func.value, ast.Name) and call.func.value.id == "self":
            candidates = [each for each in candidates if each.owner == scope.owner] or candidates
        return self._call_any(candidates, positional, by_name)

    def _call_any(self, functions: list[_Function], positional: list[_Value], by_name: dict[str, _Value]) -> _Value:
        """Follow a call whose function is known by name alone, if the request goes there and few have the name."""
        if not any((*positional, *by_name.values())) or len(functions) > _SEVERAL:
            return None
        results = [self._call(function, positional, by_name) for function in functions]
        return next((result for result in results if result), None)


def _files(root: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(root.rglob("*.py")):
        folders = path.relative_to(root).parts[:-1]
        if not any(folder in _NOT_THE_SERVER or folder.startswith(".") for folder in folders):
            text = path.read_text(encoding="utf-8")
            if (_REGISTERS_ROUTES if _NODES & set(folders) else _WORTH_PARSING).search(text):
                yield path, text


def _parse(path: Path, text: str) -> _Module:
    module = _Module(path, ast.parse(text, str(path)))
    for node in ast.walk(module.tree):
        for child in ast.iter_child_nodes(node):
            module.parents[child] = node
    for statement in module.tree.body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    module.values[target.id] = statement.value
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            module.values[statement.target.id] = statement.value
    return module


def _calls(node: ast.AST, senders: dict[str, _Sender]) -> Iterator[ast.Call]:
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in senders:
            yield each


def _assigned_before(name: ast.Name, module: _Module) -> ast.expr | None:
    """Give the value last assigned to a name before its use, in the use's own block or one around it."""
    inner: ast.AST = name
    for outer in module.ancestors(name):
        if isinstance(outer, ast.Module):
            return None
        for _, block in ast.iter_fields(outer):
            if not (isinstance(block, list) and inner in block):
                continue
            for statement in reversed(cast("list[ast.stmt]", block)[: block.index(inner)]):
                if isinstance(statement, ast.Assign) and any(
                    isinstance(target, ast.Name) and target.id == name.id for target in statement.targets
                ):
                    return statement.value
        inner = outer
        if isinstance(outer, _FUNCTION_NODES):
            return None
    return None


def _path(module: _Module, node: ast.expr) -> str | None:
    """Give a path that is a text, or a text with constants of its module in it."""
    if isinstance(node, ast.JoinedStr):
        parts: list[str] = []
        for part in node.values:
            value = part.value if isinstance(part, ast.FormattedValue) else part
            found = _text(module.values.get(value.id)) if isinstance(value, ast.Name) else _text(value)
            if found is None:
                return None
            parts.append(found)
        path: str | None = "".join(parts)
    else:
        path = _text(node)
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


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
