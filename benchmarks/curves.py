"""How the cost of a run grows: with runs in flight, with nodes, with the server's history.

`python -m benchmarks.curves` measures on the emulator and writes `benchmarks/curves.json`; with `--draw` it only draws
the picture in the documents anew. Drawing needs matplotlib, of the extra `bench`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
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
from benchmarks.surroundings import load, surroundings
from benchmarks.work import prompts

VALUES: Final = ROOT / "benchmarks" / "curves.json"
PICTURE: Final = ROOT / "docs" / "performance.svg"

CURVES: Final = {"in flight": "runs in flight", "nodes": "nodes in the graph", "history": "history entries"}

_VARIANTS: Final = {turns.OURS: "comfy_facade", turns.BOUND: "script by hand"}
# By point, how many runs a turn takes: as many as make a turn long enough to be measured.
_IN_FLIGHT: Final = {1: 100, 10: 100, 100: 200, 1_000: 1_000}
_NODES: Final = {10: 40, 30: 20, 100: 10, 300: 4, 1_000: 2}
_HISTORY: Final = {0: 100, 10_000: 100}
_POSTS_AT_ONCE: Final = 32

_Points = Mapping[int, tuple[str, Sequence[str], int]]


def measure(rounds: int) -> dict[str, Any]:
    """Measure all curves.

    Args:
        rounds: How many times each point.

    Returns:
        Quartiles of the milliseconds of the client's processor time for a run, by curve, variant and point.
    """
    result: dict[str, Any] = surroundings(None)
    with servers.emulator() as url:
        result["in flight"] = _curve(
            {count: ("throughput", [url, str(runs), str(count)], runs) for count, runs in _IN_FLIGHT.items()}, rounds
        )
    with servers.emulator() as url:
        # Frames grow with the nodes, and so does their number.
        result["nodes"] = _curve(
            {nodes: ("graph", [url, str(nodes), str(runs)], runs) for nodes, runs in _NODES.items()}, rounds
        )
    with contextlib.ExitStack() as stack:
        points: dict[int, tuple[str, Sequence[str], int]] = {}
        for entries, runs in _HISTORY.items():
            url = stack.enter_context(servers.emulator())
            asyncio.run(_fill_history(url, entries))
            points[entries] = ("latency", [url, str(runs)], runs)
        result["history"] = _curve(points, rounds)
    result["load_after"] = load()
    return result


def _curve(points: _Points, rounds: int) -> dict[str, dict[int, list[float]]]:
    # All points take turns, so that a machine that is slow for a minute is slow for all.
    with contextlib.ExitStack() as stack:
        costs = turns.by_turns(
            {
                (variant, point): stack.enter_context(turns.client(work, variant, arguments))
                for point, (work, arguments, _) in points.items()
                for variant in _VARIANTS
            },
            rounds=rounds,
        )
    return {
        variant: {
            point: [
                round(quartile / runs * 1000, 3)
                for quartile in statistics.quantiles([cost.cpu for cost in costs[variant, point]], method="inclusive")
            ]
            for point, (_, _, runs) in points.items()
        }
        for variant in _VARIANTS
    }


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
    for axis, (curve, label) in zip(axes, CURVES.items(), strict=True):
        for number, (variant, name) in enumerate(_VARIANTS.items()):
            points = values[curve][variant]
            low, middle, high = zip(*points.values(), strict=True)
            spread = [
                [b - a for a, b in zip(low, middle, strict=True)],
                [b - a for a, b in zip(middle, high, strict=True)],
            ]
            if curve == "history":
                places = [place + 0.4 * number for place in range(len(points))]
                axis.bar(places, middle, width=0.4, yerr=spread, label=name)
                axis.set_xticks([place + 0.2 for place in range(len(points))], [f"{int(point):,}" for point in points])
            else:
                axis.errorbar([int(point) for point in points], middle, yerr=spread, marker="o", label=name)
                axis.set_xscale("log")
        if curve == "nodes":
            axis.set_yscale("log")
        else:
            axis.set_ylim(bottom=0)
        axis.set_xlabel(label)
        axis.grid(visible=True, alpha=0.3)
    axes[0].legend()
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
    parser.add_argument(
        "--rounds", type=int, default=7, help="how many times each point, at least 2 (default: %(default)s)"
    )
    parser.add_argument("--draw", action="store_true", help="only draw what was measured before")
    wanted = parser.parse_args(arguments)
    if not wanted.draw:
        VALUES.write_text(json.dumps(measure(wanted.rounds), indent=1) + "\n", encoding="utf-8")
    values = json.loads(VALUES.read_text(encoding="utf-8"))
    draw(values)
    for curve in CURVES:
        print(curve, values[curve])
    return 0


if __name__ == "__main__":
    sys.exit(main())
