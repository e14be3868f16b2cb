"""Instructions a run takes, counted by valgrind: `python -m benchmarks.instructions [ROW ...]`.

Seconds depend on the machine and its mood; instructions hardly do, and their ratio to those of the script by hand
less still. Exits with 1 if the SDK takes more of them than `_LIMITS` allows, and with 0 where there is no valgrind.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from benchmarks import servers
from benchmarks.turns import BOUND, OURS

_FEW: Final = 5
_MANY: Final = 55
_COLLECTED: Final = re.compile(r"Collected : (\d+)")
# Ratios to the script by hand; they were measured at 0.99 to 1.02 and 0.99 to 1.07.
_LIMITS: Final = {"latency": 1.05, "latency sync": 1.12}
# How many frames come at once, and how often the keeper of a synchronous client's loop looks after it, is a matter of
# time, which passes slowly under valgrind: an excess counts if it comes twice.
_TRIES: Final = 2
_TIME_LIMIT: Final = 600


def main(rows: Sequence[str]) -> int:
    """Count, and print what was counted.

    Args:
        rows: Which rows of the table; all that have a limit if there are none.

    Returns:
        The exit status.
    """
    if shutil.which("valgrind") is None:
        print("no valgrind here: instructions are not counted")
        return 0
    with servers.emulator() as url:
        # All of them, each printed, and not only up to the first.
        met = [_is_within_limit(url, row) for row in rows or _LIMITS]
    return int(not all(met))


def _is_within_limit(url: str, row: str) -> bool:
    for _ in range(_TRIES):
        bound, ours = _per_run(url, "latency", BOUND), _per_run(url, row, OURS)
        print(
            f"{row}: {ours / 1000:,.0f} thousand instructions a run, by hand {bound / 1000:,.0f} thousand, "
            f"{ours / bound:.3f} times (at most {_LIMITS[row]})",
            flush=True,
        )
        if ours / bound <= _LIMITS[row]:
            return True
    return False


def _per_run(url: str, row: str, variant: str) -> float:
    # Whoever imports a module first compiles it, and both counts would differ by that too.
    _run(url, row, variant, 1)
    # The difference of two counts is free of what is done once: imports, connections, the interpreter's own start.
    with ThreadPoolExecutor(2) as pool:
        few, many = pool.map(lambda runs: _count(url, row, variant, runs), (_FEW, _MANY))
    return (many - few) / (_MANY - _FEW)


def _count(url: str, row: str, variant: str, runs: int) -> int:
    said = _run(url, row, variant, runs, "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
    found = _COLLECTED.search(said)
    if found is None:
        raise RuntimeError(f"valgrind counted nothing: {said[-2000:]}")
    return int(found.group(1))


def _run(url: str, row: str, variant: str, runs: int, *within: str) -> str:
    done = subprocess.run(
        [*within, sys.executable, "-m", "benchmarks.client_process", row, variant, url, str(runs)],
        input="turn\n",
        capture_output=True,
        text=True,
        cwd=servers.ROOT,
        # Otherwise each process finds its texts in another order.
        env={**os.environ, "PYTHONHASHSEED": "0"},
        timeout=_TIME_LIMIT,
        check=True,
    )
    return done.stderr


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
