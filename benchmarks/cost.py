"""What one turn of work cost the process that did it: wall clock, processor time, memory.

It reads clocks and what the kernel says of this process, and knows nothing of the work.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

_STATUS: Final = Path("/proc/self/status")
_RESET_PEAK: Final = Path("/proc/self/clear_refs")
_KIB: Final = 1024


@dataclass
class Cost:
    """What one turn cost.

    Attributes:
        wall: Seconds by the clock.
        cpu: Seconds of the processor, of all threads of the process.
        memory: Bytes by which the process grew, where that is measured: its peak for files, what stayed for runs.
        counts: What was counted: runs, frames, requests.
    """

    wall: float = 0.0
    cpu: float = 0.0
    memory: int | None = None
    counts: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON takes it."""
        return asdict(self)

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> Self:
        """Read what `as_json` gave."""
        return cls(**value)


@contextmanager
def measured() -> Generator[Cost]:
    """Measure a block.

    Yields:
        The cost, filled in when the block ends.
    """
    cost = Cost()
    wall, cpu = time.perf_counter(), time.process_time()
    yield cost
    cost.wall, cost.cpu = time.perf_counter() - wall, time.process_time() - cpu


@contextmanager
def measured_with_peak() -> Generator[Cost]:
    """Measure a block, and by how much the process grew at its peak; the growth is left out where no kernel tells."""
    before = _status("VmRSS") if _reset_peak() else None
    with measured() as cost:
        yield cost
    peak = _status("VmHWM")
    cost.memory = None if before is None or peak is None else max(peak - before, 0)


def resident() -> int:
    """Give the bytes that the process holds.

    Raises:
        OSError: The kernel does not tell.
    """
    held = _status("VmRSS")
    if held is None:
        raise OSError("the memory of a process is read from /proc, which this system does not have")
    return held


def _reset_peak() -> bool:
    try:
        _RESET_PEAK.write_text("5", encoding="utf-8")
    except OSError:
        return False
    return True


def _status(name: str) -> int | None:
    try:
        lines = _STATUS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * _KIB for line in lines if line.startswith(f"{name}:")), None)
