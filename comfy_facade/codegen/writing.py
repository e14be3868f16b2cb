"""Module texts in files.

Duty: write a module so that a file is either the old one or the new one, never a part, and have it compiled, so that
not even its first import takes longer. It makes no folder but Python's own for compiled files.
"""

from __future__ import annotations

import os
import py_compile
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from comfy_facade.codegen.module_text import generate_module


def write_module(node_defs: Mapping[str, Any], to: str | os.PathLike[str], *, source: str = "") -> Path:
    """Write a typed module for the nodes of a server into a file.

    Args:
        node_defs: The server's definitions by class name, as `GET /object_info` or `get_node_defs()` gives them.
        to: The file, such as `nodes.py`; it is replaced if it exists, and left alone if its text would be the same.
            Terminals and pipes are written to.
        source: Where the definitions are from, to be named in the module's documentation.

    Returns:
        The file.

    Raises:
        OSError: If the file cannot be written.
    """
    path = Path(to)
    text = generate_module(node_defs, source=source)
    if path.exists() and not path.is_file():
        # A terminal or a pipe is written to, not replaced.
        path.write_text(text, encoding="utf-8", newline="\n")
        return path
    content = text.encode()
    # A link stays one: what it leads to is replaced.
    file = path.resolve()
    if not (file.exists() and file.read_bytes() == content):
        _replace(file, content)
    if file.suffix == ".py":
        # Reading some hundred functions takes Python several times as long as loading them compiled.
        with suppress(OSError):
            py_compile.compile(str(file), doraise=True)
    return path


def _replace(file: Path, content: bytes) -> None:
    mode = file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~_creation_mask()
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
        unfinished.chmod(mode)
        unfinished.replace(file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _creation_mask() -> int:
    # It can only be read by setting it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
