"""Whether one worker's server is up, found out by asking it again and again.

It starts and mends no server, and what becomes of the prompts that it has is for others to decide.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from comfy_facade.errors import ComfyUIError
from comfy_fleet.server_runner import ServerLostError, ServerRunner

_logger: Final = logging.getLogger("comfy_fleet")

# A server that encodes previews can be busy for seconds without being down.
_CHECK_LIMIT: Final = 5.0
_CHECKS_FAILED: Final = 2


class ServerWatch:
    """Looks at one worker's server.

    Args:
        runner: The server.
        worker: The worker's name, for the log.
        beat: Seconds between two looks.
        on_up: Called when the server went down or came back, with whether it is up.

    Attributes:
        is_up: Whether the server answers.
        version: The server's version; empty before its first answer.
    """

    def __init__(self, runner: ServerRunner, worker: str, beat: float, on_up: Callable[[bool], None]) -> None:
        self._runner: Final = runner
        self._worker: Final = worker
        self._beat: Final = beat
        self._on_up: Final = on_up
        self.is_up = False
        self.version = ""
        self._checks_failed = 0
        self._look: Final = asyncio.Event()

    async def watch(self, after_look: Callable[[], Awaitable[None]]) -> None:
        """Look at the server again and again, until cancelled.

        Args:
            after_look: What is done after each look.
        """
        while True:
            await self._check()
            await after_look()
            self._look.clear()
            try:
                async with asyncio.timeout(self._beat):
                    await self._look.wait()
            except TimeoutError:
                continue

    def suspect(self, error: ServerLostError) -> None:
        """Look at once, for a prompt lost its server; only if the look fails too is the server down.

        Args:
            error: How it was lost.
        """
        _logger.debug("server %s is looked at: %s", self._runner.client.base_url, error)
        self._look.set()

    async def _check(self) -> None:
        try:
            async with asyncio.timeout(_CHECK_LIMIT):
                stats = await self._runner.client.get_system_stats()
                if not self.is_up:
                    await self._runner.refresh()
        except (ComfyUIError, TimeoutError) as error:
            self._checks_failed += 1
            if self.is_up and (self._checks_failed >= _CHECKS_FAILED or not isinstance(error, TimeoutError)):
                self._set_up(is_up=False, reason=str(error) or f"no answer within {_CHECK_LIMIT:g} s")
            elif not self.is_up and self._checks_failed == 1:
                _logger.warning("server %s is not there yet: %s", self._runner.client.base_url, error)
            return
        self._checks_failed = 0
        self.version = str(getattr(stats.system, "comfyui_version", "") or "")
        if not self.is_up:
            self._set_up(is_up=True)

    def _set_up(self, *, is_up: bool, reason: str = "") -> None:
        self.is_up = is_up
        url = self._runner.client.base_url
        if is_up:
            _logger.info("server %s answers: worker %s takes prompts", url, self._worker)
        else:
            self._runner.forget()
            _logger.warning("server %s is down, so worker %s takes no prompts: %s", url, self._worker, reason)
        self._on_up(is_up)
