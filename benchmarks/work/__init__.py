"""The work of each row, done with the SDK (`ours`) and by hand (`bound`)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from importlib import import_module
from typing import Any

from benchmarks.cost import Cost

Work = Callable[..., Coroutine[Any, Any, Cost] | Cost]
"""Does a row's work once; takes texts from the command line and gives its cost."""


def work_for(row: str, variant: str) -> Work:
    """Find the work of a row.

    Args:
        row: The row of the table.
        variant: `"ours"` or `"bound"`; the modules are named so, and only the one that is needed is loaded.

    Returns:
        The function that does it.
    """
    work: Work = getattr(import_module(f"benchmarks.work.{variant}"), row.replace(" ", "_"))
    return work
