"""Follows a request through a handler of a ComfyUI source tree, and says what is read from it.

Duty: from a handler on, go with the request and its parts through assignments, helper functions, methods, nested
functions and pydantic models, and note each name that is looked up in the query, the headers or the body. Refusals:
it weighs no condition; names that are not written out, and calls that could go to too many functions, are left out
rather than guessed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from comfyui_modules import FUNCTION_NODES, text_of
from comfyui_names import Function, Kind, Names, Scope, Value
from comfyui_surface import IGNORED_HEADERS, Parameter

# With more functions of one name than this, a call of it says nothing.
_SEVERAL = 3

_PLACES = {Kind.QUERY: "query", Kind.HEADERS: "header", Kind.BODY: "body"}
_ATTRIBUTES = {
    (Kind.REQUEST, "rel_url"): Kind.URL,
    (Kind.REQUEST, "url"): Kind.URL,
    (Kind.REQUEST, "query"): Kind.QUERY,
    (Kind.REQUEST, "headers"): Kind.HEADERS,
    (Kind.REQUEST, "match_info"): Kind.PATH,
    (Kind.URL, "query"): Kind.QUERY,
    (Kind.PART, "name"): Kind.PART_NAME,
}
_RESULTS = {
    (Kind.REQUEST, "json"): Kind.BODY,
    (Kind.REQUEST, "post"): Kind.BODY,
    (Kind.REQUEST, "multipart"): Kind.PARTS,
    (Kind.PARTS, "next"): Kind.PART,
}
_LOOKUPS = {"get", "getall", "getone", "pop"}
_VIEWS = {"keys", "items", "copy"}


def parameters_read(handler: Function, names: Names) -> set[Parameter]:
    """Give what a handler reads from its request, path parameters aside.

    Args:
        handler: A function whose first argument is the request.
        names: What names mean in the tree.
    """
    return _Follower(names).parameters_of(handler)


class _Follower:
    """Follows a request through a handler and what it calls, and notes what is read from it."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._read: set[Parameter] = set()
        self._seen: dict[tuple[int, tuple[object, ...]], Value] = {}

    def parameters_of(self, handler: Function) -> set[Parameter]:
        self._call(handler, [Kind.REQUEST], {})
        return self._read

    def _note(self, kind: Value, key: ast.expr) -> None:
        name = text_of(key)
        if name is None or not isinstance(kind, Kind) or kind not in _PLACES:
            return
        place = _PLACES[kind]
        name = name.lower() if place == "header" else name
        if not (place == "header" and name in IGNORED_HEADERS):
            self._read.add(Parameter(place, name))

    def _call(self, function: Function, positional: list[Value], by_name: dict[str, Value]) -> Value:
        arguments = function.node.args
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        if names[:1] in (["self"], ["cls"]):
            names = names[1:]
        scope = Scope(function.module, function.owner, function.around)
        scope.names = dict.fromkeys((*names, *(argument.arg for argument in arguments.kwonlyargs)))
        scope.names.update(zip(names, positional, strict=False))
        scope.names.update({name: value for name, value in by_name.items() if name in scope.names})
        key = (id(function.node), tuple(scope.names.values()))
        if key not in self._seen:
            self._seen[key] = None
            self._seen[key] = self._run(function.node.body, scope)
        return self._seen[key]

    def _run(self, body: Iterable[ast.stmt], scope: Scope) -> Value:
        """Go through statements; give what they return, if anything to do with the request."""
        returned: Value = None
        for statement in body:
            result: Value = None
            if isinstance(statement, FUNCTION_NODES):
                scope.names[statement.name] = Function(statement, scope.module, scope.owner, scope)
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

    def _run_parts(self, statement: ast.AST, scope: Scope) -> Value:
        returned: Value = None
        if isinstance(statement, ast.For | ast.AsyncFor):
            self._bind(statement.target, self._value(statement.iter, scope), scope)
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.expr):
                self._value(child, scope)
            elif isinstance(child, ast.stmt):
                # Every branch is walked, whatever an earlier one returned.
                result = self._run([child], scope)
                returned = returned or result
            elif isinstance(child, ast.withitem):
                value = self._value(child.context_expr, scope)
                if child.optional_vars is not None:
                    self._bind(child.optional_vars, value, scope)
            else:
                result = self._run_parts(child, scope)
                returned = returned or result
        return returned

    def _bind(self, target: ast.expr, value: Value, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            scope.bind(target.id, value)
        else:
            self._value(target, scope)

    def _value(self, node: ast.expr | None, scope: Scope) -> Value:
        match node:
            case None:
                return None
            case ast.Name():
                return scope.find(node.id) or self._names.function_of(scope.module, node.id)
            case ast.Await() | ast.NamedExpr() | ast.Starred():
                value = self._value(node.value, scope)
                if isinstance(node, ast.NamedExpr):
                    self._bind(node.target, value, scope)
                return value
            case ast.Attribute():
                base = self._value(node.value, scope)
                return _ATTRIBUTES.get((base, node.attr)) if isinstance(base, Kind) else None
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
                body, otherwise = self._value(node.body, scope), self._value(node.orelse, scope)
                return body or otherwise
            case ast.Call():
                return self._result(node, scope)
            case ast.DictComp() | ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._comprehension(node, scope)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._value(child, scope)
        return None

    def _compare(self, node: ast.Compare, scope: Scope) -> None:
        left = self._value(node.left, scope)
        for operator, right in zip(node.ops, node.comparators, strict=True):
            value = self._value(right, scope)
            if isinstance(operator, ast.In | ast.NotIn):
                self._note(value, node.left)
            elif isinstance(operator, ast.Eq) and left is Kind.PART_NAME:
                self._note(Kind.BODY, right)

    def _comprehension(self, node: ast.DictComp | ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> Value:
        inner = Scope(scope.module, scope.owner, scope)
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

    def _result(self, call: ast.Call, scope: Scope) -> Value:
        positional = [self._value(argument, scope) for argument in call.args]
        by_name = {each.arg: self._value(each.value, scope) for each in call.keywords if each.arg is not None}
        if isinstance(call.func, ast.Name):
            name = call.func.id
            if name == "dict" and positional:
                return positional[0]
            if name == "getattr" and positional[:1] == [Kind.PART] and text_of(call.args[1]) == "name":
                return Kind.PART_NAME
            function = self._value(call.func, scope)
            if isinstance(function, Function):
                return self._call(function, positional, by_name)
            if scope.has(name):
                return None
            return self._call_any(self._names.functions(name), positional, by_name)
        if not isinstance(call.func, ast.Attribute):
            self._value(call.func, scope)
            return None
        base, name = self._value(call.func.value, scope), call.func.attr
        if isinstance(base, Kind):
            if name in _LOOKUPS and call.args:
                self._note(base, call.args[0])
            return _RESULTS.get((base, name)) or (base if name in _VIEWS else None)
        if name == "model_validate" and positional and isinstance(positional[0], Kind):
            for each in self._names.fields(call.func.value, scope.module):
                self._note(positional[0], ast.Constant(each))
            return None
        candidates = self._names.functions(name)
        if isinstance(call.func.value, ast.Name) and call.func.value.id == "self":
            candidates = [each for each in candidates if each.owner == scope.owner] or candidates
        return self._call_any(candidates, positional, by_name)

    def _call_any(self, functions: list[Function], positional: list[Value], by_name: dict[str, Value]) -> Value:
        """Follow a call whose function is known by name alone, if the request goes there and few have the name."""
        if not any((*positional, *by_name.values())) or len(functions) > _SEVERAL:
            return None
        results = [self._call(function, positional, by_name) for function in functions]
        return next((result for result in results if result), None)
