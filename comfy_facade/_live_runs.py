"""The runs of one client that are not over: events go to the one they belong to, and silence is settled by REST.

One task watches all of them, and only while there are any. It never posts a prompt, builds no results, and leaves it
to `_annotation` to say whose an event without a prompt id is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from comfy_facade._annotation import OF_NO_PROMPT, Annotator
from comfy_facade._followed_runs import FollowedRuns
from comfy_facade._live_run import LiveRun
from comfy_facade._run_state import Failed, Finished, RestState, Running, RunState
from comfy_facade.errors import ClientClosedError, ComfyUIError, ConnectionFailedError, UnexpectedResponseError
from comfy_ws import Event, EventChannel, Reconnected, StreamError, UndecodableFrame

Ask = Callable[[Sequence[str], float], Awaitable[Mapping[str, RestState]]]
"""Asks REST how prompts stand, the queue first, then the history; within a number of seconds without progress."""

_logger: Final = logging.getLogger("comfy_facade")

# A frame that was on its way while REST answered arrives within this, in seconds.
_FRAME_GRACE: Final = 0.2
# Seconds without progress after which a question about runs is asked anew over another connection.
_PATIENCE: Final = 4.0
# It is never less, in seconds, however little of an outage is left to be borne.
_LEAST_PATIENCE: Final = 1.0


class LiveRuns:
    """The runs of one client.

    Args:
        ask: Asks REST.
        outage_timeout: Seconds a server may be away before its runs fail.

    Attributes:
        annotate: Supplies the prompt id that an event lacks, see `Annotator.annotate`.
    """

    def __init__(self, ask: Ask, *, outage_timeout: float) -> None:
        self._ask: Final = ask
        self._outage_timeout: Final = outage_timeout
        self._channel: EventChannel | None = None
        self._runs: Final = FollowedRuns()
        self._annotator: Final = Annotator(self._runs)
        # The very method, for it is called with every frame.
        self.annotate: Final = self._annotator.annotate
        self._wake: Final = asyncio.Event()
        self._sleeps_until = math.inf
        self._watch: asyncio.Task[None] | None = None
        # Not every loop has timers that tell when they are due: that of a browser has none.
        self._watch_begins: asyncio.Handle | None = None
        self._watch_begins_at = math.inf
        self._outage_since: float | None = None
        self._patience = _PATIENCE

    def __len__(self) -> int:
        return len(self._runs)

    def attach(self, channel: EventChannel) -> None:
        """Hear the events of a channel from now on.

        Args:
            channel: The client's channel.
        """
        self._channel = channel
        channel.listen(self._on_event, self._on_end)

    def make(self, state: RunState, *, wait: float) -> LiveRun:
        """Make a run that is not followed yet.

        Args:
            state: The run.
            wait: Seconds of silence after which REST is asked.

        Returns:
            The run.
        """
        return LiveRun(state, wait, asyncio.get_running_loop().time())

    def add(self, run: LiveRun) -> None:
        """Follow a run: hear its events from now on.

        Args:
            run: The run; its stream counts as unbroken only if there is a socket now.
        """
        if not self._is_listening:
            run.state.unbroken = False
        run.heard_at = asyncio.get_running_loop().time()
        self._runs.add(run)

    def watch(self, run: LiveRun) -> None:
        """Let REST be asked about a run from now on, for the server has it.

        Args:
            run: A run that is followed.
        """
        run.may_ask = True
        run.schedule.asked_at = asyncio.get_running_loop().time()
        if run.settle():
            self.discard(run)
        due_at = run.due_at(is_listening=self._is_listening)
        if self._watch is None and self._runs:
            self._watch_from(due_at)
        elif due_at < self._sleeps_until:
            self._wake.set()

    def rename(self, run: LiveRun, prompt_id: str) -> None:
        """Follow a run under the id that the server gave it instead.

        Args:
            run: A run that is followed.
            prompt_id: Its id on the server.
        """
        self.discard(run)
        run.state.prompt_id = prompt_id
        run.state.lose_events()
        self._runs.add(run)

    def discard(self, run: LiveRun) -> None:
        """Follow a run no longer.

        Args:
            run: The run; one that is not followed is ignored.
        """
        self._runs.discard(run)
        if not self._runs:
            self._wake.set()

    async def close(self) -> None:
        """Cancel the runs that shall not outlive the client, and end all others with a `ClientClosedError`."""
        left_behind = [run.cancel_on_close() for run in self._runs if run.cancel_on_close is not None]
        await asyncio.gather(*left_behind)
        self._fail(list(self._runs), ClientClosedError())
        self._stop_timer()
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
            self._watch = None

    @property
    def _is_listening(self) -> bool:
        return self._channel is not None and self._channel.connected

    def _on_event(self, event: Event, size: int) -> None:
        if type(event) in OF_NO_PROMPT:
            return
        if isinstance(event, UndecodableFrame) and isinstance(event.raw, str):
            # It may have been any run's output, which is asked for once; was it the end, silence follows.
            self._lose_events([run for run in self._runs if run.state.unbroken])
            return
        if isinstance(event, Reconnected):
            self.annotate(event)
            for run in self._runs:
                run.hear(event, size, asyncio.get_running_loop().time())
            self._attend()
            return
        for concerned in self._runs.of(getattr(event, "prompt_id", None)):
            concerned.hear(event, size, asyncio.get_running_loop().time())
            if concerned.settle():
                self.discard(concerned)
            elif concerned.state.needs_rest:
                self._attend()

    def _on_end(self, _error: StreamError | None) -> None:
        self._lose_events(self._runs)

    def _lose_events(self, runs: Iterable[LiveRun]) -> None:
        for run in runs:
            run.state.lose_events()
        self._attend()

    def _attend(self) -> None:
        """See now which runs are to be asked about."""
        if self._watch is None:
            self._begin_watch()
        self._wake.set()

    def _watch_from(self, due_at: float) -> None:
        # Most runs are over before anybody need ask about them: until then a timer does, which costs less than a task.
        if self._watch_begins is None or due_at < self._watch_begins_at:
            self._stop_timer()
            self._watch_begins_at = due_at
            self._watch_begins = asyncio.get_running_loop().call_at(due_at, self._begin_watch)

    def _begin_watch(self) -> None:
        self._stop_timer()
        if self._watch is None and any(run.may_ask for run in self._runs):
            self._watch = asyncio.create_task(self._watch_runs(), name="comfy_facade runs")

    def _stop_timer(self) -> None:
        timer, self._watch_begins = self._watch_begins, None
        if timer is not None:
            timer.cancel()

    def _fail(self, runs: Sequence[LiveRun], error: ComfyUIError) -> None:
        for run in runs:
            run.state.outcome = run.state.outcome or run.state.heard_failure or Failed(error)
            run.settle()
            self.discard(run)

    async def _watch_runs(self) -> None:
        loop = asyncio.get_running_loop()
        while self._runs:
            due_at = min(run.due_at(is_listening=self._is_listening) for run in self._runs)
            if due_at > loop.time():
                self._sleeps_until = due_at
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(due_at if due_at < math.inf else None):
                        await self._wake.wait()
                self._sleeps_until = math.inf
                continue
            due = [run for run in self._runs if run.is_to_be_asked(loop.time(), is_listening=self._is_listening)]
            try:
                await self._settle_by_rest(due)
            except Exception as error:
                _logger.exception("asking for runs failed")
                self._fail(due, error if isinstance(error, ComfyUIError) else ConnectionFailedError("", repr(error)))
        self._watch = None

    async def _settle_by_rest(self, runs: Sequence[LiveRun]) -> None:
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        if self._channel is not None and not self._channel.connected and self._channel.last_frame_at:
            # The socket was lost and is not back: a server that forgot the runs did so because it restarted.
            for run in runs:
                run.state.server_was_away = True
        try:
            prompt_ids = dict.fromkeys(run.state.prompt_id for run in runs)
            states = await self._ask(list(prompt_ids), min(self._patience, self._outage_left(asked_at)))
        except (ConnectionFailedError, UnexpectedResponseError) as error:
            self._bear_outage(runs, error, asked_at)
            return
        except ComfyUIError as error:
            self._fail(runs, error)
            return
        was_away, self._outage_since = self._outage_since is not None, None
        self._patience = _PATIENCE
        # Only then does an answer say something new: a proxy that refuses websockets alone is left to the backoff.
        if was_away and self._channel is not None and not self._channel.connected and self._channel.failure is None:
            self._channel.reopen("the server answers again")
        moved_on = [self._take(run, states[run.state.prompt_id], loop.time()) for run in runs]
        silent = [run for run in runs if run.is_suspiciously_silent(states[run.state.prompt_id], loop.time())]
        if not self._is_listening or not (any(moved_on) or silent):
            return
        await asyncio.sleep(_FRAME_GRACE)
        if self._channel is None or self._channel.last_frame_at >= asked_at:
            return
        if any(moved_on):
            _logger.warning("the websocket is deaf: the server moved on without a word; opening it anew")
            self._channel.reopen("the socket was deaf")
        else:
            _logger.info("the websocket has been silent for long; opening it anew, for it may be deaf")
            self._channel.reopen("the socket was silent for long")
        for run in silent:
            run.reopened += 1

    def _take(self, run: LiveRun, state: RestState, now: float) -> bool:
        """Give a run what REST says of it, and say whether its socket should have told that before."""
        before = (run.state.is_running, run.state.position)
        was_urgent = run.state.needs_rest
        # Not so if the end was heard after the question was asked, or is what the question was asked for.
        knew_all = run.state.unbroken and run.state.outcome is None and not run.state.needs_rest
        run.state.reconcile(state)
        if isinstance(state, Running) and run.state.outcome is None and self._annotator.executing_prompt is None:
            self._annotator.executing_prompt = run.state.prompt_id
        is_certain_again = was_urgent and not run.state.needs_rest
        is_news = is_certain_again or (run.state.is_running, run.state.position) != before
        run.schedule.asked(now, is_news=is_news)
        if run.settle():
            self.discard(run)
        missed_start = isinstance(state, Running) and not before[0]
        return knew_all and (missed_start or isinstance(state, Finished))

    def _outage_left(self, now: float) -> float:
        since = now if self._outage_since is None else self._outage_since
        return max(_LEAST_PATIENCE, since + self._outage_timeout - now)

    def _bear_outage(self, runs: Sequence[LiveRun], error: ComfyUIError, asked_at: float) -> None:
        if self._outage_since is None:
            self._outage_since = asked_at
        # A run bears its own part of the outage: since it began to be followed, and since it was last heard.
        since, now = self._outage_since, asyncio.get_running_loop().time()
        worn_out = [run for run in runs if now - max(since, run.heard_at) > self._outage_timeout]
        self._fail(worn_out, error)
        for run in self._runs:
            run.state.server_was_away = True
        _logger.debug("asking for runs: %s", error)
        # A network that swallows everything shows only by time; a server that is merely slow gets more of it.
        self._patience *= 2
        for run in runs:
            run.schedule.asked(now, is_news=False)
