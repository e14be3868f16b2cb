"""What `docs/architecture.md` says of modules and imports is true."""

from __future__ import annotations

import re
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
FACADE = "comfy_facade"
OTHERS = ("comfy_ws", "comfy_rest")


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


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Who imports whom."""
    return grimp.build_graph(FACADE, *OTHERS, cache_dir=None)


def part_of(module: str) -> str | None:
    package, _, rest = module.partition(".")
    if package != FACADE:
        return package
    name = rest.partition(".")[0]
    return next((part for part, names in MODULES.items() if name in names), None)


def test_each_module_is_in_one_part() -> None:
    named = [name for names in MODULES.values() for name in names]
    folder = ROOT / FACADE
    there = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    assert sorted(named) == sorted(there - {"__init__"})


def test_the_parts_use_what_the_page_says(graph: grimp.ImportGraph) -> None:
    found: dict[str, set[str]] = {part: set() for part in MODULES}
    for module in graph.modules:
        part = part_of(module)
        if part in found:
            imported = {part_of(other) for other in graph.find_modules_directly_imported_by(module)}
            found[part] |= {other for other in imported if other is not None} - {part}
    assert found == USES


def test_imports_go_downwards() -> None:
    floors = list(MODULES)
    for part, used in USES.items():
        for other in used - set(OTHERS):
            assert floors.index(other) > floors.index(part), (part, other)


def test_the_drawing_has_the_parts_in_this_order() -> None:
    drawing = PAGE.partition("Imports go downwards")[0]
    assert sorted(MODULES, key=drawing.index) == list(MODULES)
