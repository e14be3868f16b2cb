"""A run that was submitted: its events, its progress, its result, its end."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Self

from comfy_facade._callbacks import CallbackCaller
from comfy_facade._live_run import LiveRun
from comfy_facade._live_runs import LiveRuns
from comfy_facade._run_state import Failed, Succeeded
from comfy_facade.errors import ComfyUIError, PromptTimeoutError, SlowConsumerError
from comfy_facade.models import QueuedPrompt
from comfy_facade.progress import ProgressCount, RunProgress
from comfy_facade.results import OutputFile, PromptResult
from comfy_facade.tracing import Span
from comfy_ws import BacklogLimits, Event, Inbox
from comfy_ws import SlowConsumerError as SlowReaderError

_logger: Final = logging.getLogger("comfy_facade")

# Seconds for cancelling a prompt that nobody waits for any more.
_CANCEL_LIMIT: Final = 5.0
# Between the attempts to cancel a prompt whose post was given up and may be on its way yet, in seconds.
_LATE_POST_PAUSES: Final = (0.1, 0.25, 0.5, 1.0)


class Job:
    """A prompt that the server took, while it runs and after.

    Iterating over a job yields its events from the beginning, once, until it is over.

    Example:
        ```python
        job = await client.submit(prompt)
        async for event in job:
            print(event.type, job.progress.fraction)
        result = await job.result()
        ```
    """

    def __init__(
        self,
        run: LiveRun,
        runs: LiveRuns,
        build: Callable[[Job], PromptResult[OutputFile]],
        cancel: Callable[[str], Awaitable[bool]],
        *,
        seeds: Mapping[tuple[str, str], int],
        caller: CallbackCaller | None,
        keeps_events: bool,
        cancel_on_abandon: bool = False,
        limits: BacklogLimits | None = None,
        node_defs: Mapping[str, Any] | None = None,
    ) -> None:
        self.run: Final = run
        self._seeds: Final = seeds
        self._queued: QueuedPrompt | None = None
        # Whether a post may reach the server yet, although nobody waits for its answer any more.
        self.is_being_posted = False
        self._may_be_on_server = False
        self.began_at: Final = asyncio.get_running_loop().time()
        self._runs: Final = runs
        self._build: Final = build
        self._cancel: Final = cancel
        self._caller: Final = caller
        self._cancel_on_abandon: Final = cancel_on_abandon
        self._node_defs: Final = node_defs
        # Not counted for a job that no user gets: the one behind `run_prompt`.
        self._progress = self._new_count() if keeps_events else None
        self._inbox: Final = Inbox(limits)
        self.span: Final = Span("comfyui.run", {"comfyui.nodes": len(run.state.prompt)})
        run.on_over(self._end_events)
        if cancel_on_abandon:
            run.cancel_on_close = self._cancel_left_behind
        if keeps_events:
            run.listen(self._keep)
        if caller is not None:
            run.listen(caller.inbox.put)

    @property
    def prompt_id(self) -> str:
        """The prompt's id on the server."""
        return self.run.state.prompt_id

    @property
    def seeds(self) -> Mapping[tuple[str, str], int]:
        """The seeds that were set for this run, by node id and input name."""
        return self._seeds

    @property
    def queued(self) -> QueuedPrompt | None:
        """The server's answer to the prompt."""
        return self._queued

    @property
    def progress(self) -> RunProgress:
        """How far the run is; without a websocket, only whether it waits, runs or went well."""
        state = self.run.state
        count = self._progress or self._new_count()
        if state.is_running:
            count.start()
        return count.value(state.position)

    async def result(self, *, timeout: float | None = None) -> PromptResult[OutputFile]:
        """Wait until the run is over and its callbacks have been called.

        Args:
            timeout: Seconds to wait at most; `None` to wait as long as the server has the prompt. Callbacks that are
                not done by then go on in the background.

        Returns:
            What it gave.

        Raises:
            NodeExecutionError: A node raised.
            PromptInterruptedError: Somebody interrupted it.
            PromptNotFoundError: It was deleted from the queue, or the server forgot it.
            PromptTimeoutError: The time limit passed; the run goes on, and so may the waiting.
            ConnectionFailedError: The server was away for longer than the client's `outage_timeout`.
        """
        try:
            async with asyncio.timeout(timeout):
                await self.run.wait()
                if self._caller is not None:
                    await self._caller.finish()
        except TimeoutError:
            # Callbacks that are behind go on being called; what they are called about is known.
            if self.run.state.outcome is None:
                raise PromptTimeoutError(self.prompt_id, timeout or 0.0) from None
        outcome = self.run.state.outcome
        if isinstance(outcome, Failed):
            # Runs that end together share it, and each who asks raises it again: the ways it took before are dropped.
            raise outcome.error.with_traceback(None)
        return self._build(self)

    async def cancel(self) -> bool:
        """Cancel the run on the server, pending or running, and no other.

        Returns:
            Whether there was anything to cancel; nothing is asked once the run is known to be over.
        """
        return self.run.state.outcome is None and await self._cancel(self.prompt_id)

    def accept(self, queued: QueuedPrompt) -> None:
        """Note that the server has the prompt, and let REST be asked about it.

        Args:
            queued: The server's answer.
        """
        self._queued = queued
        self.end_post(may_be_on_server=True)
        if queued.prompt_id != self.prompt_id:
            self._runs.rename(self.run, queued.prompt_id)
        self.run.state.is_posted = True
        self._runs.watch(self.run)

    def begin_post(self) -> None:
        """Note that the prompt is about to be posted."""
        self.is_being_posted = self._may_be_on_server = True

    def end_post(self, *, may_be_on_server: bool) -> None:
        """Note what became of the post.

        Args:
            may_be_on_server: Whether the server may have the prompt.
        """
        self.is_being_posted = False
        self._may_be_on_server = may_be_on_server

    async def leave(self) -> None:
        """Follow the run no longer; if it is not over, it goes on on the server, or is cancelled as was asked for."""
        self._runs.discard(self.run)
        self._inbox.end()
        self._end_span()
        if self._caller is not None:
            self._caller.stop()
        if self._cancel_on_abandon and self.run.state.outcome is None:
            await self._cancel_left_behind()

    async def _cancel_left_behind(self) -> None:
        if not self._may_be_on_server:
            return
        import anyio

        try:
            # A scope that was cancelled, Ctrl-C's among them, cancels every further wait inside it: the request too.
            with anyio.CancelScope(shield=True):
                async with asyncio.timeout(_CANCEL_LIMIT):
                    await self._cancel_until_certain()
        except (ComfyUIError, TimeoutError) as error:
            _logger.warning("prompt %s was left behind and could not be cancelled: %s", self.prompt_id, error)

    async def _cancel_until_certain(self) -> None:
        is_cancelled = await self._cancel(self.prompt_id)
        for pause in _LATE_POST_PAUSES:
            if is_cancelled or not self.is_being_posted:
                return
            await asyncio.sleep(pause)
            is_cancelled = await self._cancel(self.prompt_id)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """Wait for the next event of the run.

        Returns:
            The event.

        Raises:
            StopAsyncIteration: The run is over.
            SlowConsumerError: Too much was left unread.
        """
        try:
            return await anext(self._inbox)
        except SlowReaderError as error:
            raise SlowConsumerError(error.limit) from error

    def _end_events(self) -> None:
        self._inbox.end()
        is_success = isinstance(self.run.state.outcome, Succeeded)
        if self._progress is not None:
            if is_success:
                self._progress.finish()
            self._progress.stop()
        self._end_span()
        if self._caller is not None:
            self._caller.end(is_success=is_success)

    def _end_span(self) -> None:
        state = self.run.state
        self.span.set({"comfyui.prompt_id": self.prompt_id, "comfyui.cached_nodes": len(state.cached_nodes)})
        # A run that is left before its end is left because of what is being raised, a refusal say.
        self.span.end(state.outcome.error if isinstance(state.outcome, Failed) else sys.exception())

    def _keep(self, event: Event, size: int) -> None:
        self._inbox.put(event, size)
        if self._progress is not None:
            self._progress.feed(event)

    def _new_count(self) -> ProgressCount:
        return ProgressCount(self.run.state.prompt, self._node_defs, clock=time.monotonic)
