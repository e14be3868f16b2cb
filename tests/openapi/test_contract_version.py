"""A contract that changes gets a version of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from contract_version import OPENAPI, VersionError, main, recorded


def test_the_documents_are_those_of_their_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0, capsys.readouterr().err


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Both documents and their record, to be changed."""
    for name in ("comfyui.yaml", "comfyui-ws.yaml", "versions.json"):
        shutil.copy(OPENAPI / name, tmp_path)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_comment_is_no_change(copy: Path) -> None:
    edit(copy / "comfyui.yaml", "openapi: 3.1", "# a comment\nopenapi: 3.1")
    assert main([], directory=copy) == 0


def test_a_change_without_a_version_fails_until_it_is_recorded(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = json.loads((copy / "versions.json").read_text("utf-8"))
    edit(copy / "comfyui.yaml", "operationId: cancelJob", "operationId: stopJob")
    assert main([], directory=copy) == 1
    assert "CHANGELOG" in capsys.readouterr().err
    assert main(["--record"], directory=copy) == 1
    for name in ("comfyui.yaml", "comfyui-ws.yaml"):
        edit(copy / name, f"version: {next(reversed(before))}", "version: 99.0.0")
    assert main([], directory=copy) == 1
    assert main(["--record"], directory=copy) == 0
    assert main([], directory=copy) == 0
    after = json.loads((copy / "versions.json").read_text("utf-8"))
    assert {**before, "99.0.0": after["99.0.0"]} == after


def test_both_documents_go_by_one_version(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(copy / "comfyui-ws.yaml", "version: ", "version: 9")
    assert main([], directory=copy) == 1
    assert "different versions" in capsys.readouterr().err


def test_only_the_newest_version_is_recorded_anew() -> None:
    versions = {"1.0.0": "a", "1.1.0": "b"}
    assert recorded(versions, "1.1.0", "c", records=False, unpublished=True) == {"1.0.0": "a", "1.1.0": "c"}
    with pytest.raises(VersionError, match=r"still 1\.0\.0"):
        recorded(versions, "1.0.0", "c", records=True, unpublished=True)
