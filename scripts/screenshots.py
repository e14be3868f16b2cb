"""Makes the pictures of the terminal in `docs/screenshots`, from real runs of the command line on the emulator.

Duty: run each program in a terminal of its own, wait for what it is to show, and draw that screen as SVG. Nothing is
staged or edited: what is not on the screen is not in the picture. The pictures name no font or file of the network.

    python scripts/screenshots.py [--to DIRECTORY] [NAME ...]
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import pty
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final, Self

import pyte
from attrs import frozen
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

import comfy_emulator

ROOT: Final = Path(__file__).resolve().parents[1]
_ROWS: Final = 40
# Seconds until a program must have shown what it is to show.
_LIMIT: Final = 60.0
# What rich begins each frame of a live display with: it goes back to the first line of the last one.
_FRAME: Final = re.compile(rb"(?=\r\x1b\[2K)")
_FONT_RULES: Final = re.compile(r"@font-face \{\{.*?\}\}", re.DOTALL)
_THEME: Final = TerminalTheme(
    (24, 26, 33),
    (214, 217, 224),
    [(60, 64, 75), (240, 113, 120), (140, 200, 110), (230, 190, 100),
     (110, 160, 240), (200, 140, 230), (90, 200, 210), (214, 217, 224)],
    [(130, 136, 150), (250, 140, 145), (165, 220, 135), (245, 210, 130),
     (140, 185, 250), (220, 170, 245), (130, 220, 228), (240, 242, 246)],
)  # fmt: skip


@frozen
class Shot:
    """One picture.

    Attributes:
        command: The line that is run.
        shows: What must be on the screen when the picture is taken; empty for the end of the program.
        columns: How wide the terminal is.
        submitted: How many prompts are submitted meanwhile.
    """

    command: str
    shows: str = ""
    columns: int = 92
    submitted: int = 0


SHOTS: Final[Mapping[str, Shot]] = {
    "run": Shot("comfy-facade run examples/text_to_image.json -o pictures --preview blocks", r"Sampler 1[2-6]/20"),
    "watch": Shot("comfy-facade watch --interval 0.2", r"(?s)Sampler 1\d/20.*pending [1-9]", submitted=3),
    "nodes-show": Shot("comfy-facade nodes show KSampler"),
    "error": Shot("comfy-facade run examples/text_to_image.json --set KSampler.steps=0"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the pictures that were asked for, or all.

    Args:
        arguments: The command line's.
    """
    parser = argparse.ArgumentParser(description="Make the pictures of the terminal from real runs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(SHOTS)}; all if left out")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "screenshots", help="where they are written")
    parser.add_argument("--port", type=int, default=8188, help="the port that the pictures show; 0 for any")
    options = parser.parse_args(arguments)
    options.to.mkdir(parents=True, exist_ok=True)
    for name in options.names or SHOTS:
        path = options.to / f"{name}.svg"
        path.write_text(taken(SHOTS[name], name, options.port), encoding="utf-8")
        print(path)


