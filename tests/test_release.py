"""What `scripts/release_check.py` and the release workflow promise; `make release-check` does the work itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import release_check

from tests import yaml_documents

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# What only this repository's own verbs install.
TOOLS = {"bench", "dev", "docs", "languages", "mutation", "release"}


def workflow(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml_documents.read(ROOT / ".github" / "workflows" / f"{name}.yml")
    return document


def test_each_extra_that_users_install_is_proven() -> None:
    assert set(release_check.EXTRAS) == set(PROJECT["optional-dependencies"]) - TOOLS


def test_every_supported_python_is_tried() -> None:
    told = [re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", line) for line in PROJECT["classifiers"]]
    supported = [match[1] for match in told if match]
    assert list(release_check.PYTHONS) == supported
    assert workflow("tests")["jobs"]["tests"]["strategy"]["matrix"]["python"] == supported
    (setup,) = [
        step for step in workflow("release")["jobs"]["build"]["steps"] if "setup-python" in step.get("uses", "")
    ]
    assert sorted(setup["with"]["python-version"].split()) == supported


def test_a_python_that_is_missing_is_an_error_if_every_one_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert release_check.interpreters(every=False) == {}
    assert capsys.readouterr().out.count("skipped") == len(release_check.PYTHONS)
    with pytest.raises(SystemExit, match="not on this machine"):
        release_check.interpreters(every=True)


def test_the_suite_is_there_and_its_tools_are_pinned() -> None:
    paths = [
        part.partition("=")[2].partition("::")[0] if part.startswith("-") else part for part in release_check.SUITE
    ]
    assert all((ROOT / path).exists() for path in paths)
    assert all("==" in pin for pin in release_check.pinned(release_check.SUITE_TOOLS))


def test_nothing_is_published_before_tests_and_checks_have_passed() -> None:
    jobs = workflow("release")["jobs"]
    assert set(jobs["publish"]["needs"]) == {"tests", "build"}
    assert jobs["tests"]["uses"] == "./.github/workflows/tests.yml"
    assert any(
        "release-check" in step.get("run", "") and "EVERY_PYTHON=yes" in step["run"] and "SUITE=yes" in step["run"]
        for step in jobs["build"]["steps"]
    )


def test_actions_are_pinned_to_commits() -> None:
    used = [
        line.partition("uses:")[2].strip()
        for name in ("release", "tests")
        for line in (ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8").splitlines()
        if "uses: " in line and "uses: ./" not in line
    ]
    assert len(used) > 10
    # A branch or a tag can be moved, and one of them publishes.
    assert [line for line in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}  # v[\d.]+", line)] == []


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_scripts_take_the_tools_of_the_environment_that_make_made(tmp_path: Path) -> None:
    # As the workflows call it: PYTHON makes the environment, and has none of its tools.
    asking = tmp_path / "Makefile"
    asking.write_text(f"include {ROOT / 'Makefile'}\nasked:\n\t@echo $(PYTHON) $${{PYTHON-none}}\n", encoding="utf-8")
    done = subprocess.run(
        ["make", "--no-print-directory", "-f", asking, "asked", "PYTHON=python3.99"],
        env={**os.environ, "PYTHON": "python3.98"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["python3.99", "none"]


def test_a_release_is_built_with_one_version_of_its_backend() -> None:
    pins = [pin for pin in PROJECT["optional-dependencies"]["release"] if pin.startswith("hatchling")]
    assert len(pins) == 1
    assert re.fullmatch(r"hatchling==[\d.]+", pins[0])
    assert pins[0] in PROJECT["optional-dependencies"]["dev"]
