"""REST and the channel as tests of live runs drive them by hand.

With the `clock` of `conftest.py`, which jumps to whatever is due next, nothing here waits or depends on how busy the
machine is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from comfy_facade import ComfyUIError, ConnectionFailedError
from comfy_facade._live_run import LiveRun
from comfy_facade._live_runs import LiveRuns
from comfy_facade._run_state import Absent, Failed, Finished, RestState, RunState
from comfy_facade.models import HistoryEntry
from comfy_ws import Event, EventChannel, Reconnected, StreamError

SOON = 1.0
"""Seconds within which a test's expectations must have come true."""
NEVER = 1_000.0
"""A wait so long that only urgency can be the reason for a question."""
UNREACHABLE = ConnectionFailedError("http://127.0.0.1:1", "refused")


class Channel:
    """What the runs need of a channel."""

    def __init__(self) -> None:
        self.connected = True
        self.failure: StreamError | None = None
        self.last_frame_at = 0.0
        self.reopened: list[str] = []
        self.on_event: Callable[[Event, int], None]
        self.on_end: Callable[[StreamError | None], None]
        self.annotate: Callable[[Event], Event] = lambda event: event

    def listen(
        self, on_event: Callable[[Event, int], None], on_end: Callable[[StreamError | None], None]
    ) -> Callable[[], None]:
        self.on_event, self.on_end = on_event, on_end
        return lambda: None

    def reopen(self, reason: str) -> None:
        self.reopened.append(reason)

    def tell(self, *events: Event) -> None:
        """Let frames arrive."""
        for event in events:
            self.last_frame_at = asyncio.get_running_loop().time()
            self.on_event(self.annotate(event), 10)

    def reconnect(self, *, by_request: bool = False) -> None:
        self.connected = True
        self.last_frame_at = asyncio.get_running_loop().time()
        self.on_event(Reconnected(1, 0.1, "gone", by_request), 0)


class Rest:
    """A server's answers about prompts, and what it was asked."""

    def __init__(self) -> None:
        self.states: dict[str, RestState] = {}
        self.error: Exception | None = None
        self.asked: list[tuple[float, tuple[str, ...]]] = []
        self.limits: list[float] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self._news = asyncio.Condition()

    async def __call__(self, prompt_ids: Sequence[str], limit: float) -> Mapping[str, RestState]:
        self.asked.append((asyncio.get_running_loop().time(), tuple(prompt_ids)))
        self.limits.append(limit)
        async with self._news:
            self._news.notify_all()
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        return {prompt_id: self.states.get(prompt_id, Absent()) for prompt_id in prompt_ids}

    async def until_asked(self, times: int = 1) -> None:
        async with asyncio.timeout(SOON), self._news:
            await self._news.wait_for(lambda: len(self.asked) >= times)

    @property
    def times(self) -> list[float]:
        return [time for time, _ in self.asked]


class Stage:
    """Runs, a channel and a server."""

    def __init__(self, outage_timeout: float = 0.1) -> None:
        self.rest = Rest()
        self.runs = LiveRuns(self.rest, outage_timeout=outage_timeout)
        self.channel = Channel()
        self.channel.annotate = self.runs.annotate
        self.runs.attach(cast("EventChannel", self.channel))

    def follow(self, prompt_id: str, *, wait: float = NEVER, watched: bool = True) -> LiveRun:
        run = self.runs.make(RunState(prompt_id, {}, is_posted=True), wait=wait)
        self.runs.add(run)
        if watched:
            self.runs.watch(run)
        return run


def now() -> float:
    return asyncio.get_running_loop().time()


def finished(prompt_id: str, **outputs: Any) -> Finished:
    raw = {"outputs": outputs, "status": {"status_str": "success", "messages": []}}
    return Finished(HistoryEntry(prompt_id, raw))


async def outcome_of(run: LiveRun) -> object:
    async with asyncio.timeout(SOON):
        return await run.wait()


async def error_of(run: LiveRun) -> ComfyUIError:
    outcome = await outcome_of(run)
    assert isinstance(outcome, Failed)
    return outcome.error
