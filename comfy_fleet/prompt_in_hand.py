"""One prompt that a worker has in hand: how its run goes is written down and told.

It neither begins nor ends a run, and decides nothing; the worker's core does. Progress is told now and then, not each
time that there is some.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from attrs import define, field

from comfy_facade.progress import RunProgress
from comfy_fleet.ledger import Ledger, Teller
from comfy_fleet.server_runner import RunWatcher
from comfy_fleet.start_record import Change, Start, with_last


@define(eq=False)
class PromptInHand(RunWatcher):
    """A prompt that a worker has.

    Attributes:
        prompt_id: Which.
        progress_pause: Seconds between two tellings of its progress.
        is_running: Whether it left the server's queue.
        is_detached: Whether it is left to whoever comes next.
        starts: Where it was begun, this time included.
        run: Its run on the server, once there is one.
        over: Set when the worker has it no longer.
    """

    prompt_id: str
    progress_pause: float
    _ledger: Ledger
    _tell: Teller
    is_running: bool = False
    is_detached: bool = False
    starts: list[Start] = field(factory=list[Start])
    run: asyncio.Task[dict[str, Any]] | None = None
    over: asyncio.Event = field(factory=asyncio.Event)
    _saving: asyncio.Task[None] | None = None
    _told_at: float = field(factory=time.monotonic)

    def on_running(self) -> None:
        """Write down, and tell, that it left the server's queue."""
        if self.is_running:
            return
        self.is_running = True
        self.starts = with_last(self.starts, "running")
        self._saving = asyncio.create_task(self._ledger.save_starts(self.prompt_id, self.starts))
        # Of prompts that are over in a moment, their end tells enough.
        asyncio.get_running_loop().call_later(self.progress_pause, self._tell_running)

    def on_progress(self, progress: RunProgress) -> None:
        """Tell how far it is, unless that was told a moment ago."""
        now = time.monotonic()
        if now - self._told_at < self.progress_pause:
            return
        self._told_at = now
        self._tell("progress", self.prompt_id, progress=progress)

    async def save(self, change: Change) -> None:
        """Write down how its last start ended.

        Args:
            change: What became of it.
        """
        if self._saving is not None:
            await asyncio.wait([self._saving])
        self.starts = with_last(self.starts, change)
        await self._ledger.save_starts(self.prompt_id, self.starts)

    def _tell_running(self) -> None:
        if not self.over.is_set():
            self._tell("running", self.prompt_id)
