"""What `docs/architecture.md` says of modules and imports is true."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
FACADE = "comfy_facade"
FLEET = "comfy_fleet"
STRANGERS = ("comfy_ws", "comfy_rest", "comfy_emulator")
WHEEL = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
PACKAGES = {Path(folder).name: ROOT / folder for folder in WHEEL["packages"]}


def told() -> tuple[dict[str, list[str]], dict[str, set[str]]]:
    """The modules of each part, and the parts that it uses, in the order of the page."""
    modules: dict[str, list[str]] = {}
    uses: dict[str, set[str]] = {}
    for row in re.findall(r"^\| (.+?) \| (.*`.*) \| ?(.*?) ?\|$", PAGE, re.MULTILINE):
        modules[row[0]] = re.findall(r"`(\w+)`", row[1])
        uses[row[0]] = {name for name in row[2].split(", ") if name}
    del modules["part"], uses["part"]  # the head of the table
    return modules, uses


MODULES, USES = told()
DRAWING = "\n".join(re.findall(r"^    .*$", PAGE, re.MULTILINE))


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Who imports whom."""
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def part_of(module: str) -> str | None:
    package, _, rest = module.partition(".")
    name = rest.partition(".")[0] if package == FACADE else package
    named = next((part for part, names in MODULES.items() if name in names), None)
    return named if package == FACADE else named or package


def loaded_by_name() -> Iterator[tuple[str, str]]:
    """Which module loads which package when it runs, where it writes the package's name; no graph shows that."""
    for package, folder in PACKAGES.items():
        for path in folder.rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("import_module") and call.args:
                    name = re.match(r"f?'(comfy_\w+)\.", ast.unparse(call.args[0]))
                    if name and name[1] != package:
                        yield ".".join((package, *path.relative_to(folder).with_suffix("").parts)), name[1]


def test_the_page_counts_the_packages_and_draws_each() -> None:
    numbers = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven")
    assert PAGE.startswith(f"# Architecture\n\n{numbers[len(PACKAGES)]} packages ")
    assert set(re.findall(r"\bcomfy_\w+", DRAWING)) == set(PACKAGES)


def test_packages_that_are_strangers_import_no_sibling(graph: grimp.ImportGraph) -> None:
    imports = {
        (module, other)
        for module in graph.modules
        if (package := module.partition(".")[0]) in STRANGERS
        for other in graph.find_modules_directly_imported_by(module)
        if other.partition(".")[0] != package
    }
    assert not imports


def test_each_module_is_in_one_part() -> None:
    named = [name for names in MODULES.values() for name in names if name not in PACKAGES]
    folder = ROOT / FACADE
    there = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    assert sorted(named) == sorted(there - {"__init__"})
    assert MODULES["fleets"] == [FLEET]


def test_the_parts_use_what_the_page_says(graph: grimp.ImportGraph) -> None:
    found: dict[str, set[str]] = {part: set() for part in MODULES}
    for module in graph.modules:
        part = part_of(module)
        if part in found:
            imported = {part_of(other) for other in graph.find_modules_directly_imported_by(module)}
            found[part] |= {other for other in imported if other is not None} - {part}
    for module, package in loaded_by_name():
        found[part_of(module) or ""].add(part_of(package) or "")
    assert found == USES


def test_imports_go_downwards() -> None:
    floors = list(MODULES)
    for part, used in USES.items():
        for other in used - set(STRANGERS):
            assert floors.index(other) > floors.index(part), (part, other)


def test_the_drawing_has_the_parts_in_this_order() -> None:
    assert sorted(MODULES, key=DRAWING.index) == list(MODULES)
