"""Makes the wheel that a web page loads: the project's own, without what cannot run in a browser.

The emulator and its kin are servers, the command line belongs to a terminal, there are neither threads nor signals,
and the contracts are for people. The generated bindings lose docstrings and layout, modules that nobody imports by
name lose their docstrings, and the description its long text. Everything else is as it is in the whole wheel, under
the same name.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
LIMIT: Final = 400_000
"""The most bytes that a page is to load of this project."""

_LEFT_OUT: Final = (
    "comfy_emulator/",
    "comfy_fleet/",
    "comfy_facade/cli/",
    "comfy_facade/_contract/",
    "comfy_facade/_loop_keeping.py",
    "comfy_facade/_loop_thread.py",
    "comfy_facade/_waited_call.py",
    "comfy_facade/_signals.py",
)
_BINDINGS: Final = "comfy_rest/"
# Their lines keep their numbers, so that a traceback of a page can be read beside the repository.
_INNER: Final = re.compile(r"comfy_\w+/(?:workflow/(?:embedded|interface)/|_(?!_)).*\.py")
_FIXED_TIME: Final = (1980, 1, 1, 0, 0, 0)


def build(directory: Path) -> Path:
    """Make the wheel.

    Args:
        directory: Where to; older wheels of this project in it are removed.

    Returns:
        The wheel.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", scratch]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        (whole,) = Path(scratch).glob("*.whl")
        for old in directory.glob(f"{whole.name.partition('-')[0]}-*.whl"):
            old.unlink()
        target = directory / whole.name
        _repack(whole, target)
    return target


def _repack(whole: Path, target: Path) -> None:
    record: list[str] = []
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as kept:
        names = [name for name in source.namelist() if not _is_left_out(name)]
        (record_name,) = (name for name in names if name.endswith(".dist-info/RECORD"))
        for name in names:
            if name == record_name:
                continue
            content = source.read(name)
            if name.startswith(_BINDINGS) and name.endswith(".py"):
                content = shortened(content.decode()).encode()
            elif _INNER.fullmatch(name):
                content = without_docstrings(content.decode()).encode()
            elif name.endswith(".dist-info/METADATA"):
                content = content.partition(b"\n\n")[0] + b"\n"
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(content)}")
            kept.writestr(_entry(name), content)
        record.append(f"{record_name},,")
        kept.writestr(_entry(record_name), "\n".join(record) + "\n")


def _is_left_out(name: str) -> bool:
    # The entry points are those of the command line and of the emulator.
    return name.startswith(_LEFT_OUT) or name.endswith(".dist-info/entry_points.txt")


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _FIXED_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def shortened(code: str) -> str:
    """Take out of a module what does nothing: docstrings, comments, the layout.

    Args:
        code: The module.

    Returns:
        A module that does the same.
    """
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
            if not node.body and not isinstance(node, ast.Module):
                node.body.append(ast.Pass())
    return ast.unparse(tree) + "\n"


def without_docstrings(code: str) -> str:
    """Empty the docstrings of a module; every other line stays where it is.

    Args:
        code: The module.

    Returns:
        A module that does the same.
    """
    lines = code.split("\n")
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            said = node.body[0]
            rest = [""] * ((said.end_lineno or said.lineno) - said.lineno)
            lines[said.lineno - 1 : said.end_lineno] = [" " * said.col_offset + '""', *rest]
    return "\n".join(lines)


if __name__ == "__main__":
    made = build(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist" / "browser"))
    size = made.stat().st_size
    print(f"{made}: {size:,} bytes")
    sys.exit(size > LIMIT)
