"""Previews drawn in a terminal: with its picture protocol where it has one, else as coloured half blocks.

It draws what it is given and asks nobody. kitty's protocol takes PNG alone, and half blocks need the pixels, so both
want Pillow for other formats; without it such a preview is left out.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from enum import StrEnum
from importlib import import_module
from typing import Any, Final

from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import ControlType, Segment
from rich.style import Style

_ROWS: Final = 14
_CHUNK: Final = 4096
# One picture that is replaced again and again, not a pile of them.
_KITTY_ID: Final = 77
_PNG: Final = b"\x89PNG\r\n\x1a\n"


class Drawing(StrEnum):
    """How to draw previews."""

    AUTO = "auto"
    KITTY = "kitty"
    ITERM = "iterm"
    BLOCKS = "blocks"
    OFF = "off"


def choose_drawing(wanted: Drawing, console: Console, environment: Mapping[str, str]) -> Drawing:
    """Decide how to draw.

    Args:
        wanted: What the command line says.
        console: The terminal.
        environment: The environment variables, by which terminals are known.

    Returns:
        Any but `AUTO`.
    """
    if wanted is not Drawing.AUTO:
        return wanted
    terminal, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    # A multiplexer keeps picture protocols from the terminal it runs in.
    is_multiplexed = "TMUX" in environment or terminal.startswith(("screen", "tmux"))
    if not is_multiplexed and (terminal in ("xterm-kitty", "xterm-ghostty") or "KITTY_WINDOW_ID" in environment):
        return Drawing.KITTY
    if not is_multiplexed and program in ("iTerm.app", "WezTerm"):
        return Drawing.ITERM
    if console.color_system == "truecolor" and _pillow() is not None:
        return Drawing.BLOCKS
    return Drawing.OFF


class Picture:
    """A picture as a rich renderable.

    Args:
        data: The encoded picture.
        drawing: How to draw it.
        rows: How many lines it takes.
    """

    def __init__(self, data: bytes, drawing: Drawing, rows: int = _ROWS) -> None:
        self._drawing: Final = drawing
        self._rows: Final = rows
        self._lines: list[list[Segment]] = []
        self._control = ""
        if drawing is Drawing.BLOCKS:
            self._lines = _block_lines(data, rows)
        elif drawing is Drawing.ITERM:
            self._control = _iterm_sequence(data, rows)
        elif drawing is Drawing.KITTY:
            self._control = _kitty_sequence(data, rows)

    @property
    def is_drawable(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self._lines or self._control)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it."""
        if self._control:
            # The cursor stays where it is, so the lines below it are ordinary empty ones to rich.
            yield Segment(self._control, None, [(ControlType.BELL,)])
            for _ in range(self._rows):
                yield Segment.line()
            return
        for line in self._lines:
            yield from line
            yield Segment.line()


def _iterm_sequence(data: bytes, rows: int) -> str:
    encoded = base64.b64encode(data).decode("ascii")
    return f"\x1b]1337;File=inline=1;height={rows};preserveAspectRatio=1;doNotMoveCursor=1:{encoded}\x07"


def _kitty_sequence(data: bytes, rows: int) -> str:
    png = data if data.startswith(_PNG) else _as_png(data)
    if png is None:
        return ""
    encoded = base64.b64encode(png).decode("ascii")
    chunks = [encoded[start : start + _CHUNK] for start in range(0, len(encoded), _CHUNK)]
    first = f"a=T,f=100,q=2,C=1,r={rows},i={_KITTY_ID},p=1,"
    return "".join(
        f"\x1b_G{first if index == 0 else ''}m={int(index < len(chunks) - 1)};{chunk}\x1b\\"
        for index, chunk in enumerate(chunks)
    )


def _block_lines(data: bytes, rows: int) -> list[list[Segment]]:
    image = _opened(data)
    if image is None:
        return []
    # A character cell is about twice as high as wide, and a half block shows two pixels of it.
    height = rows * 2
    width = max(1, min(round(image.width * height / image.height), 100))
    pixels = image.convert("RGB").resize((width, height))
    return [list(_block_line(pixels, row, width)) for row in range(rows)]


def _block_line(pixels: Any, row: int, width: int) -> Iterator[Segment]:
    for column in range(width):
        upper, lower = pixels.getpixel((column, 2 * row)), pixels.getpixel((column, 2 * row + 1))
        yield Segment("\N{UPPER HALF BLOCK}", Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower)))


def _as_png(data: bytes) -> bytes | None:
    image = _opened(data)
    if image is None:
        return None
    with io.BytesIO() as file:
        image.convert("RGB").save(file, format="PNG")
        return file.getvalue()


def _opened(data: bytes) -> Any:
    pillow = _pillow()
    if pillow is None:
        return None
    try:
        image = pillow.open(io.BytesIO(data))
        image.load()
    except Exception:  # noqa: BLE001 - a decoder may raise anything, and a preview is not worth a run
        return None
    return image


def _pillow() -> Any:
    try:
        return import_module("PIL.Image")
    except ImportError:
        return None
