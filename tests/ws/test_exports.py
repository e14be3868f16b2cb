"""What `comfy_ws` exports, and whom its modules know."""

import ast
import importlib
import pickle
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import comfy_ws

FOLDER = Path(comfy_ws.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))
MODULES = ["comfy_ws", *(module.name for module in pkgutil.walk_packages(comfy_ws.__path__, "comfy_ws."))]
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
    for place in ("comfy_ws.errors", "comfy_ws.events"):
        modules = [importlib.import_module(name) for name in MODULES if f"{name}.".startswith(f"{place}.")]
        own = {
            name
            for module in modules
            for name, value in vars(module).items()
            if isinstance(value, type) and value.__module__ == module.__name__ and not name.startswith("_")
        }
        assert own
        assert own <= set(comfy_ws.__all__)


def test_the_module_of_events_has_them_all() -> None:
    events = importlib.import_module("comfy_ws.events")
    assert events.__all__ == sorted(set(events.__all__))
    # Beside what the package exports, only the name of a payload's type.
    assert set(events.__all__) - set(comfy_ws.__all__) == {"RawMapping"}
    for name in events.__all__:
        if name in comfy_ws.__all__:
            assert getattr(events, name) is getattr(comfy_ws, name)


@pytest.mark.parametrize(
    "event",
    [comfy_ws.Status(1), comfy_ws.ExecutionStart("p"), comfy_ws.Progress("p", "1", 1, 2), comfy_ws.UnknownEvent("odd")],
    ids=lambda event: event.type,
)
def test_an_event_survives_the_way_between_processes(event: comfy_ws.Event) -> None:
    assert type(event).__module__.startswith("comfy_ws.events.")
    assert pickle.loads(pickle.dumps(event)) == event


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_is_for(name: str) -> None:
    assert (importlib.import_module(name).__doc__ or "").strip()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_no_module_knows_a_sibling_package(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imported(ast.parse(path.read_text(encoding="utf-8")))}
    assert not roots & SIBLINGS


def test_only_one_module_knows_the_websocket_library() -> None:
    knowing = [
        path.name
        for path in FILES
        if any(name.partition(".")[0] == "websockets" for name in imported(ast.parse(path.read_text(encoding="utf-8"))))
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
