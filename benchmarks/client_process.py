"""The process that is measured: `python -m benchmarks.client_process ROW VARIANT ARGUMENTS...`.

It does its work once for every line it reads, and answers each with a line of JSON: the cost.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import Sequence

from benchmarks.cost import Cost
from benchmarks.work import work_for


def main(row: str, variant: str, arguments: Sequence[str]) -> None:
    """Work until there are no more lines.

    Args:
        row: The row of the table.
        variant: Which way to do its work.
        arguments: What the work is told.
    """
    # What stands in the environment for development shall not count: this is the package without extras.
    sys.modules["opentelemetry"] = None  # type: ignore[assignment]
    work = work_for(row, variant)
    for _ in sys.stdin:
        gc.collect()
        done = work(*arguments)
        cost = done if isinstance(done, Cost) else asyncio.run(done)
        print(json.dumps(cost.as_json()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
