"""What modules import of other projects, and that pure ones stay so, as it stands in the source.

The arrows between our own modules are contracts of import-linter, in `pyproject.toml`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).resolve().parents[2]
HAND_WRITTEN = sorted(
    path
    for folder in ("comfy_ws", "comfy_facade", "comfy_emulator", "scripts", "examples")
    for path in (ROOT / folder).rglob("*.py")
)


@frozen
class Import:
    """One imported module: by whom, and whether for type checkers alone."""

    by: str
    module: str
    is_for_types: bool

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]


@cache
def imports(folder: str) -> Sequence[Import]:
    paths = sorted((ROOT / folder).rglob("*.py"))
    parsed = [(ast.parse(path.read_text(encoding="utf-8")), path.relative_to(ROOT).as_posix()) for path in paths]
    return [found for tree, name in parsed for found in imports_of(tree, name, is_for_types=False)]


def imports_of(node: ast.AST, by: str, *, is_for_types: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(by, alias.name, is_for_types) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from imports_from(node, by, is_for_types=is_for_types)
    elif isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
        for statement in node.body:
            yield from imports_of(statement, by, is_for_types=True)
        for statement in node.orelse:
            yield from imports_of(statement, by, is_for_types=is_for_types)
    else:
        for child in ast.iter_child_nodes(node):
            yield from imports_of(child, by, is_for_types=is_for_types)


def imports_from(node: ast.ImportFrom, by: str, *, is_for_types: bool) -> Iterator[Import]:
    module = node.module or ""
    if node.level:
        parts = Path(by).parent.parts
        module = ".".join((*parts[: len(parts) - node.level + 1], *filter(None, [module])))
    yield Import(by, module, is_for_types)
    # What is imported from a package may be a module of it.
    yield from (Import(by, f"{module}.{alias.name}", is_for_types) for alias in node.names)


def test_the_reader_sees_every_kind_of_import() -> None:
    source = """
from __future__ import annotations
import a.b, c
from d import e
from . import f
from ..g import h
if TYPE_CHECKING:
    import i
else:
    import j
def function():
    try:
        import k
    except ImportError:
        pass
"""
    found = {
        (entry.module, entry.is_for_types) for entry in imports_of(ast.parse(source), "p/q/r.py", is_for_types=False)
    }
    runtime = {"a.b", "c", "d", "d.e", "p.q", "p.q.f", "p.g", "p.g.h", "j", "k"}
    assert found == {
        *((module, False) for module in runtime),
        ("__future__", False),
        ("__future__.annotations", False),
        ("i", True),
    }


@pytest.mark.parametrize("folder", ["comfy_ws", "comfy_facade", "comfy_emulator"])
def test_there_is_something_to_look_at(folder: str) -> None:
    assert {entry.by for entry in imports(folder)} >= {f"{folder}/__init__.py"}


def test_the_facade_does_without_the_emulator() -> None:
    assert [entry for entry in imports("comfy_facade") if entry.package == "comfy_emulator"] == []


def test_the_facade_opens_no_socket_of_its_own() -> None:
    assert [entry for entry in imports("comfy_facade") if entry.package == "websockets"] == []


def test_one_module_of_the_event_stream_opens_sockets() -> None:
    assert {entry.by for entry in imports("comfy_ws") if entry.package == "websockets"} == {"comfy_ws/native.py"}


# What only works on values: it can be used and tested without a server.
PURE = [
    "comfy_facade/codegen/",
    "comfy_facade/graph.py",
    "comfy_facade/node_calls.py",
    "comfy_facade/workflow/",
    "comfy_facade/_run_state.py",
    "comfy_facade/_schedule.py",
    "comfy_facade/errors/",
    "comfy_facade/models.py",
    "comfy_facade/node_defs.py",
    "comfy_facade/outputs.py",
    "comfy_facade/progress.py",
    "comfy_facade/raw_json.py",
]
IO = {"httpx", "websockets", "asyncio", "anyio", "socket", "threading", "comfy_rest", "time"}
CLIENTS = {
    "comfy_facade.async_client",
    "comfy_facade.client",
    "comfy_facade.job",
    "comfy_facade._core",
    "comfy_facade._transport",
    "comfy_facade._rest",
    "comfy_facade._live_runs",
    "comfy_facade._portal",
}


@pytest.mark.parametrize("place", PURE)
def test_pure_work_knows_neither_io_nor_clients(place: str) -> None:
    entries = [entry for entry in imports("comfy_facade") if entry.by.startswith(place)]
    assert entries, "it has moved; say here where to"
    assert [entry for entry in entries if entry.package in IO or entry.module in CLIENTS] == []


def test_the_names_of_modules_above_are_true() -> None:
    for module in CLIENTS:
        assert (ROOT / f"{module.replace('.', '/')}.py").exists()


def test_graph_work_knows_no_events() -> None:
    entries = [entry for entry in imports("comfy_facade") if entry.by.startswith("comfy_facade/workflow/")]
    assert [entry for entry in entries if entry.package == "comfy_ws"] == []


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_module_says_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert docstring.splitlines()[0].rstrip().endswith((".", ":", "?"))
