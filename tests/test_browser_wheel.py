"""The wheel that a page loads: small, whole in itself, and the project's own."""

from __future__ import annotations

import base64
import csv
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import browser_wheel
import pytest


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    return browser_wheel.build(tmp_path_factory.mktemp("browser"))


def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < browser_wheel.LIMIT, "say in the documents what weighs, or leave something out"


def test_its_record_tells_the_truth(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (record,) = (name for name in archive.namelist() if name.endswith("/RECORD"))
        rows = {name: (digest, size) for name, digest, size in csv.reader(archive.read(record).decode().splitlines())}
        assert set(rows) == set(archive.namelist())
        for name in set(rows) - {record}:
            content = archive.read(name)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            assert rows[name] == (f"sha256={digest}", str(len(content)))


def test_it_works_alone_and_holds_no_server(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    assert {path.name for path in tmp_path.iterdir() if path.suffix != ".dist-info"} == {
        "comfy_facade",
        "comfy_rest",
        "comfy_ws",
    }
    script = (
        "import comfy_facade, comfy_ws, comfy_rest.api.queue.get_queue as bindings;"
        "[getattr(comfy_facade, name) for name in comfy_facade.__all__]; print(bindings.__file__)"
    )
    command = [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {script}"]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout.startswith(str(tmp_path))


def test_bindings_lose_what_does_nothing() -> None:
    code = '"""One."""\n\n\ndef name(x: int) -> int:\n    """Two."""\n    # three\n    return  x\n\n\n'
    code += 'class A:\n    """Four."""\n'
    shorter = browser_wheel.shortened(code)
    assert shorter == "def name(x: int) -> int:\n    return x\n\nclass A:\n    pass\n"


def test_docstrings_leave_their_lines_behind() -> None:
    code = '"""One\n\ntwo."""\n\n\ndef name(x: int) -> int:\n    """Three\n    four."""\n    return x\n'
    shorter = browser_wheel.without_docstrings(code)
    assert "Three" not in shorter
    assert "One" not in shorter
    assert shorter.split("\n")[8] == "    return x"
    assert len(shorter.split("\n")) == len(code.split("\n"))
