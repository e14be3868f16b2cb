"""What a person sees: a bar that moves, the place in the queue, and previews where the terminal can show pictures."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from rich.console import Console

import comfy_emulator
from comfy_facade.cli.output import Output
from comfy_facade.cli.pictures import Drawing, Picture, choose_drawing
from comfy_facade.cli.run_display import RunDisplay
from comfy_facade.cli.watch_view import ServerView
from comfy_facade.progress import RunProgress
from tests import prompts
from tests.cli.conftest import PROGRAM, written


def encoded(kind: str, size: tuple[int, int] = (64, 32)) -> bytes:
    with io.BytesIO() as file:
        Image.new("RGB", size, (255, 0, 0)).save(file, format=kind)
        return file.getvalue()


def drawn(picture: Any) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=120)
    console.print(picture)
    written_to: Any = console.file
    text: str = written_to.getvalue()
    return text


def test_kitty_gets_a_png_in_pieces_and_keeps_its_cursor() -> None:
    noise = Image.frombytes("RGB", (64, 64), os.urandom(64 * 64 * 3))
    with io.BytesIO() as file:
        noise.save(file, format="JPEG")
        text = drawn(Picture(file.getvalue(), Drawing.KITTY, rows=5))
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", text)
    assert len(pieces) > 1
    assert {"a=T", "f=100", "C=1", "r=5", "m=1"} <= set(pieces[0][0].split(","))
    assert pieces[-1][0] == "m=0"
    assert all(len(data) <= 4096 for _, data in pieces)
    assert base64.b64decode("".join(data for _, data in pieces)).startswith(b"\x89PNG")
    assert text.count("\n") >= 5


def test_iterm_gets_the_picture_as_it_is() -> None:
    data = encoded("JPEG")
    text = drawn(Picture(data, Drawing.ITERM, rows=5))
    assert f"doNotMoveCursor=1:{base64.b64encode(data).decode()}\x07" in text


def test_other_terminals_get_half_blocks() -> None:
    lines = drawn(Picture(encoded("PNG"), Drawing.BLOCKS, rows=4)).splitlines()
    assert [line.count("\N{UPPER HALF BLOCK}") for line in lines if line] == [16] * 4
    assert "38;2;255;0;0;48;2;255;0;0" in lines[0]


@pytest.mark.parametrize("drawing", [Drawing.KITTY, Drawing.BLOCKS])
def test_what_is_no_picture_is_left_out(drawing: Drawing) -> None:
    assert not Picture(b"nothing", drawing).is_drawable


@pytest.mark.parametrize(
    ("environment", "drawing"),
    [
        ({"TERM": "xterm-kitty"}, Drawing.KITTY),
        ({"TERM": "xterm-ghostty"}, Drawing.KITTY),
        ({"TERM_PROGRAM": "iTerm.app"}, Drawing.ITERM),
        ({"TERM_PROGRAM": "WezTerm"}, Drawing.ITERM),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "iTerm.app"}, Drawing.BLOCKS),
        ({"TERM": "xterm-kitty", "TMUX": "1"}, Drawing.BLOCKS),
        ({}, Drawing.BLOCKS),
    ],
)
def test_terminals_are_known_by_their_environment(environment: dict[str, str], drawing: Drawing) -> None:
    colourful = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")
    assert choose_drawing(Drawing.AUTO, colourful, environment) is drawing
    assert choose_drawing(Drawing.OFF, colourful, environment) is Drawing.OFF
    plain = Console(file=io.StringIO(), force_terminal=True, color_system="256")
    assert choose_drawing(Drawing.AUTO, plain, {}) is Drawing.OFF


def test_the_line_tells_the_place_in_the_queue_and_then_the_node() -> None:
    display = RunDisplay(Output(), label="1 of 2")
    display.show(RunProgress(queue_position=3))
    assert "1 of 2  waiting, 3 before it" in drawn(display._render())
    display.show(RunProgress(0.5, "3", "My \x1b[31msampler", 5, 10, 1, 2, elapsed=70, remaining=65))
    line = drawn(display._render())
    assert "50%" in line
    assert "1:10, 1:05 left" in line
    assert "My \N{REPLACEMENT CHARACTER}[31msampler 5/10" in line


def test_the_view_of_a_server() -> None:
    snapshot: dict[str, Any] = {
        "running": "abc",
        "node_title": "Sampler",
        "value": 3,
        "max": 20,
        "fraction": 0.15,
        "elapsed": 4.0,
        "nodes": 7,
        "pending": [f"p{number}" for number in range(12)],
        "devices": [{"name": "cuda:0 \x1b[2J", "vram_total": 8 << 30, "vram_free": 6 << 30}],
        "problem": "",
    }
    text = drawn(ServerView("http://server").render(snapshot))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    for words in ("http://server", "Sampler 3/20", "pending 12", "and 4 more", "2.0 GiB of 8.0 GiB used"):
        assert words in plain
    assert "\x1b[2J" not in text
    idle = snapshot | {"running": None, "devices": [{}], "pending": [], "problem": "gone"}
    assert "nothing runs" in drawn(ServerView("http://server").render(idle))


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal."""
    pty = pytest.importorskip("pty")
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


@pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")
def test_a_run_in_a_terminal(emulator: comfy_emulator.RunningServer, terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    path = written(prompts.one_image(delay_ms=60, count=20, seed=31))
    environment = {**os.environ, "TERM": "xterm-kitty", "COLORTERM": "truecolor", "COLUMNS": "100"}
    environment.pop("TMUX", None)
    process = subprocess.Popen(
        [*PROGRAM, "run", path, "--url", emulator.url],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=environment,
    )
    said = b""
    while b"done in" not in said:
        said += os.read(ours, 65536)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert b"\x1b_Ga=T,f=100" in said
    assert b"ProbeSteps" in said
    assert b"%" in said
    # The display is for the terminal alone.
    assert out.decode().startswith(f"{emulator.url}/api/view?")
    assert b"\x1b" not in out
