"""Writes the counts that the guard holds later versions to: `python -m benchmarks.store_counts`."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from typing import Final

from benchmarks.count import counted
from benchmarks.counts import Counts
from benchmarks.servers import ROOT

_RUNS: Final = 200
_LIBRARIES: Final = ("anyio", "attrs", "httpx", "websockets")


def main() -> None:
    """Count, and write what was counted."""
    counts = Counts(**counted({"runs": _RUNS})[0])
    stored = {
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "packages": {name: version(name) for name in _LIBRARIES},
        "requests": counts.per_run("requests"),
        "frames": counts.per_run("frames"),
        "parsed": counts.per_run("parsed"),
        "calls": round(counts.per_run("calls")),
    }
    path = ROOT / "benchmarks" / "counts.json"
    path.write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
