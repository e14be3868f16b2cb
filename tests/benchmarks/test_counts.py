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

from benchmarks.count import counted
from benchmarks.counts import Counts, count_calls
from comfy_ws import decode

STORED: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "benchmarks" / "counts.json").read_text(encoding="utf-8")
)

# Calls are the interpreter's and the libraries' too: their other versions make more of them, or fewer.
IS_AS_STORED = STORED["python"] == f"{sys.version_info.major}.{sys.version_info.minor}" and all(
    version(name) == number for name, number in STORED["packages"].items()
)

SCENARIOS = {
    "alone": {"runs": 50},
    "many": {"runs": 200},
    "late": {"runs": 50, "before": 400},
    "together": {"runs": 100, "in_flight": 50},
    "100 nodes": {"runs": 5, "nodes": 100},
    "200 nodes": {"runs": 5, "nodes": 200},
    "400 nodes": {"runs": 5, "nodes": 400},
    "small graph": {"runs": 5, "nodes": 5, "states": 0},
    "small graph, many states": {"runs": 5, "nodes": 5, "states": 50},
    "large graph": {"runs": 5, "nodes": 300, "states": 0},
    "large graph, many states": {"runs": 5, "nodes": 300, "states": 50},
}


@pytest.fixture(scope="module")
def counts() -> dict[str, Counts]:
    """All scenarios, counted in a process where no other test left anything behind."""
    return {name: Counts(**values) for name, values in zip(SCENARIOS, counted(*SCENARIOS.values()), strict=True)}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_run_makes_one_request(counts: dict[str, Counts], scenario: str) -> None:
    assert counts[scenario].per_run("requests") == STORED["requests"] == 1


def test_each_frame_is_parsed_once_or_not_at_all(counts: dict[str, Counts]) -> None:
    assert counts["alone"].per_run("frames") == STORED["frames"]
    assert counts["alone"].per_run("parsed") == STORED["parsed"]


@pytest.mark.skipif(not IS_AS_STORED, reason="the stored values are of other versions of Python or of the libraries")
def test_a_run_makes_no_more_calls_than_before(counts: dict[str, Counts]) -> None:
    assert counts["alone"].per_run("calls") <= 1.05 * STORED["calls"]


def test_many_runs_cost_what_few_do(counts: dict[str, Counts]) -> None:
    assert counts["many"].per_run("calls") <= 1.03 * counts["alone"].per_run("calls")


def test_a_run_costs_the_same_after_hundreds_of_others(counts: dict[str, Counts]) -> None:
    assert counts["late"].per_run("calls") <= 1.03 * counts["alone"].per_run("calls")


def test_finished_runs_leave_no_memory_behind(counts: dict[str, Counts]) -> None:
    # Some caches and pools of the interpreter still settle; what each run left would be hundreds of blocks.
    assert counts["many"].per_run("blocks") < 5


def test_runs_in_flight_do_not_slow_each_other(counts: dict[str, Counts]) -> None:
    assert counts["together"].per_run("calls") <= 1.2 * counts["alone"].per_run("calls")


def test_cost_grows_with_the_graph_and_no_faster(counts: dict[str, Counts]) -> None:
    small, medium, large = (counts[f"{nodes} nodes"].per_run("calls") for nodes in (100, 200, 400))
    assert large - medium <= 1.1 * 2 * (medium - small)


def test_progress_that_nobody_reads_costs_the_same_whatever_the_graph(counts: dict[str, Counts]) -> None:
    def of_a_frame(graph: str) -> float:
        none, many = counts[graph], counts[f"{graph}, many states"]
        assert many.parsed == none.parsed
        return (many.per_run("calls") - none.per_run("calls")) / 50

    assert of_a_frame("large graph") <= 1.1 * of_a_frame("small graph")


def test_previews_are_described_once() -> None:
    described = b'{"node_id": "7", "prompt_id": "a", "image_type": "image/jpeg"}'
    frame = b"\0\0\0\x04" + len(described).to_bytes(4, "big") + described + b"\xff\xd8\xff"
    first = count_calls(lambda: decode(frame))
    again = count_calls(lambda: decode(frame))
    assert again < first / 2
