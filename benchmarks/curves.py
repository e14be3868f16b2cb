"""How the cost of a run grows: with runs in flight, with nodes, with the server's history.

`python -m benchmarks.curves` measures on the emulator and writes `benchmarks/curves.json`; with `--draw` it only draws
the picture in the documents anew. Drawing needs matplotlib, of the extra `bench`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import uuid
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final

import aiohttp

from benchmarks import servers, turns
from benchmarks.servers import ROOT
from benchmarks.surroundings import surroundings
from benchmarks.work import prompts

VALUES: Final = ROOT / "benchmarks" / "curves.json"
PICTURE: Final = ROOT / "docs" / "performance.svg"

_IN_FLIGHT: Final = (1, 10, 100, 1_000)
_NODES: Final = (10, 30, 100, 300, 1_000)
_HISTORY: Final = (0, 10_000)
_POSTS_AT_ONCE: Final = 32


def measure(rounds: int) -> dict[str, Any]:
    """Measure all curves.

    Args:
        rounds: How many times each point.

    Returns:
        Milliseconds of the client's processor time for a run, by curve and point.
    """
    result: dict[str, Any] = surroundings(None)
    with servers.emulator() as url:
        result["in flight"] = {
            count: _per_run("in_flight", [url, str(count)], count, rounds if count > 1 else 10 * rounds)
            for count in _IN_FLIGHT
        }
    with servers.emulator() as url:
        # Frames grow with the nodes, and so does their number.
        runs = {nodes: 10 if nodes <= 100 else 2 for nodes in _NODES}
        result["nodes"] = {
            nodes: _per_run("graph", [url, str(nodes), str(count)], count, rounds) for nodes, count in runs.items()
        }
    with servers.emulator() as url:
        result["history"] = {}
        for entries in _HISTORY:
            asyncio.run(_fill_history(url, entries))
            result["history"][entries] = _per_run("latency", [url, "50"], 50, rounds)
    return result


def _per_run(work: str, arguments: Sequence[str], runs: int, rounds: int) -> float:
    (costs,) = turns.interleaved(work, [turns.OURS], arguments, rounds=rounds).values()
    return round(statistics.median(cost.cpu for cost in costs) / runs * 1000, 3)


async def _fill_history(url: str, entries: int) -> None:
    left = iter(range(entries))

    async def post(session: aiohttp.ClientSession) -> None:
        for _ in left:
            body = {"prompt": prompts.trivial(), "prompt_id": str(uuid.uuid4())}
            async with session.post(f"{url}/prompt", json=body) as response:
                response.raise_for_status()

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(post(session) for _ in range(_POSTS_AT_ONCE)))
        for _ in range(600):
            async with session.get(f"{url}/prompt") as response:
                if (await response.json())["exec_info"]["queue_remaining"] == 0:
                    return
            await asyncio.sleep(0.1)
    raise TimeoutError(f"the emulator has not run {entries} prompts in a minute")


def draw(values: Mapping[str, Any]) -> None:
    """Draw the curves.

    Args:
        values: What `measure` gave.
    """
    # By name, for type checkers need not find what only drawing needs.
    mpl: Any = import_module("matplotlib")
    mpl.use("svg")
    # The same picture for the same values, and letters that can be selected.
    mpl.rcParams.update({"svg.hashsalt": "comfy-facade", "svg.fonttype": "none", "font.size": 9})
    pyplot: Any = import_module("matplotlib.pyplot")
    figure, axes = pyplot.subplots(1, 3, figsize=(10, 3), layout="constrained")
    for axis, (curve, label) in zip(
        axes,
        (("in flight", "runs in flight"), ("nodes", "nodes in the graph"), ("history", "history entries")),
        strict=True,
    ):
        points = {int(point): value for point, value in values[curve].items()}
        if curve == "history":
            axis.bar([f"{point:,}" for point in points], list(points.values()), width=0.5)
        else:
            axis.plot(list(points), list(points.values()), marker="o")
            axis.set_xscale("log")
        if curve == "nodes":
            axis.set_yscale("log")
        else:
            axis.set_ylim(bottom=0)
        axis.set_xlabel(label)
        axis.grid(visible=True, alpha=0.3)
    axes[0].set_ylabel("client CPU for a run, ms")
    figure.savefig(PICTURE, metadata={"Date": None})
    # matplotlib ends lines with spaces, which this repository's checks do not take.
    lines = PICTURE.read_text(encoding="utf-8").splitlines()
    PICTURE.write_text("".join(f"{line.rstrip()}\n" for line in lines), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and draw.

    Args:
        arguments: The command line without the program's name; that of the process if absent.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curves", description="How the cost of a run grows.")
    parser.add_argument("--rounds", type=int, default=5, help="how many times each point (default: %(default)s)")
    parser.add_argument("--draw", action="store_true", help="only draw what was measured before")
    wanted = parser.parse_args(arguments)
    if not wanted.draw:
        VALUES.write_text(json.dumps(measure(wanted.rounds), indent=1) + "\n", encoding="utf-8")
    values = json.loads(VALUES.read_text(encoding="utf-8"))
    draw(values)
    for curve in ("in flight", "nodes", "history"):
        print(curve, values[curve])
    return 0


if __name__ == "__main__":
    sys.exit(main())
