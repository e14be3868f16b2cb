"""Where a file of the server is saved to, and that nothing half-written is left there.

Names come from the server and are not trusted. One that could lead out of the directory is refused; one that is merely
unfit (a device's name, a hidden file's, one with control characters, one too long) is changed into a safe one.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import BinaryIO, Final

from comfy_facade.errors import UnsafePathError

# What file systems take is 255 bytes; a few are left for whoever adds to the name.
_LONGEST_NAME: Final = 200
_LONGEST_SUFFIX: Final = 20
# Windows takes these for devices in every directory and with every suffix.
_DEVICES: Final = frozenset(
    {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
    | {
        f"{port}{number}"
        for port in ("COM", "LPT")
        for number in "0123456789\N{SUPERSCRIPT ONE}\N{SUPERSCRIPT TWO}\N{SUPERSCRIPT THREE}"
    }
)
_FORBIDDEN_ON_WINDOWS: Final = frozenset('<>"|?*')


def target_path(filename: str, to: str | os.PathLike[str]) -> Path:
    """Decide the path to write to.

    Args:
        filename: The name that the server gave.
        to: A directory or a file path, see `OutputFile.save`.

    Returns:
        The path of the file.

    Raises:
        UnsafePathError: `to` is a directory and `filename` would leave it.
    """
    path = Path(to)
    is_directory = os.fspath(to).endswith((os.sep, "/")) or path.is_dir() or not path.suffix
    return path / safe_name(filename) if is_directory else path


def free_path(directory: str | os.PathLike[str], filename: str) -> Path:
    """Find a name that is not taken, so that nothing is replaced.

    Args:
        directory: Where to.
        filename: The name that the server gave.

    Returns:
        The path: with the file's own safe name, or with a number after it.

    Raises:
        UnsafePathError: The name would leave the directory.
    """
    path = Path(directory) / safe_name(filename)
    number = 1
    free = path
    # A dangling link is taken too, although nothing exists where it leads.
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return free


def safe_name(filename: str) -> str:
    """Make a name that is a file's in any directory on every system.

    Args:
        filename: The name that the server gave.

    Returns:
        The same name if it is fit; else one made of it, with a mark that tells it from every other.

    Raises:
        UnsafePathError: It is a path, not a name.
    """
    name = "".join(char if _is_fit(char) else "_" for char in plain_name(filename)).rstrip(". ")
    if name.startswith(".") or not name:
        name = f"_{name[1:]}"
    if name.partition(".")[0].rstrip().upper() in _DEVICES:
        name = f"_{name}"
    if name == filename and len(os.fsencode(name)) <= _LONGEST_NAME:
        return name
    mark = hashlib.sha256(filename.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    suffix = PurePath(name).suffix
    stem = name.removesuffix(suffix)
    if len(os.fsencode(suffix)) > _LONGEST_SUFFIX:
        stem, suffix = name, ""
    room = _LONGEST_NAME - len(os.fsencode(suffix)) - len(mark) - 1
    return f"{_cut(stem, room)}~{mark}{suffix}"


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


def _is_fit(char: str) -> bool:
    # Beside control characters these are marks that turn the direction of writing, and so hide the real suffix.
    return char.isprintable() and not (os.name == "nt" and char in _FORBIDDEN_ON_WINDOWS)


def _cut(text: str, room: int) -> str:
    return text.encode("utf-8", "replace")[:room].decode("utf-8", "ignore")


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
