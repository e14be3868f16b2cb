"""A prompt that a fleet was given, as its submitter sees it: events, progress, result, cancelling.

It is told by a dispatcher what happens, and asks nobody but to cancel.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final, Literal

from attrs import field, frozen

from comfy_facade.errors import ComfyUIError, PromptTimeoutError
from comfy_facade.progress import RunProgress
from comfy_facade.raw_json import RawObject
from comfy_fleet.prompt_task import Seeds
from comfy_fleet.results import FleetFile, FleetResult, result_of
from comfy_fleet.store import Store

EventKind = Literal["queued", "taken", "running", "progress", "moved", "unserved", "succeeded", "failed"]
"""What can happen to a prompt."""

_EVENTS_KEPT: Final = 256


@frozen
class FleetEvent:
    """Something that happened to a prompt.

    Attributes:
        kind: What: `"queued"`, `"taken"` (a worker has it), `"running"` (its server began), `"progress"`, `"moved"`
            (the worker gave it back, or lost its server), `"unserved"` (no live worker can serve it for now),
            `"succeeded"` or `"failed"`.
        prompt_id: Which prompt.
        at: When, in seconds since 1970.
        worker: The worker, or `""`.
        progress: How far the run is.
        detail: Why, in words, or `""`.
    """

    kind: EventKind
    prompt_id: str
    at: float
    worker: str = ""
    progress: RunProgress = field(factory=RunProgress)
    detail: str = ""

    @property
    def is_last(self) -> bool:
        """Whether nothing comes after it."""
        return self.kind in ("succeeded", "failed")


class FleetJob:
    """A prompt that a fleet was given.

    Its result is certain; the events before it are best effort, for they come over the network as they happen.

    Example:
        ```python
        job = await fleet.submit(prompt)
        async for event in job.events():
            print(event.kind, event.worker, event.progress.fraction)
        result = await job.result()
        ```
    """

    def __init__(
        self, prompt_id: str, store: Store, cancel: Callable[[str], Awaitable[bool]], seeds: Seeds | None = None
    ) -> None:
        self._prompt_id: Final = prompt_id
        self._store: Final = store
        self._cancel: Final = cancel
        self._seeds: Final[Seeds] = seeds or {}
        self._worker = ""
        self._progress = RunProgress()
        self._unserved: Mapping[str, str] = {}
        self._events: Final = deque[FleetEvent](maxlen=_EVENTS_KEPT)
        self._told = 0
        self._changed = asyncio.Event()
        self._followers: Final[list[FleetJob]] = []
        self._over: Final[asyncio.Future[RawObject]] = asyncio.get_running_loop().create_future()
        # A job whose result nobody asks for is no mistake.
        self._over.add_done_callback(lambda over: None if over.cancelled() else over.exception())

    def __repr__(self) -> str:
        return f"<FleetJob {self._prompt_id} {self._events[-1].kind if self._events else 'new'}>"

    @property
    def prompt_id(self) -> str:
        """The prompt's id, on whichever server it runs; the task's id as well."""
        return self._prompt_id

    @property
    def seeds(self) -> Seeds:
        """The seeds that were set, by node id and input name; empty for a job that was attached to."""
        return self._seeds

    @property
    def worker(self) -> str:
        """The worker that has it, or had it last; `""` before."""
        return self._worker

    @property
    def progress(self) -> RunProgress:
        """How far it is, as far as that was heard."""
        return self._progress

    @property
    def unserved(self) -> Mapping[str, str]:
        """Why no live worker can serve it, by worker; empty while that is not so."""
        return self._unserved

    @property
    def is_over(self) -> bool:
        """Whether its result, or its error, is there."""
        return self._over.done()

    @property
    def has_failed(self) -> bool:
        """Whether it is over and gave an error."""
        return self._over.done() and self._over.exception() is not None

    async def result(self, *, timeout: float | None = None) -> FleetResult[FleetFile]:
        """Wait until it is over.

        Args:
            timeout: Seconds to wait at most; `None` to wait for as long as the fleet has it.

        Returns:
            What it gave.

        Raises:
            PromptRejectedError: The server refused it.
            NodeExecutionError: A node raised.
            PromptInterruptedError: Somebody interrupted it on its server.
            PromptNotFoundError: Somebody deleted it from its server's queue.
            PromptCancelledError: It was cancelled.
            PromptExpiredError: Nobody began it in time.
            UnservedPromptError: No live worker could serve it.
            PromptSetAsideError: It took down what ran it, too often.
            StoreFailedError: Its files could not be written.
            PromptTimeoutError: The time limit passed; the prompt goes on, and so may the waiting.
        """
        try:
            async with asyncio.timeout(timeout):
                manifest = await asyncio.shield(self._over)
        except TimeoutError:
            raise PromptTimeoutError(self._prompt_id, timeout or 0.0) from None
        return await result_of(manifest, self._store)

    async def wait(self) -> None:
        """Wait until it is over, well or not."""
        await asyncio.wait([self._over])

    async def cancel(self) -> bool:
        """Cancel it: it is not begun any more, or cancelled on its server, and no other prompt is.

        Returns:
            Whether there was anything to cancel; `False` if it was over already.

        Raises:
            BrokerUnreachableError: The broker cannot be reached.
            ClientClosedError: The fleet was closed.
        """
        return await self._cancel(self._prompt_id)

    async def events(self) -> AsyncIterator[FleetEvent]:
        """Follow it, from its beginning as far as that is kept, to its end.

        Yields:
            What happens to it.
        """
        number = 0
        while True:
            changed = self._changed
            oldest = self._told - len(self._events)
            fresh = list(self._events)[max(number - oldest, 0) :]
            number = self._told
            for event in fresh:
                yield event
                if event.is_last:
                    return
            if number == self._told:
                await changed.wait()

    def tell(
        self,
        kind: EventKind,
        *,
        worker: str = "",
        progress: RunProgress | None = None,
        detail: str = "",
        unserved: Mapping[str, str] | None = None,
        at: float | None = None,
    ) -> None:
        """Take note of what happened; for dispatchers.

        Args:
            kind: What.
            worker: Where.
            progress: How far it is; `None` for no news.
            detail: Why.
            unserved: Why nobody can serve it.
            at: When, in seconds since 1970; now by default.
        """
        if self._over.done() and kind not in ("succeeded", "failed"):
            return
        if progress is not None:
            self._progress = progress
        if kind == "unserved":
            self._unserved = unserved or {}
        elif kind in ("queued", "running", "progress", "succeeded"):
            self._unserved = {}
        moment = time.time() if at is None else at
        self._events.append(FleetEvent(kind, self._prompt_id, moment, worker or self._worker, self._progress, detail))
        # What was given back nobody has.
        self._worker = "" if kind in ("moved", "unserved") else worker or self._worker
        self._told += 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        if kind not in ("succeeded", "failed"):
            for follower in self._followers:
                follower.tell(kind, worker=worker, progress=progress, detail=detail, unserved=unserved, at=moment)

    def pass_on_to(self, follower: FleetJob) -> None:
        """Tell another job of the same prompt what this one was told, and what it will be; for dispatchers.

        Args:
            follower: The other job; this one must not be over.
        """
        for event in self._events:
            follower.tell(
                event.kind,
                worker=event.worker,
                progress=event.progress,
                detail=event.detail,
                unserved=self._unserved,
                at=event.at,
            )
        self._followers.append(follower)

    def succeed(self, manifest: RawObject) -> None:
        """Take the result; for dispatchers. A second one is ignored.

        Args:
            manifest: The result's manifest.
        """
        if not self._over.done():
            self._over.set_result(manifest)
            total = self._progress.nodes_total
            done = RunProgress(fraction=1.0, nodes_done=total, nodes_total=total, elapsed=self._progress.elapsed)
            self.tell("succeeded", worker=str(manifest.get("worker") or ""), progress=done)
            while self._followers:
                self._followers.pop(0).succeed(manifest)

    def fail(self, error: ComfyUIError) -> None:
        """Take the error that ended it; for dispatchers. A second one is ignored.

        Args:
            error: The error.
        """
        if not self._over.done():
            self._over.set_exception(error)
            self.tell("failed", detail=str(error))
            while self._followers:
                self._followers.pop(0).fail(error)
