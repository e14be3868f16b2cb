"""The command line: `python -m benchmarks`, see `make bench`.

Measures the rows that are asked for, prints a table, and writes JSON and the table in the documents.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks import imports, report, servers, turns
from benchmarks.cost import Cost
from benchmarks.rows import GIB, MIB, ROWS, Row, as_json
from benchmarks.surroundings import load, surroundings

# Real servers take no larger upload unless they are told to.
_REAL_SERVERS_FILE: Final = 64 * MIB
_MEMORY: Final = Path("/dev/shm")
_FILENAME: Final = "comfy-facade-benchmark.bin"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure.

    Args:
        arguments: The command line without the program's name; that of the process if absent.

    Returns:
        The exit status, 0 whatever was measured: a busy machine is no failure.
    """
    wanted = _parser().parse_args(arguments)
    url: str | None = os.environ.get("COMFYUI_URL") or None
    rows = [row for row in ROWS if (not wanted.rows or row.name in wanted.rows) and (url is None or row.real_server)]
    result = surroundings(url)
    result["file_bytes"] = GIB if url is None else _REAL_SERVERS_FILE
    result["rows"] = []
    path = report.RESULTS
    with contextlib.ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="comfy-facade-benchmarks-", dir=_in_memory()))
        )
        file = _written(folder / _FILENAME, result["file_bytes"])
        addresses = {"comfyui": url or stack.enter_context(servers.emulator()), "": ""}
        addresses["flood"] = url or stack.enter_context(servers.flood_server(file))
        if url is not None:
            _put_on_server(url, file)
        for row in rows:
            measured = as_json(row, _measured(row, addresses[row.server], file, row.rounds or wanted.rounds))
            result["rows"].append(measured)
            result["load_after"] = load()
            path = report.store("emulator" if url is None else "server", result)
            print("\n".join(list(report.table([measured]))[0 if row is rows[0] else 2 :]), flush=True)
            report.rewrite_document()
    print(path)
    return 0


def _measured(row: Row, address: str, file: Path, rounds: int) -> Mapping[str, Sequence[Cost]]:
    if row.name.startswith("import"):
        statement = imports.CLIENT if row.name == "import client" else imports.PACKAGE
        return imports.interleaved(statement, rounds=rounds)
    filled: dict[str, Any] = {"file": file, "name": file.name, "folder": file.parent}
    told = [argument.format(**filled) for argument in row.arguments]
    return turns.interleaved(
        row.name, row.variants, [address, *told] if address else told, rounds=rounds, warm_up=row.rounds is None
    )


def _put_on_server(url: str, file: Path) -> None:
    with file.open("rb") as content:
        fields = {"type": "input", "overwrite": "true"}
        httpx.post(f"{url}/api/upload/image", files={"image": content}, data=fields, timeout=60).raise_for_status()


def _in_memory() -> Path | None:
    # A disk is as fast as what else it has to write, by which neither client is any better or worse.
    is_roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 4 * GIB
    return _MEMORY if is_roomy else None


def _written(path: Path, size: int) -> Path:
    # Not zeros, which file systems and networks may treat better than any file that somebody has.
    block = os.urandom(MIB)
    with path.open("wb") as file:
        for _ in range(size // MIB):
            file.write(block)
    return path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="What the SDK costs beside a script written by hand; COMFYUI_URL names a real server.",
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help="rows to measure (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
