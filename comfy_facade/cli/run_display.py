"""What a person sees of a run: a line that moves, the queue position before it, and previews above it.

It shows a `RunProgress` and pictures; where nobody watches it shows nothing.
"""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from comfy_facade.cli.output import Output
from comfy_facade.cli.pictures import Drawing, Picture, choose_drawing
from comfy_facade.cli.printable import duration_text, one_line
from comfy_facade.progress import RunProgress

_REFRESHES: Final = 8


class RunDisplay:
    """A live display of one run; a context manager. Results are written when it is over.

    Args:
        output: The terminal.
        drawing: How to draw previews.
        label: What tells the run from others.
    """

    def __init__(self, output: Output, drawing: Drawing = Drawing.OFF, label: str = "") -> None:
        console: Console = output.terminal
        self._drawing: Final = choose_drawing(drawing, console, os.environ)
        self._progress = RunProgress()
        self._label: Final = label
        self._picture: Picture | None = None
        self._spinner: Final = Spinner("dots", style="cyan")
        self._since: Final = time.monotonic()
        self._live: Final = (
            Live(
                console=console,
                refresh_per_second=_REFRESHES,
                transient=True,
                get_renderable=self._render,
                # Standard output is the results' and may be a pipe.
                redirect_stdout=False,
                redirect_stderr=False,
            )
            if output.is_live
            else None
        )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, progress: RunProgress) -> None:
        """Show how far the run is.

        Args:
            progress: The progress.
        """
        self._progress = progress

    def preview(self, data: bytes) -> None:
        """Show a preview.

        Args:
            data: The encoded picture.
        """
        if self._live is not None and self._drawing is not Drawing.OFF:
            picture = Picture(data, self._drawing)
            self._picture = picture if picture.is_drawable else None

    def _render(self) -> RenderableType:
        line = self._line()
        return line if self._picture is None else Group(self._picture, line)

    def _line(self) -> RenderableType:
        progress = self._progress
        label = f"{self._label}  " if self._label else ""
        if progress.elapsed == 0.0 and progress.fraction == 0.0:
            waited = duration_text(time.monotonic() - self._since)
            position = progress.queue_position
            others = "" if position is None else f", {position} before it" if position else ", next"
            return _row(self._spinner, Text(f"{label}waiting{others}  {waited}", style="dim"))
        bar = ProgressBar(total=1.0, completed=progress.fraction, width=28)
        steps = f" {progress.value:g}/{progress.max:g}" if progress.max > 0 else ""
        title = one_line(progress.node_title or "", 28)
        left = "" if progress.remaining is None else f", {duration_text(progress.remaining)} left"
        return _row(
            self._spinner,
            bar,
            Text(f"{progress.fraction:4.0%}", style="bold"),
            Text(f"{duration_text(progress.elapsed)}{left}", style="dim"),
            Text(f"{label}{title}{steps}", style="cyan", no_wrap=True, overflow="ellipsis"),
        )


def _row(*cells: RenderableType) -> Table:
    grid = Table.grid(padding=(0, 1))
    for _ in cells:
        grid.add_column(no_wrap=True)
    grid.add_row(*cells)
    return grid
