"""The pictures of the terminal in the documentation: of real runs, and complete."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip("termios", reason="the pictures are taken in a terminal of POSIX")

from screenshots import SHOTS

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.timeout(300)
DRAWINGS = sorted((ROOT / "docs" / "screenshots").glob("*.svg"))


def test_every_shot_was_taken() -> None:
    assert {path.stem for path in DRAWINGS} == set(SHOTS)


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: str(path.stem))
def test_a_drawing_shows_its_command_and_loads_nothing(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    text = "".join(root.itertext())
    assert SHOTS[path.stem].command.split()[1] in text.replace("\N{NO-BREAK SPACE}", " ").split()
    assert not re.search(r"url\((?!#)|href=", path.read_text(encoding="utf-8"))


def test_a_shot_is_taken_of_a_real_run(tmp_path: Path) -> None:
    script = os.fspath(ROOT / "scripts" / "screenshots.py")
    subprocess.run([sys.executable, script, "error", "--to", tmp_path, "--port", "0"], check=True, capture_output=True)
    text = "".join(ElementTree.parse(tmp_path / "error.svg").getroot().itertext())
    assert "smaller than min of 1" in text.replace("\N{NO-BREAK SPACE}", " ")
