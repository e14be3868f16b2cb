"""Finds and parses the Python files of a ComfyUI source tree, and answers small questions about their syntax.

Duty: choose the files that can matter, give each as a module with its syntax tree, and say what a piece of syntax
says on its own: a text, a name, what is around it, what was assigned before it. Refusals: nothing of the tree is
imported or run, what needs a second module is `comfyui_names.py`'s work, and this module knows no requests, routes
and events but for the words by which it chooses files.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTION_NODES = (ast.FunctionDef, ast.AsyncFunctionDef)

# Tests and other people's nodes are not the server.
_NOT_THE_SERVER = {"tests", "tests-unit", "custom_nodes", "script_examples", "venv", "site-packages", "node_modules"}

# What nodes send is their authors' business.
_NODES = {"comfy_extras", "comfy_api_nodes"}

# Of nodes' files only those matter that register routes.
_REGISTERS_ROUTES = re.compile(r"\broutes\.\w+\(|\badd_(?:routes?|get|post)\(")

# Most files of a tree are about models. Parsing them all takes a minute, and none without these words matters.
_WORTH_PARSING = re.compile(
    r"\brequest\b|\bsend(?:_sync|_json)?\(|RouteTableDef|\brouter\b|BinaryEventTypes|\bBaseModel\b"
    r"|^__version__|feature_flags|\b\w+Service\b",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(eq=False)
class Module:
    """One parsed file.

    Attributes:
        path: The file.
        tree: Its syntax.
        of_nodes: Whether it belongs to nodes rather than to the server.
        parents: What each piece of syntax stands in.
        values: What is assigned to the module's own names.
        imports: The last part of the module that each name comes from, for names imported with `from`.
    """

    path: Path
    tree: ast.Module
    of_nodes: bool
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    values: dict[str, ast.expr] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Give what a node stands in, from the inside out."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def owner_of(self, node: ast.AST) -> str | None:
        """Give the name of the class around a node."""
        return next((each.name for each in self.ancestors(node) if isinstance(each, ast.ClassDef)), None)

    def assigned_before(self, name: ast.Name) -> ast.expr | None:
        """Give the value last assigned to a name before its use, in the use's own block or one around it."""
        inner: ast.AST = name
        for outer in self.ancestors(name):
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
            if isinstance(outer, FUNCTION_NODES):
                return None
        return None


def modules_of(root: Path) -> list[Module]:
    """Parse the files of a tree that can matter, in the order of their paths.

    Args:
        root: The folder of the tree.

    Raises:
        SyntaxError: A file is no Python.
    """
    return [_parse(path, text, of_nodes) for path, text, of_nodes in _files(root)]


def last_name(node: ast.expr) -> str:
    """Give `c` of `a.b.c` and of `c`, and nothing of anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def text_of(node: ast.AST | None) -> str | None:
    """Give the text that a node is, if it is one as it stands."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _files(root: Path) -> Iterator[tuple[Path, str, bool]]:
    for path in sorted(root.rglob("*.py")):
        folders = path.relative_to(root).parts[:-1]
        if not any(folder in _NOT_THE_SERVER or folder.startswith(".") for folder in folders):
            text = path.read_text(encoding="utf-8")
            of_nodes = not _NODES.isdisjoint(folders)
            if (_REGISTERS_ROUTES if of_nodes else _WORTH_PARSING).search(text):
                yield path, text, of_nodes


def _parse(path: Path, text: str, of_nodes: bool) -> Module:
    module = Module(path, ast.parse(text, str(path)), of_nodes)
    for node in ast.walk(module.tree):
        for child in ast.iter_child_nodes(node):
            module.parents[child] = node
        if isinstance(node, ast.ImportFrom) and node.module:
            module.imports.update({each.asname or each.name: node.module.split(".")[-1] for each in node.names})
    for statement in module.tree.body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    module.values[target.id] = statement.value
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            module.values[statement.target.id] = statement.value
    return module
