"""One run that is followed: its state, who listens to it, and when REST is to be asked about it.

It asks nobody itself, and knows neither the channel nor the other runs.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Final

from comfy_facade._run_state import Outcome, RestState, Running, RunState
from comfy_facade._schedule import CheckSchedule
from comfy_ws import Event, Executing, Progress

RunListener = Callable[[Event, int], None]
"""Called with each event of a run and the size of its frame."""

# Silence of a running prompt, in seconds, after which its socket is opened anew although nothing proves it deaf:
# the first time, the second, and each time after that.
_SUSPICIOUS_SILENCES: Final = (3.0, 15.0, 60.0)
# A node that told of its steps and falls silent is sooner suspicious than one that loads a model and says nothing
# anyway. Of the former so many steps may be missing, of the latter this is the least silence, in seconds.
_STEPS_MISSING: Final = 2
_LEAST_OF_QUIET_NODES: Final = 15.0


class LiveRun:
    """One run that is followed.

    Attributes:
        state: What is known of it.
        schedule: When to ask REST about it.
        may_ask: Whether to ask at all: not while its post is under way, for then REST need not know it yet.
        cancel_on_close: Cancels the run on the server if the client is closed before it is over, where wanted.
        heard_at: When an event of it was last heard, or it began to be followed, on the event loop's clock.
        reopened: How often the socket was opened anew for its silence.
    """

    def __init__(self, state: RunState, wait: float, now: float) -> None:
        self.state: Final = state
        self.schedule: Final = CheckSchedule(wait, now)
        self.may_ask = False
        self.cancel_on_close: Callable[[], Awaitable[None]] | None = None
        self.heard_at = now
        self.reopened = 0
        self._step_at: float | None = None
        self._step_seconds: float | None = None
        self._listeners: Final[list[RunListener]] = []
        self._at_end: Final[list[Callable[[], None]]] = []
        self._over: Outcome | None = None
        self._waiters: Final[set[asyncio.Future[Outcome]]] = set()

    def listen(self, listener: RunListener) -> None:
        """Hear each event of the run, and each that concerns all runs.

        Args:
            listener: Called on the event loop.
        """
        self._listeners.append(listener)

    def on_over(self, callback: Callable[[], None]) -> None:
        """Be told once when the run is over, after its last event.

        Args:
            callback: Called on the event loop.
        """
        self._at_end.append(callback)

    async def wait(self) -> Outcome:
        """Wait until the run is over.

        Returns:
            How it ended.
        """
        if self._over is not None:
            return self._over
        # One for each who waits, so that one who is cancelled takes it from no other.
        waiter: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            return await waiter
        finally:
            self._waiters.discard(waiter)

    def hear(self, event: Event, size: int, now: float) -> None:
        """Take an event.

        Args:
            event: The event.
            size: The size of its frame, in bytes.
            now: The time.
        """
        self.heard_at = now
        if isinstance(event, Progress):
            self._note_step(event, now)
        elif isinstance(event, Executing):
            # A first step may hold more than the others, a model to load: it counts as the slow one that it was.
            self._step_at, self._step_seconds = now, None
        self.state.feed(event)
        for listener in self._listeners:
            listener(event, size)

    def settle(self) -> bool:
        """Tell the waiters if the run is over.

        Returns:
            Whether it is.
        """
        outcome = self.state.outcome
        if outcome is None:
            return False
        if self._over is None:
            self._over = outcome
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_result(outcome)
            for callback in self._at_end:
                callback()
        return True

    def due_at(self, *, is_listening: bool) -> float:
        """Say when REST is to be asked about the run.

        Args:
            is_listening: Whether there is a socket.

        Returns:
            The time on the event loop's clock; infinity if not at all.
        """
        if not self.may_ask:
            return math.inf
        due_at = self.schedule.due_at(
            heard_at=self.heard_at, is_listening=is_listening, is_urgent=self.state.needs_rest
        )
        suspicious_at = self.heard_at + self._suspicious_silence
        if self.state.is_running and is_listening and suspicious_at > self.schedule.asked_at:
            return min(due_at, suspicious_at)
        return due_at

    def is_to_be_asked(self, now: float, *, is_listening: bool) -> bool:
        """Say whether a question that is asked now should be about this run too.

        Args:
            now: The time.
            is_listening: Whether there is a socket.

        Returns:
            Whether it is due; or half the time until then is over and it is pending, so that the queue, which is read
            anyway, tells of it.
        """
        due_at = self.due_at(is_listening=is_listening)
        if self.state.position is not None:
            due_at = (self.schedule.asked_at + due_at) / 2
        return due_at <= now

    def is_suspiciously_silent(self, state: RestState, now: float) -> bool:
        """Say whether the run has been silent for so long that its socket may be deaf.

        Args:
            state: What REST says of it.
            now: The time.

        Returns:
            Whether it has.
        """
        return isinstance(state, Running) and now >= self.heard_at + self._suspicious_silence

    def _note_step(self, event: Progress, now: float) -> None:
        # After its last step a node may be at work for long.
        is_last = event.value >= event.max
        self._step_seconds = None if is_last or self._step_at is None else now - self._step_at
        self._step_at = None if is_last else now

    @property
    def _suspicious_silence(self) -> float:
        least = _LEAST_OF_QUIET_NODES
        if self._step_seconds is not None:
            least = min(least, _STEPS_MISSING * self._step_seconds)
        return max(least, _SUSPICIOUS_SILENCES[min(self.reopened, len(_SUSPICIOUS_SILENCES) - 1)])
