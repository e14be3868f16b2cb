"""Servers in processes of their own, so that what a client costs is measured alone."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Final

_ADDRESS: Final = re.compile(r"http://\S+")
ROOT: Final = Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def emulator() -> Generator[str]:
    """Run the emulator for as long as a block lasts.

    Yields:
        Its address.
    """
    with _running([sys.executable, "-m", "comfy_emulator", "--port", "0"]) as address:
        yield address


@contextlib.contextmanager
def flood_server(file: Path) -> Generator[str]:
    """Run the flood server for as long as a block lasts.

    Args:
        file: What it gives for download.

    Yields:
        Its address.
    """
    with _running([sys.executable, "-m", "benchmarks.flood", str(file)]) as address:
        yield address


@contextlib.contextmanager
def _running(command: Sequence[str]) -> Generator[str]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = _ADDRESS.search(line)
        if address is None:
            raise RuntimeError(f"{' '.join(command)} told no address but {line!r}")
        yield address[0]
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
