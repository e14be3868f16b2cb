"""Programs of the documents, each run by a process of its own that has the packages loaded already.

Duty: run Python text as `python -W error -c TEXT` would, without the half second that imports take: a process that
imported everything once forks for each program. Where forking is not safe, each gets a process that imports for
itself. It runs nothing twice and shares nothing between programs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_SERVER = Path(__file__).with_name("program_server.py")


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    Attributes:
        returncode: Its exit code.
        stdout: What it printed.
        stderr: What it complained of.
    """

    returncode: int
    stdout: str
    stderr: str


class Programs:
    """Runs programs; a context manager."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Run no more."""

    def run(self, text: str, directory: Path, environment: Mapping[str, str]) -> Ended:
        """Run a program and wait for its end.

        Args:
            text: The program.
            directory: Where it runs.
            environment: What is set beside this process's own environment.

        Returns:
            How it ended.
        """
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", text],
            cwd=directory,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)


class ForkedPrograms(Programs):
    """Runs programs in forks of a process that imported everything."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-W", "error", _SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __exit__(self, *_: object) -> None:
        if sys.platform == "win32":
            raise NotImplementedError
        if self._server.returncode is None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.communicate()

    def run(self, text: str, directory: Path, environment: Mapping[str, str]) -> Ended:
        """Run a program and wait for its end, see `Programs.run`."""
        stdin, stdout = self._server.stdin, self._server.stdout
        assert stdin is not None
        assert stdout is not None
        told, complained = directory / ".stdout", directory / ".stderr"
        order = {
            "text": text,
            "directory": os.fspath(directory),
            "environment": dict(environment),
            "stdout": os.fspath(told),
            "stderr": os.fspath(complained),
        }
        try:
            stdin.write(f"{json.dumps(order)}\n")
            stdin.flush()
            returncode = int(stdout.readline())
        except BaseException:
            # A program that was given up goes on otherwise, and its end would be taken for that of the next.
            self.__exit__()
            raise
        return Ended(returncode, told.read_text(encoding="utf-8"), complained.read_text(encoding="utf-8"))


def quickest_programs() -> Programs:
    """Give what runs programs on this system."""
    # On macOS what is imported cannot be forked: its system libraries end a child that asks them for proxies.
    return ForkedPrograms() if sys.platform == "linux" else Programs()
