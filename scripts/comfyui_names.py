"""Says what names mean in a ComfyUI source tree: functions and classes in all of it, values within a function.

Duty: find functions, classes and their fields by name, and keep for each function the names that it sees, its own and
those around it. Refusals: it does not decide what a value is, which `comfyui_handlers.py` finds out by following a
request; and where several things have a name, it names them all and prefers none, except that the fields of a class
are those of the only one that can be meant.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from comfyui_modules import FUNCTION_NODES, FunctionNode, Module, last_name


class Kind(Enum):
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


@dataclass(frozen=True, eq=False)
class Function:
    """A function of the tree, with the names it can see around it."""

    node: FunctionNode
    module: Module
    owner: str | None = None
    around: Scope | None = None


Value = Kind | Function | None


@dataclass(eq=False)
class Scope:
    """Names and what is known of their values."""

    module: Module
    owner: str | None
    around: Scope | None
    names: dict[str, Value] = field(default_factory=dict)

    def find(self, name: str) -> Value:
        """Give what is known of the value of a name, here or around."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.around
        return None

    def has(self, name: str) -> bool:
        """Tell whether a name is one of here or around, whatever its value."""
        return name in self.names or (self.around is not None and self.around.has(name))

    def bind(self, name: str, value: Value) -> None:
        """Note the value of a name."""
        # A default for when something is missing does not hide what it otherwise is.
        if value is not None or name not in self.names:
            self.names[name] = value


def scope_around(module: Module, node: ast.AST) -> Scope:
    """Give the names that a nested function sees: the functions defined beside it, and so on outwards."""
    enclosing = [each for each in module.ancestors(node) if isinstance(each, FUNCTION_NODES)]
    scope: Scope | None = None
    for function in reversed(enclosing):
        scope = Scope(module, module.owner_of(function), scope)
        for each in ast.walk(function):
            if isinstance(each, FUNCTION_NODES) and each is not function:
                scope.names[each.name] = Function(each, module, module.owner_of(each), scope)
    return scope or Scope(module, module.owner_of(node), None)


class Names:
    """The functions and classes of a tree by name.

    Args:
        modules: Its parsed files.
    """

    def __init__(self, modules: Iterable[Module]) -> None:
        self._functions: dict[str, list[Function]] = {}
        self._functions_of_modules: dict[tuple[Module, str], Function] = {}
        self._classes: dict[str, list[tuple[ast.ClassDef, Module]]] = {}
        for module in modules:
            self._index(module)

    def functions(self, name: str) -> list[Function]:
        """Give all functions and methods of a name."""
        return self._functions.get(name, [])

    def function_of(self, module: Module, name: str) -> Function | None:
        """Give a function that stands in a module itself, in no class and no other function."""
        return self._functions_of_modules.get((module, name))

    def classes(self, name: str) -> list[tuple[ast.ClassDef, Module]]:
        """Give all classes of a name, and where they are."""
        return self._classes.get(name, [])

    def fields(self, reference: ast.expr, seen_from: Module) -> set[str]:
        """Give the annotated fields of a class and its bases; empty if it can't be said which class is meant."""
        candidates = self.classes(last_name(reference))
        if isinstance(reference, ast.Attribute):
            home = last_name(reference.value)
        else:
            home = seen_from.imports.get(last_name(reference), seen_from.path.stem)
        at_home = [each for each in candidates if each[1].path.stem == home]
        found: set[str] = set()
        for node, module in at_home if len(at_home) == 1 else ():
            for base in node.bases:
                found |= self.fields(base, module)
            for statement in node.body:
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    found.add(statement.target.id)
        return found

    def _index(self, module: Module) -> None:
        for node in ast.walk(module.tree):
            if isinstance(node, FUNCTION_NODES):
                function = Function(node, module, module.owner_of(node))
                self._functions.setdefault(node.name, []).append(function)
                if module.parents.get(node) is module.tree:
                    self._functions_of_modules[module, node.name] = function
            elif isinstance(node, ast.ClassDef):
                self._classes.setdefault(node.name, []).append((node, module))
