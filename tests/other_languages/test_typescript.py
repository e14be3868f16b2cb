"""A program in TypeScript, made from the contract, queues a prompt on the emulator and downloads its picture.

`make other-languages` builds it first; without the build there is nothing to test.
"""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from PIL import Image

import comfy_emulator

BUILT = Path(__file__).resolve().parents[2] / "build" / "other-languages" / "typescript"

pytestmark = pytest.mark.skipif(not (BUILT / "build" / "main.js").is_file(), reason="make other-languages builds it")


def run(url: str, picture: Path) -> subprocess.CompletedProcess[str]:
    command = ["node", "build/main.js", url, str(picture)]
    return subprocess.run(command, cwd=BUILT, capture_output=True, text=True, timeout=50, check=False)


@pytest.mark.parametrize("version", comfy_emulator.VERSIONS)
def test_the_picture_arrives(version: str, tmp_path: Path) -> None:
    with comfy_emulator.running(version=version) as server:
        done = run(server.url, tmp_path / "picture.png")
    assert done.returncode == 0, done.stderr
    assert "typescript_00001_.png" in done.stdout
    with Image.open(io.BytesIO((tmp_path / "picture.png").read_bytes())) as picture:
        assert (picture.format, picture.size) == ("PNG", (64, 48))
        assert picture.convert("RGB").getpixel((5, 5)) == (0x33, 0x66, 0xCC)


def test_a_refusal_is_an_error(tmp_path: Path) -> None:
    with comfy_emulator.running() as server:
        server.answer_errors(1, 400, "/api/prompt")
        done = run(server.url, tmp_path / "picture.png")
    assert done.returncode == 1
    assert "the prompt was refused" in done.stderr
    assert not (tmp_path / "picture.png").exists()
