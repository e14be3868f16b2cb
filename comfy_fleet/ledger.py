"""What a worker needs of whatever it is written down in, and of whoever passes on what it tells.

Protocols alone: they know neither broker nor result backend, and a fleet within one process has its own of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from comfy_fleet.start_record import Start
from comfy_fleet.worker_card import WorkerCard


class Ledger(Protocol):
    """Where workers write what outlives them."""

    async def is_over(self, prompt_id: str) -> bool:
        """Say whether a prompt has its result, or was cancelled, or expired."""
        ...

    async def starts(self, prompt_id: str) -> list[Start] | None:
        """Read where a prompt was begun; `None` if it has its result, or was cancelled."""
        ...

    async def save_starts(self, prompt_id: str, starts: Sequence[Start]) -> None:
        """Write where a prompt was begun."""
        ...

    async def others(self) -> list[WorkerCard]:
        """Read the cards of the other workers."""
        ...

    async def save_card(self, card: WorkerCard) -> None:
        """Write this worker's card."""
        ...


class Teller(Protocol):
    """How submitters hear of a prompt, best effort."""

    def __call__(self, kind: str, prompt_id: str, **details: Any) -> None:
        """Tell something of a prompt; it must not wait."""
        ...
