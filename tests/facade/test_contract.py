"""The contracts as package data: in a checkout, in a wheel, and without PyYAML."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import comfy_facade.contract
from tests import yaml_documents

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "import json, comfy_facade.contract as c; print(json.dumps([c.__file__, c.openapi(), c.asyncapi()]))"


def documents() -> list[object]:
    return [yaml_documents.read(ROOT / "openapi" / name) for name in ("comfyui.yaml", "comfyui-ws.yaml")]


def test_a_checkout_gives_what_is_edited() -> None:
    assert [comfy_facade.contract.openapi(), comfy_facade.contract.asyncapi()] == documents()


def test_a_caller_may_change_what_it_gets() -> None:
    comfy_facade.contract.openapi().clear()
    assert comfy_facade.contract.openapi()["paths"]


def test_a_wheel_carries_both(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    unpacked = tmp_path / "unpacked"
    zipfile.ZipFile(wheel).extractall(unpacked)
    program = f"import sys; sys.path.insert(0, {str(unpacked)!r}); {PROGRAM}"
    done = subprocess.run([sys.executable, "-P", "-c", program], cwd=tmp_path, check=True, capture_output=True)
    file, *found = json.loads(done.stdout)
    assert Path(file).is_relative_to(unpacked)
    assert not (unpacked / "openapi").exists()
    assert found == documents()


def test_without_yaml_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ImportError, match=r"comfy-facade\[contract\]"):
        comfy_facade.contract.openapi()


def test_importing_the_module_needs_no_yaml() -> None:
    program = "import sys, comfy_facade.contract; print('yaml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


def test_the_version_is_that_of_the_newest_entry_of_its_changelog() -> None:
    text = (ROOT / "openapi" / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## (\d+\.\d+\.\d+)$", text, re.MULTILINE)
    as_numbers = [tuple(map(int, version.split("."))) for version in versions]
    assert as_numbers == sorted(set(as_numbers), reverse=True)
    assert {document["info"]["version"] for document in documents()} == {versions[0]}  # type: ignore[index]
