"""How far many prompts are together, in the form that a display of one run shows.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from comfy_facade.progress import RunProgress
from comfy_facade.progress_display import ProgressDisplay
from comfy_fleet.job import FleetJob

ProgressReceiver = Callable[[RunProgress], object]
"""Is called with the progress of all prompts together: nodes are prompts in it."""


class FleetProgress:
    """Counts prompts.

    Args:
        receiver: Is told; `True` for a bar on standard error, `False` for nobody.
        clock: Gives the time in seconds.
    """

    def __init__(self, receiver: ProgressReceiver | bool, clock: Callable[[], float]) -> None:
        self._receiver: Final = ProgressDisplay() if receiver is True else (receiver or None)
        self._clock: Final = clock
        self._began_at: Final = clock()

    def tell(self, jobs: Sequence[FleetJob], done: int, failed: int, total: int | None) -> None:
        """Tell how far all are.

        Args:
            jobs: Those that are not over.
            done: How many are over.
            failed: How many of those did not end well.
            total: How many there are in all, if that is known.
        """
        if self._receiver is None:
            return
        known = total if total is not None else done + len(jobs)
        within = sum(job.progress.fraction for job in jobs)
        elapsed = self._clock() - self._began_at
        fraction = min((done + within) / known, 1.0 if done == known else 0.99) if known else 0.0
        trouble = f", {failed} failed" if failed else ""
        self._receiver(
            RunProgress(
                fraction=fraction,
                node_title=f"{done} of {known}{'' if total is not None else ' so far'}{trouble}",
                nodes_done=done,
                nodes_total=known,
                elapsed=elapsed,
                remaining=elapsed * (1 - fraction) / fraction if fraction else None,
            )
        )
