"""The scripts that make the bindings anew, and that notice when they are not what the contract gives."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the scripts are for the shell, which Windows lacks")

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(120)
def test_are_what_the_contract_gives() -> None:
    environment = {**os.environ, "PYTHON": sys.executable}
    finished = subprocess.run(
        [REPOSITORY / "scripts" / "check_generated.sh"], env=environment, capture_output=True, text=True, cwd="/"
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.timeout(120)
def test_check_notices_edits_and_strays(tmp_path: Path) -> None:
    """Works on copies, and takes the bindings for what regen.sh makes; whether they are, the test above tells."""
    generated, scripts = tmp_path / "generated" / "comfy_rest", tmp_path / "scripts"
    shutil.copytree(REPOSITORY / "generated" / "comfy_rest", generated)
    scripts.mkdir()
    shutil.copy(REPOSITORY / "scripts" / "check_generated.sh", scripts)
    (scripts / "regen.sh").write_text(
        f'#!/bin/sh\nexec cp -R "{REPOSITORY}/generated/comfy_rest" "$1"\n', encoding="utf-8"
    )
    (scripts / "regen.sh").chmod(0o755)
    (generated / "stray.py").write_text("", encoding="utf-8")
    (generated / "client.py").write_text("# edited\n", encoding="utf-8")
    (generated / "py.typed").unlink()

    finished = subprocess.run(
        [scripts / "check_generated.sh"],
        capture_output=True,
        text=True,
    )

    assert finished.returncode == 1
    assert "stray.py" in finished.stdout
    assert "# edited" in finished.stdout
    assert "py.typed" in finished.stdout
    assert "run scripts/regen.sh" in finished.stderr


def test_wrong_tools_are_refused(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "regen.sh"
    script.write_bytes((REPOSITORY / "scripts" / "regen.sh").read_bytes())
    (tmp_path / "pyproject.toml").write_text(
        '[project.optional-dependencies]\ndev = ["openapi-python-client==0.0.1", "ruff==0.0.2"]\n', encoding="utf-8"
    )
    finished = subprocess.run(
        ["bash", script], env={**os.environ, "PYTHON": sys.executable}, capture_output=True, text=True
    )
    assert finished.returncode == 1
    assert "openapi-python-client==0.0.1" in finished.stderr
    assert "pip install" in finished.stderr


def test_other_peoples_files_are_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "work.txt").write_text("mine", encoding="utf-8")
    finished = subprocess.run(
        [REPOSITORY / "scripts" / "regen.sh", tmp_path],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 1
    assert (tmp_path / "work.txt").read_text(encoding="utf-8") == "mine"
