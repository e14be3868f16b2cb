"""The command line of the counts: `python -m benchmarks.count '[{"runs": 100}]'`, in a process that did nothing else.

It takes a list of what `count_runs` takes, and prints the counts as JSON.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from benchmarks.servers import ROOT


def counted(*wanted: Mapping[str, int]) -> list[dict[str, int]]:
    """Count in a process of its own.

    Args:
        wanted: What `count_runs` takes, any number of times.

    Returns:
        The counts, in the same order.
    """
    command = [sys.executable, "-m", "benchmarks.count", json.dumps(wanted)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    answer: list[dict[str, int]] = json.loads(done.stdout)
    return answer


def main(wanted: Sequence[Mapping[str, int]]) -> None:
    """Count and print.

    Args:
        wanted: What `count_runs` takes, any number of times.
    """
    # Tracing is there in some environments and not in others.
    sys.modules["opentelemetry"] = None  # type: ignore[assignment]
    from benchmarks.counts import count_runs

    print(json.dumps([asdict(asyncio.run(count_runs(**options))) for options in wanted]))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
