"""Where a prompt was begun before, which decides whether to look for it and when to give it up.

Pure. A start is open until whoever made it says how it ended; one that was never ended was cut short by the loss of
its worker. Only a start that had left its server's queue can have caused that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from attrs import evolve, frozen

from comfy_facade.raw_json import as_list

Change = Literal["running", "lost", "given back"]
"""What can become of a start."""


@frozen
class Start:
    """One time that a prompt was begun.

    Attributes:
        worker: The name of the worker.
        instance: Which process of it, told apart from those before and after.
        at: Seconds since 1970.
        is_running: Whether the prompt had left the server's queue.
        is_lost: Whether the server was lost while it had the prompt.
        is_given_back: Whether it ended in good order.
    """

    worker: str
    instance: str
    at: float
    is_running: bool = False
    is_lost: bool = False
    is_given_back: bool = False

    def to_json(self) -> list[Any]:
        """Give it as JSON.

        Returns:
            A JSON array.
        """
        return [self.worker, self.instance, self.at, self.is_running, self.is_lost, self.is_given_back]


def starts_of_json(raw: object) -> list[Start]:
    """Read starts from JSON.

    Args:
        raw: The starts' JSON, or `None`.

    Returns:
        The starts, oldest first.
    """
    rows = (as_list(row) for row in as_list(raw))
    return [Start(str(row[0]), str(row[1]), float(row[2]), bool(row[3]), bool(row[4]), bool(row[5])) for row in rows]


def starts_to_json(starts: Sequence[Start]) -> list[list[Any]]:
    """Give starts as JSON.

    Args:
        starts: The starts.

    Returns:
        A JSON array.
    """
    return [start.to_json() for start in starts]


def open_start(starts: Sequence[Start]) -> Start | None:
    """Find the start whose server may still have the prompt.

    Args:
        starts: All starts.

    Returns:
        The last one, if it did not end.
    """
    last = starts[-1] if starts else None
    return None if last is None or last.is_lost or last.is_given_back else last


def kills(starts: Sequence[Start], instance: str) -> list[str]:
    """List what was lost while it ran the prompt.

    Args:
        starts: All starts.
        instance: The process that asks; a start of its own that is open is no loss.

    Returns:
        A few words for each loss.
    """
    told: list[str] = []
    for start in starts:
        if not start.is_running or start.is_given_back:
            continue
        if start.is_lost:
            told.append(f"the server of {start.worker}")
        elif start.instance != instance:
            told.append(f"worker {start.worker}")
    return told


def with_last(starts: Sequence[Start], change: Change) -> list[Start]:
    """Change the last start.

    Args:
        starts: All starts, at least one.
        change: What became of it.

    Returns:
        The starts with the change.
    """
    last = starts[-1]
    match change:
        case "running":
            last = evolve(last, is_running=True)
        case "lost":
            last = evolve(last, is_lost=True)
        case "given back":
            last = evolve(last, is_given_back=True)
    return [*starts[:-1], last]
