"""Where a file of the server is saved to, and that nothing half-written is left there.

Names come from the server and are not trusted: only a plain file name ever becomes part of a path.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from comfy_facade.errors import UnsafePathError


def target_path(filename: str, to: str | os.PathLike[str]) -> Path:
    """Decide the path to write to.

    Args:
        filename: The name that the server gave.
        to: A directory or a file path, see `OutputFile.save`.

    Returns:
        The path of the file.

    Raises:
        UnsafePathError: `to` is a directory and `filename` is no plain file name.
    """
    path = Path(to)
    is_directory = os.fspath(to).endswith((os.sep, "/")) or path.is_dir() or not path.suffix
    return path / plain_name(filename) if is_directory else path


def plain_name(filename: str) -> str:
    """Check that a name is one part of a path and stays so on every system.

    Args:
        filename: The name that the server gave.

    Returns:
        The same name.

    Raises:
        UnsafePathError: It is not.
    """
    # Windows drops dots and spaces at the end of a name, which makes of ".. " the directory above.
    is_plain = filename.strip(". ") != "" and not any(mark in filename for mark in "/\\:\0")
    if not is_plain or not _is_encodable(filename):
        raise UnsafePathError(filename)
    return filename


def _is_encodable(filename: str) -> bool:
    try:
        os.fsencode(filename)
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def written_whole(path: Path) -> Generator[BinaryIO]:
    """Write a file that appears under its name only when it is complete.

    Args:
        path: Its name; missing directories are made, an existing file is replaced.

    Yields:
        The file to write to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with partial.open("xb") as file:
            yield file
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
