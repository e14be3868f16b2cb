"""The programs of `tests/typed_use` leave out no public name; `make types` holds them to mypy and pyright."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import comfy_emulator
import comfy_facade
import comfy_fleet
import comfy_ws

FOLDER = Path(__file__).parent / "typed_use"
TREES = [ast.parse(path.read_text("utf-8")) for path in FOLDER.glob("*.py")]
USED = {node.attr for tree in TREES for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
NAMED = {node.id for tree in TREES for node in ast.walk(tree) if isinstance(node, ast.Name)}


@pytest.mark.parametrize(
    "package", [comfy_facade, comfy_fleet, comfy_ws, comfy_emulator], ids=lambda package: package.__name__
)
def test_every_public_name_is_used(package: object) -> None:
    assert set(package.__all__) - USED - NAMED == set()  # type: ignore[attr-defined]


@pytest.mark.parametrize("client", [comfy_facade.AsyncComfyUIApiClient, comfy_facade.ComfyUIApiClient])
def test_every_method_is_called(client: type) -> None:
    assert {name for name in dir(client) if not name.startswith("_")} - USED == set()


def test_nothing_is_ignored() -> None:
    for path in FOLDER.glob("*.py"):
        text = path.read_text("utf-8")
        assert "# type: ignore" not in text
        assert "# pyright:" not in text
