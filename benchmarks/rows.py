"""The rows of the table: the work, its bound and its target.

It describes and judges; `benchmarks.turns` does.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.cost import Cost
from benchmarks.turns import BOUND, OURS

MIB: Final = 1 << 20
GIB: Final = 1 << 30


@dataclass(frozen=True)
class Limit:
    """What a row must not exceed.

    Attributes:
        of: `"wall"`, `"cpu"` (seconds), `"memory"` (bytes) or the name of a count.
        most: The most it may be; a multiple of the bound's if `is_ratio`.
        is_ratio: Whether it is compared with the bound.
    """

    of: str
    most: float
    is_ratio: bool = True

    def __str__(self) -> str:
        if self.is_ratio:
            return f"{self.most:g}x {'CPU' if self.of == 'cpu' else self.of}"
        return f"{shown(self.of, self.most)}{' CPU' if self.of == 'cpu' else ''}"


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        name: Its name, that of the functions that do its work.
        work: What is done.
        bound: What it is compared with, or `""`.
        limits: Its target.
        server: `"comfyui"` for the emulator or a real server, `"flood"` for the flood server, `""` for none.
        arguments: What the work is told after the server's address; `{file}`, `{folder}` and `{name}` are filled in.
        real_server: Whether it makes sense on a real server, whatever `server` says.
        rounds: How many rounds, where the number asked for would take too long.
    """

    name: str
    work: str
    bound: str
    limits: tuple[Limit, ...]
    server: str = "comfyui"
    arguments: tuple[str, ...] = ()
    real_server: bool = False
    rounds: int | None = None

    @property
    def variants(self) -> Sequence[str]:
        """Who does the work."""
        return (OURS, BOUND) if self.bound else (OURS,)


RAW: Final = "raw script"

ROWS: Final = (
    Row(
        "latency",
        "100 trivial prompts one after another, submit to outputs known",
        RAW,
        (Limit("wall", 1.05), Limit("cpu", 1.5)),
        arguments=("100",),
        real_server=True,
    ),
    Row(
        "latency sync",
        "the same with `ComfyUIApiClient`",
        RAW,
        (Limit("wall", 1.10),),
        arguments=("100",),
        real_server=True,
    ),
    Row(
        "throughput",
        "500 prompts, 100 in flight on one client",
        RAW,
        (Limit("wall", 1.05), Limit("cpu", 1.5)),
        arguments=("500", "100"),
        real_server=True,
    ),
    Row(
        "previews",
        "2,000 preview frames 256x256 with progress, all decoded and delivered",
        "raw receive and split",
        (Limit("cpu", 1.3),),
        server="flood",
        arguments=("2000",),
    ),
    Row(
        "storm",
        "20,000 `progress_state` frames of a 200-node graph, only control events read",
        "raw `json.loads` of each",
        (Limit("cpu", 0.6),),
        server="flood",
        arguments=("20000", "200"),
    ),
    Row(
        "download",
        "a file to disk",
        "httpx stream to file",
        (Limit("wall", 1.05), Limit("memory", 16 * MIB, is_ratio=False)),
        server="flood",
        arguments=("{name}", "input", "{folder}"),
        real_server=True,
    ),
    Row(
        "upload",
        "a file from disk",
        "httpx multipart from file",
        (Limit("wall", 1.05), Limit("memory", 16 * MIB, is_ratio=False)),
        server="flood",
        arguments=("{file}",),
        real_server=True,
    ),
    Row(
        "node definitions",
        "`get_node_defs()` and use of one",
        "httpx get and `json.loads`",
        (Limit("wall", 1.2), Limit("cpu", 1.2)),
        server="flood",
        arguments=("10",),
        real_server=True,
    ),
    Row(
        "conversion",
        "100-node interface workflow",
        "",
        (Limit("wall", 0.020, is_ratio=False),),
        server="",
        arguments=("100",),
    ),
    Row(
        "import",
        "`import comfy_facade`",
        "import of its three libraries",
        (Limit("cpu", 1.25),),
        server="",
    ),
    Row(
        "import client",
        "`from comfy_facade import AsyncComfyUIApiClient`",
        "import of its three libraries",
        (Limit("cpu", 1.25),),
        server="",
    ),
    Row(
        "memory",
        "1,000 finished runs on one client",
        "",
        (Limit("memory", 5 * MIB, is_ratio=False),),
        arguments=("1000",),
    ),
    Row(
        "idle",
        "a connected client doing nothing for 60 s",
        "",
        (Limit("cpu", 0.1, is_ratio=False), Limit("requests", 0, is_ratio=False)),
        arguments=("60",),
        real_server=True,
        rounds=1,
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What came out of a row.

    Attributes:
        medians: The median of each cost, by variant; of memory the largest.
        ratios: The median of the rounds' ratios to the bound, of wall clock and of processor time.
        met: Whether each limit is met, by its text.
    """

    medians: Mapping[str, Mapping[str, float]]
    ratios: Mapping[str, float]
    met: Mapping[str, bool] = field(default_factory=dict)

    @property
    def is_met(self) -> bool:
        """Whether the whole target is."""
        return all(self.met.values())


def judged(row: Row, costs: Mapping[str, Sequence[Cost]]) -> Outcome:
    """Take the medians and compare them with the target.

    Args:
        row: The row.
        costs: By variant, one for each round.

    Returns:
        The outcome.
    """
    medians = {variant: _medians(each) for variant, each in costs.items()}
    ratios: dict[str, float] = {}
    if BOUND in costs:
        # Of each round its own, for the load of a machine changes from one to the next.
        pairs = list(zip(costs[OURS], costs[BOUND], strict=True))
        ratios["wall"] = statistics.median(ours.wall / bound.wall for ours, bound in pairs)
        ratios["cpu"] = statistics.median(ours.cpu / bound.cpu for ours, bound in pairs)
    met = {}
    for limit in row.limits:
        value = ratios.get(limit.of) if limit.is_ratio else medians[OURS].get(limit.of)
        # What could not be measured is not met.
        met[str(limit)] = value is not None and value <= limit.most
    return Outcome(medians, ratios, met)


def _medians(costs: Sequence[Cost]) -> dict[str, float]:
    medians: dict[str, float] = {
        "wall": statistics.median(cost.wall for cost in costs),
        "cpu": statistics.median(cost.cpu for cost in costs),
    }
    grown = [cost.memory for cost in costs if cost.memory is not None]
    if grown:
        medians["memory"] = max(grown)
    for name in costs[-1].counts:
        medians[name] = statistics.median(cost.counts[name] for cost in costs)
    return medians


def shown(of: str, value: float) -> str:
    """Write a value with its unit.

    Args:
        of: What it is of, see `Limit`.
        value: In seconds, bytes, or a number of things.
    """
    if of == "memory":
        return f"{value / MIB:.1f} MiB"
    if of in ("wall", "cpu"):
        return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.{0 if value >= 0.1 else 1}f} ms"
    return f"{value:g} {of}"


def as_json(row: Row, costs: Mapping[str, Sequence[Cost]]) -> dict[str, Any]:
    """Give a row and everything that was measured of it as JSON takes it.

    Args:
        row: The row.
        costs: By variant, one for each round.
    """
    outcome = judged(row, costs)
    return {
        "row": row.name,
        "work": row.work,
        "bound": row.bound or None,
        "target": {str(limit): outcome.met[str(limit)] for limit in row.limits},
        "met": outcome.is_met,
        "medians": outcome.medians,
        "ratios": outcome.ratios,
        "rounds": {variant: [cost.as_json() for cost in each] for variant, each in costs.items()},
    }
