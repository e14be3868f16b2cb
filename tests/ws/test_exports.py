import ast
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import comfy_ws

FILES = sorted(Path(comfy_ws.__file__).parent.glob("*.py"))
MODULES = ["comfy_ws", *(f"comfy_ws.{module.name}" for module in pkgutil.iter_modules(comfy_ws.__path__))]
SIBLINGS = {"comfy_facade", "comfy_rest", "comfy_emulator"}


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a name comes from"
            yield node.module or ""


def test_the_exported_names_are_sorted_and_there() -> None:
    assert comfy_ws.__all__ == sorted(set(comfy_ws.__all__))
    for name in comfy_ws.__all__:
        assert getattr(comfy_ws, name) is not None


def test_every_public_name_of_the_package_is_exported() -> None:
    bound = {
        name
        for name, value in vars(comfy_ws).items()
        if not name.startswith("_") and not isinstance(value, type(comfy_ws))
    }
    assert bound == set(comfy_ws.__all__)


def test_every_error_and_event_can_be_named_by_users() -> None:
    errors = importlib.import_module("comfy_ws.errors")
    events = importlib.import_module("comfy_ws.events")
    for module in (errors, events):
        own = {
            name
            for name, value in vars(module).items()
            if isinstance(value, type) and value.__module__ == module.__name__ and not name.startswith("_")
        }
        assert own <= set(comfy_ws.__all__)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_is_for(name: str) -> None:
    assert (importlib.import_module(name).__doc__ or "").strip()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_module_knows_a_sibling_package(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imported(ast.parse(path.read_text()))}
    assert not roots & SIBLINGS


def test_only_one_module_knows_the_websocket_library() -> None:
    knowing = [
        path.name
        for path in FILES
        if any(name.partition(".")[0] == "websockets" for name in imported(ast.parse(path.read_text())))
    ]
    assert knowing == ["native.py"]


def test_importing_the_package_imports_no_sibling() -> None:
    program = f"import sys, comfy_ws; print(sorted({SIBLINGS!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=FILES[0].parents[1]
    )
    assert done.stdout.strip() == "[]"


def test_the_package_carries_its_types() -> None:
    assert (FILES[0].parent / "py.typed").is_file()
