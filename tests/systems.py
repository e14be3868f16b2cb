"""What differs from one machine to another, for tests that want to know it.

Duty: answer one question each, on every system that the suite runs on. What cannot be told there is said to be so.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path


def installed_program(name: str) -> Path:
    """Give a program that a package installed beside this interpreter.

    Raises:
        FileNotFoundError: There is none of that name.
    """
    # On Windows the interpreter lives in another folder, and programs end in `.exe`.
    folder = sysconfig.get_path("scripts")
    found = shutil.which(name, path=folder)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed in {folder}")
    return Path(found)


def open_files() -> int:
    """Count what this process has open; 0 where the system does not tell, as Windows."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        if os.path.isdir(folder):  # noqa: PTH112 - links that end meanwhile are nothing to look at
            return len(os.listdir(folder))  # noqa: PTH208
    return 0


def resident_bytes() -> int:
    """Tell how much of this process is in memory; 0 where there is no `/proc`."""
    if sys.platform != "linux":
        return 0
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def has_websockets(least: str) -> bool:
    """Tell whether the package `websockets` is of a version or a later one; older ones can do less."""

    def numbers(text: str) -> tuple[int, ...]:
        return tuple(int(part) for part in text.split(".")[:2])

    return numbers(version("websockets")) >= numbers(least)
