"""A live display of progress for notebooks and plain terminals, made to be given as `on_progress`.

It needs no package but IPython, which notebooks have. The command line has a display of its own.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
import unicodedata
from collections.abc import Callable
from html import escape
from importlib import import_module
from typing import Any, Final, TextIO

from comfy_facade.progress import RunProgress

_WIDTH: Final = 28
_LEAST_WIDTH: Final = 10
# More often than this nobody can read.
_PAUSE: Final = 0.1


class ProgressDisplay:
    """Shows the progress of a run: a bar that moves in a notebook or a terminal, lines elsewhere.

    Args:
        stream: Where to, outside notebooks; standard error by default.

    Example:
        ```python
        result = client.run_prompt(prompt, on_progress=ProgressDisplay())
        ```
    """

    def __init__(self, stream: TextIO | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream: Final = sys.stderr if stream is None else stream
        self._clock: Final = clock
        self._shown_at = -1.0
        self._said = ""
        self._width = 0
        self._handle: Any = None
        self._notebook: Final[Any] = _notebook_display() if stream is None else None

    def __call__(self, progress: RunProgress) -> None:
        """Show how far the run is.

        Args:
            progress: The progress.
        """
        is_end = progress.fraction >= 1
        if not is_end and self._clock() - self._shown_at < _PAUSE:
            return
        self._shown_at = self._clock()
        if self._notebook is not None:
            self._show_in_notebook(progress)
        elif self._stream.isatty():
            # A line that reaches the last column may wrap, and then it moves no more.
            room = max(_columns(self._stream) - 1, 1)
            line = progress_line(progress, room)
            width = _width_of(line)
            padding = " " * (min(self._width, room) - width)
            self._width = 0 if is_end else width
            self._stream.write(f"\r{line}{padding}" + ("\n" if is_end else ""))
            self._stream.flush()
        else:
            self._say(progress)

    def _say(self, progress: RunProgress) -> None:
        # A log wants to know which node runs, not every step of it.
        said = progress.node_title or progress.node_id or ("done" if progress.fraction >= 1 else "")
        if said and said != self._said:
            self._said = said
            self._stream.write(f"{progress.fraction:4.0%} {_printable(said)}\n")
            self._stream.flush()

    def _show_in_notebook(self, progress: RunProgress) -> None:
        display: Any = self._notebook
        content = {"text/html": progress_html(progress), "text/plain": progress_line(progress)}
        if self._handle is None:
            self._handle = display.display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)
        if progress.fraction >= 1:
            self._handle = None


def progress_line(progress: RunProgress, room: int | None = None) -> str:
    """Write progress as a line of text.

    Args:
        progress: The progress.
        room: How many columns of a terminal it may take; as many as it needs by default.

    Returns:
        The line; where there is little room, the bar gets shorter first, then the title, then the whole.
    """
    steps = f" {progress.value:g}/{progress.max:g}" if progress.max > 0 else ""
    left = "" if progress.remaining is None or progress.fraction >= 1 else f", {progress.remaining:.0f} s left"
    title = _printable(progress.node_title or "")[:40]
    text = f" {progress.fraction:4.0%} {progress.elapsed:.0f} s{left} "
    bar_width = _WIDTH
    if room is not None:
        room_for_both = room - 2 - _width_of(text + steps)
        bar_width = min(_WIDTH, max(_LEAST_WIDTH, room_for_both - _width_of(title)))
        title = _cut(title, room_for_both - bar_width)
    done = int(progress.fraction * bar_width)
    line = f"[{'#' * done}{'.' * (bar_width - done)}]{text}{title}{steps}".rstrip()
    return line if room is None else _cut(line, room)


def progress_html(progress: RunProgress) -> str:
    """Write progress as HTML.

    Args:
        progress: The progress.

    Returns:
        A bar and what stands behind it.
    """
    text = progress_line(progress).partition("] ")[2]
    return f'<progress value="{progress.fraction:.4f}" max="1"></progress> {escape(text)}'


def _columns(stream: TextIO) -> int:
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (AttributeError, OSError, ValueError):
        columns = 0
    return columns or shutil.get_terminal_size().columns


def _width_of(text: str) -> int:
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"F", "W"} else 1


def _cut(text: str, room: int) -> str:
    kept = ""
    for char in text:
        room -= _char_width(char)
        if room < 0:
            break
        kept += char
    return kept


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _notebook_display() -> Any:
    # Looked up and not imported: where IPython does not run already, this is no notebook.
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    return import_module("IPython.display")
