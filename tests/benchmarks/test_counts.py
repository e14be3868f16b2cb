"""What a run costs, in counts that do not depend on how fast or busy a machine is.

A change that makes a run cost more fails here. If that is what it has to cost, `python -m benchmarks.store_counts`
writes the new values, and the difference is there for a reviewer to see.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from benchmarks.counts import Counts, count_calls, count_runs
from comfy_ws import decode

STORED: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "benchmarks" / "counts.json").read_text(encoding="utf-8")
)
RUNS = 50

# Calls are the interpreter's and the libraries' too: their other versions make more of them, or fewer.
IS_AS_STORED = STORED["python"] == f"{sys.version_info.major}.{sys.version_info.minor}" and all(
    version(name) == number for name, number in STORED["packages"].items()
)


async def runs(count: int = RUNS, **options: int) -> Counts:
    return await count_runs(count, **options)


async def test_a_run_makes_one_request_and_parses_each_frame_once() -> None:
    counts = await runs()
    assert counts.per_run("requests") == STORED["requests"] == 1
    assert counts.per_run("frames") == STORED["frames"]
    # Those that nobody reads are not parsed at all.
    assert counts.per_run("parsed") == STORED["parsed"]


@pytest.mark.skipif(not IS_AS_STORED, reason="the stored values are of other versions of Python or of the libraries")
async def test_a_run_makes_no_more_calls_than_before() -> None:
    counts = await runs()
    assert counts.per_run("calls") <= 1.05 * STORED["calls"]


async def test_many_runs_cost_what_few_do() -> None:
    few, many = await runs(), await runs(4 * RUNS)
    assert many.per_run("calls") <= 1.02 * few.per_run("calls")


async def test_a_run_costs_the_same_after_hundreds_of_others() -> None:
    early, late = await runs(), await runs(before=500)
    assert late.per_run("calls") <= 1.02 * early.per_run("calls")
    assert late.per_run("requests") == 1


async def test_finished_runs_leave_no_memory_behind() -> None:
    counts = await runs(300)
    # Some caches and pools of the interpreter still settle; what each run left would be hundreds of blocks.
    assert counts.per_run("blocks") < 2


async def test_runs_in_flight_do_not_slow_each_other() -> None:
    alone, together = await runs(100), await runs(100, in_flight=50)
    assert together.per_run("calls") <= 1.2 * alone.per_run("calls")
    assert together.per_run("requests") == 1


async def test_cost_grows_with_the_graph_and_no_faster() -> None:
    counts = [(await runs(10, nodes=nodes)).per_run("calls") for nodes in (100, 200, 400)]
    assert counts[2] - counts[1] <= 1.1 * 2 * (counts[1] - counts[0])


async def test_progress_that_nobody_reads_costs_the_same_whatever_the_graph() -> None:
    async def of_a_frame(nodes: int) -> float:
        few, many = await runs(10, nodes=nodes, states=0), await runs(10, nodes=nodes, states=50)
        assert many.parsed == few.parsed
        return (many.per_run("calls") - few.per_run("calls")) / 50

    assert await of_a_frame(500) <= 1.1 * await of_a_frame(5)


def test_previews_are_described_once() -> None:
    described = b'{"node_id": "7", "prompt_id": "a", "image_type": "image/jpeg"}'
    frame = b"\0\0\0\x04" + len(described).to_bytes(4, "big") + described + b"\xff\xd8\xff"
    first = count_calls(lambda: decode(frame))
    again = count_calls(lambda: decode(frame))
    assert again < first / 2
