"""The public names: one list, one table, one set of imports for type checkers, and all of them alike."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import comfy_facade

SOURCE = ast.parse(Path(comfy_facade.__file__).read_text(encoding="utf-8"))


def imported_for_type_checkers() -> dict[str, str]:
    homes: dict[str, str] = {}
    for statement in SOURCE.body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            for node in statement.body:
                assert isinstance(node, ast.ImportFrom)
                assert node.module is not None
                for alias in node.names:
                    assert alias.asname is None
                    homes[alias.name] = node.module
    return homes


def test_the_list_is_sorted_and_says_each_once() -> None:
    assert list(comfy_facade.__all__) == sorted(set(comfy_facade.__all__))


def test_the_table_and_the_imports_say_the_same() -> None:
    assert imported_for_type_checkers() == comfy_facade._HOMES
    assert set(comfy_facade._HOMES) == set(comfy_facade.__all__)


@pytest.mark.parametrize("name", comfy_facade.__all__)
def test_each_is_there_and_public_in_its_home(name: str) -> None:
    value = getattr(comfy_facade, name)
    assert value.__name__ == name
    # Found where the table says, so that a name is not passed on by a third module.
    assert value.__module__.startswith(comfy_facade._HOMES[name])
    assert value.__doc__


def test_they_are_listed() -> None:
    assert set(comfy_facade.__all__) <= set(dir(comfy_facade))
    assert dir(comfy_facade) == sorted(set(dir(comfy_facade)))


def test_unknown_names_are_told_as_such() -> None:
    with pytest.raises(AttributeError, match=r"module 'comfy_facade' has no attribute 'Nonsense'"):
        _ = comfy_facade.Nonsense
    with pytest.raises(ImportError, match="Nonsense"):
        exec("from comfy_facade import Nonsense")


def python(program: str) -> str:
    """Run a program in a fresh interpreter, where nothing is imported yet."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    return done.stdout.strip()


def test_importing_the_package_loads_no_client() -> None:
    loaded = python(
        "import sys, comfy_facade\n"
        "heavy = ('httpx', 'websockets', 'attrs', 'anyio', 'asyncio', 'comfy_rest', 'comfy_ws')\n"
        "print(*(name for name in heavy if name in sys.modules))"
    )
    assert loaded == ""


def test_a_name_is_loaded_once_and_a_star_brings_all() -> None:
    program = (
        "import comfy_facade\n"
        "assert 'Job' not in vars(comfy_facade)\n"
        "job = comfy_facade.Job\n"
        "assert vars(comfy_facade)['Job'] is job\n"
        "from comfy_facade import *\n"
        "print(*sorted(set(comfy_facade.__all__) - set(globals())))"
    )
    assert python(program) == ""