def taken(shot: Shot, name: str, port: int) -> str:
    """Take one picture.

    Args:
        shot: What to show.
        name: What it is called.
        port: The emulator's port; 0 for any that is free.

    Returns:
        The SVG.
    """
    with tempfile.TemporaryDirectory() as folder, comfy_emulator.running(latency=0.15, port=port) as server:
        shutil.copytree(ROOT / "examples", Path(folder, "examples"))
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("COMFYUI_")},
            "COMFYUI_URL": server.url,
            "COMFYUI_CONFIG": os.fspath(Path(folder, "config.toml")),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
        }
        program = os.fspath(Path(sys.executable).with_name("comfy-facade"))
        command = [program, *shlex.split(shot.command)[1:]]
        with _Terminal(command, folder, environment, shot.columns) as watched:
            if shot.submitted:
                watched.lines_when("nothing runs")
            submit = [program, "submit", "examples/text_to_image.json"]
            started = [
                subprocess.Popen(submit, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
                for _ in range(shot.submitted)
            ]
            lines = watched.lines_when(shot.shows)
            for each in started:
                each.wait(_LIMIT)
    return drawn(lines, shot, name)


def drawn(lines: Sequence[Text], shot: Shot, name: str) -> str:
    """Draw a screen.

    Args:
        lines: Its lines.
        shot: What it shows.
        name: What the picture is called; its parts are named after it.

    Returns:
        The SVG.
    """
    console = Console(
        file=io.StringIO(), record=True, width=shot.columns, force_terminal=True, color_system="truecolor"
    )
    console.print(Text.assemble(("$ ", "green"), shot.command), no_wrap=True, crop=False)
    for line in lines:
        console.print(line, no_wrap=True, crop=False)
    local = _FONT_RULES.sub("", CONSOLE_SVG_FORMAT).replace("Fira Code", "ui-monospace, DejaVu Sans Mono")
    svg = console.export_svg(title="", theme=_THEME, code_format=local, unique_id=f"terminal-{name}")
    return "".join(f"{line.rstrip()}\n" for line in svg.splitlines())


class _Terminal:
    """A program in a terminal of its own, ended with the block."""

    def __init__(self, command: Sequence[str], folder: str, environment: Mapping[str, str], columns: int) -> None:
        self._screen: Final = pyte.Screen(columns, _ROWS)
        self._stream: Final = pyte.ByteStream(self._screen)
        self._frames: Final[deque[bytes]] = deque()
        self._rest = b""
        self._outer, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, columns, 0, 0))
        self._process: Final = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=inner, stdout=inner, stderr=inner, start_new_session=True
        )
        os.close(inner)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + _LIMIT
        # A terminal that is not read stops the program that writes to it.
        while self._process.poll() is None:
            if time.monotonic() > deadline:
                self._process.kill()
            self._read()
        os.close(self._outer)

    def lines_when(self, shows: str) -> list[Text]:
        """Read until the screen shows something.

        Args:
            shows: A pattern; empty for the end of the program.

        Returns:
            The lines of the screen at that moment, without empty ones at its end.

        Raises:
            TimeoutError: It was not shown.
        """
        deadline = time.monotonic() + _LIMIT
        while time.monotonic() < deadline:
            data = self._read()
            # Frame by frame, lest one be missed where many come at once, or be taken half drawn.
            *frames, self._rest = _FRAME.split(self._rest + data)
            self._frames.extend(frames)
            while self._frames:
                self._stream.feed(self._frames.popleft())
                if shows and re.search(shows, "\n".join(self._screen.display)):
                    return self._lines()
            if not data and not shows and self._process.poll() is not None:
                self._stream.feed(self._rest)
                return self._lines()
        seen = "\n".join(self._screen.display)
        raise TimeoutError(f"{shows or 'the end'!r} was not seen within {_LIMIT:g} s:\n{seen}")

    def _read(self) -> bytes:
        if not select.select([self._outer], [], [], 0.1)[0]:
            return b""
        try:
            return os.read(self._outer, 65_536)
        except OSError:
            # Linux says so that the program closed the terminal.
            return b""

    def _lines(self) -> list[Text]:
        lines = [self._line(number) for number in range(_ROWS)]
        while lines and not lines[-1].plain.strip():
            lines.pop()
        return lines

    def _line(self, number: int) -> Text:
        line = Text()
        cells = self._screen.buffer[number]
        styled = ((cells[column].data, _style(cells[column])) for column in range(self._screen.columns))
        for style, run in groupby(styled, key=itemgetter(1)):
            line.append("".join(data for data, _ in run), style)
        line.rstrip()
        return line


def _style(cell: pyte.screens.Char) -> Style:
    return Style(color=_color(cell.fg), bgcolor=_color(cell.bg), bold=cell.bold, reverse=cell.reverse)


def _color(name: str) -> Color | None:
    if name == "default":
        return None
    if re.fullmatch("[0-9a-f]{6}", name):
        return Color.parse(f"#{name}")
    # The terminal's word for yellow is an old one.
    return Color.parse(name.replace("bright", "bright_").replace("brown", "yellow"))


if __name__ == "__main__":
    main()
