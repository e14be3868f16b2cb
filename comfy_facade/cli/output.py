"""Where everything a command says goes: results to standard output, all else to standard error.

With `--json` standard output holds one JSON object a line and nothing else. Tables are drawn for terminals; pipes get
the same cells with tabs between them. Whether a stream is a terminal is the stream's to say: `FORCE_COLOR` and
`NO_COLOR` decide on colour alone. It decides nothing about what is said.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from comfy_facade.cli.printable import json_line, one_line, printable

_RESULTS: Final = "standard output"


class Output:
    """Standard output and standard error of one command.

    Args:
        is_json: Whether programs read standard output.
        is_debug: Whether to show tracebacks and the log.

    Attributes:
        terminal: Standard error, for notes and live displays.
    """

    def __init__(self, *, is_json: bool = False, is_debug: bool = False) -> None:
        self.is_json: Final = is_json
        self.is_debug: Final = is_debug
        self.terminal: Final[Console] = _StandardError(stderr=True, highlight=False, markup=False, soft_wrap=True)
        self._screen: Final = Console(highlight=False, markup=False, soft_wrap=True)

    @property
    def is_live(self) -> bool:
        """Whether a person watches, so that a display may move."""
        return is_terminal(sys.stderr) and not self.terminal.is_dumb_terminal and not self.is_json

    def record(self, record: Mapping[str, Any]) -> None:
        """Write a result for programs; nothing without `--json`.

        Args:
            record: A JSON object.
        """
        if self.is_json:
            self._write(json_line(record))

    def line(self, text: str) -> None:
        """Write a line of the result for people and pipes; nothing with `--json`.

        Args:
            text: The line.
        """
        if not self.is_json:
            self._write(printable(text))

    def result(self, record: Mapping[str, Any], text: str) -> None:
        """Write a result: the object for programs, or the line for people.

        Args:
            record: A JSON object.
            text: The line.
        """
        self.record(record)
        self.line(text)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write rows of the result for people and pipes; nothing with `--json`.

        Args:
            headings: The columns' headings, shown in terminals only.
            rows: The cells.
        """
        if self.is_json:
            return
        if not is_terminal(sys.stdout):
            for row in rows:
                self._write("\t".join(one_line(cell, 10_000) for cell in row))
            return
        is_headed = any(headings)
        shape = box.SIMPLE_HEAD if is_headed else None
        table = Table(box=shape, show_header=is_headed, pad_edge=False, header_style="bold")
        for heading in headings:
            table.add_column(heading, overflow="fold")
        for row in rows:
            table.add_row(*(Text(one_line(cell, 2_000)) for cell in row))
        self._screen.print(table, soft_wrap=False)

    def note(self, text: str, style: str = "dim") -> None:
        """Tell a person something beside the result.

        Args:
            text: What.
            style: How it looks in a terminal.
        """
        self._tell(Text(printable(text), style=style))

    def failure(self, problem: str, advice: str) -> None:
        """Tell a person what went wrong, in two lines, and with `--debug` where.

        Args:
            problem: What happened.
            advice: What to do.
        """
        if self.is_debug and sys.exc_info()[0] is not None:
            self._tell(Text(printable(traceback.format_exc().rstrip())))
        self._tell(Text.assemble(("comfy-facade: ", "bold red"), problem))
        self._tell(Text(advice, style="dim"))

    def _tell(self, text: Text) -> None:
        # Nobody can be told that nobody can be told anything.
        with contextlib.suppress(OSError):
            self.terminal.print(text)

    def _write(self, line: str) -> None:
        if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] - closed before the program began
            raise BrokenPipeError(errno.EPIPE, "nobody reads it", _RESULTS)
        try:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        except OSError as error:
            _discard(sys.stdout)
            raise OSError(error.errno, error.strerror, _RESULTS) from error


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a person is at a stream, whatever the environment says of colour.

    Args:
        stream: A standard stream; `None` where it was closed before the program began.

    Returns:
        Whether it is a terminal.
    """
    return stream is not None and not stream.closed and stream.isatty()


class _StandardError(Console):
    """A console that goes quiet when its reader is gone; rich would end the program, with its results."""

    def on_broken_pipe(self) -> None:
        """Say nothing from now on."""
        self.quiet = True
        _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    """Let nothing of a stream that fails be written, for what is left in its buffer would complain at the end."""
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())
