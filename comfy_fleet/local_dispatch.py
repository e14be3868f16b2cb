"""Handing prompts to the servers of one process, with no broker: the same workers over heaps in memory.

Nothing here outlives the process. Which worker takes what is decided as in a fleet over a broker, by the same code.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_facade.errors import ClientClosedError
from comfy_facade.raw_json import RawObject
from comfy_fleet.dispatch import FleetStatus, Tracked, report_unserved, status_of, tell_unserved
from comfy_fleet.error_records import reduce_error, restore_error
from comfy_fleet.errors import PromptCancelledError, PromptExpiredError
from comfy_fleet.job import FleetJob
from comfy_fleet.outcomes import Done, Failed, Ignored, Moved
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.queue_names import queue_for_tags, queue_of_worker, queues_served
from comfy_fleet.routing import Forward
from comfy_fleet.server_runner import ServerLostError, ServerRunner
from comfy_fleet.start_record import Start
from comfy_fleet.store import Store
from comfy_fleet.waiting_prompts import Waiting, WaitingPrompts
from comfy_fleet.worker_card import WorkerCard
from comfy_fleet.worker_core import WorkerCore
from comfy_fleet.worker_options import WorkerOptions

_logger: Final = logging.getLogger("comfy_fleet")

_LOOK: Final = 1.0
# Seconds for cancelling on the servers what is left when the fleet is closed.
_CLOSE_LIMIT: Final = 10.0


class _MemoryLedger:
    """The ledger of one worker of this process."""

    def __init__(self, dispatcher: LocalDispatcher, name: str) -> None:
        self._dispatcher: Final = dispatcher
        self._name: Final = name

    async def is_over(self, prompt_id: str) -> bool:
        return prompt_id not in self._dispatcher.tracked

    async def starts(self, prompt_id: str) -> list[Start] | None:
        return self._dispatcher.starts.get(prompt_id, []) if prompt_id in self._dispatcher.tracked else None

    async def save_starts(self, prompt_id: str, starts: Sequence[Start]) -> None:
        if prompt_id in self._dispatcher.tracked:
            self._dispatcher.starts[prompt_id] = list(starts)

    async def others(self) -> list[WorkerCard]:
        return [card for card in self._dispatcher.cards() if card.name != self._name]

    async def save_card(self, card: WorkerCard) -> None:  # noqa: ARG002 - cards are made fresh when they are read
        self._dispatcher.wake()


class LocalDispatcher:
    """Hands prompts to the servers that this process can reach.

    Args:
        clients: Makes the client of each worker's server, by the worker's name.
        tags: The tags of each worker, by its name.
        store: Where files go.
        options: How each worker behaves, but for its name and tags.

    Attributes:
        tracked: The jobs that are not over, by prompt id.
        starts: Where prompts were begun.
    """

    def __init__(
        self,
        clients: Mapping[str, Callable[[], AsyncComfyUIApiClient]],
        tags: Mapping[str, frozenset[str]],
        store: Store,
        options: Mapping[str, Any],
    ) -> None:
        self._clients: Final = clients
        self._tags: Final = tags
        self._store: Final = store
        self._options: Final = options
        self.tracked: Final[dict[str, Tracked]] = {}
        self.starts: Final[dict[str, list[Start]]] = {}
        self._waiting: Final = WaitingPrompts()
        self._changed = asyncio.Event()
        self._cores: Final[list[WorkerCore]] = []
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._expiries: Final[dict[str, asyncio.TimerHandle]] = {}
        self._timers: Final[set[asyncio.TimerHandle]] = set()
        self._stack: Final = contextlib.AsyncExitStack()
        self._is_open = False

    @property
    def store(self) -> Store:
        """Where files lie."""
        return self._store

    async def open(self) -> None:
        """Begin to work on every server."""
        if self._is_open:
            return
        self._is_open = True
        for name, make in self._clients.items():
            client = make()
            self._stack.push_async_callback(client.close)
            options = WorkerOptions(name, self._tags.get(name, frozenset()), **self._options)
            runner = ServerRunner(client, name, self._store, options.lost_after)
            core = WorkerCore(options, runner, _MemoryLedger(self, name), self._teller(name), lambda _: self.wake())
            self._cores.append(core)
        for core in self._cores:
            self._spawn(core.watch_server())
            for _ in range(core.options.slots):
                self._spawn(self._serve(core))
        self._spawn(self._watch())

    async def close(self) -> None:
        """Cancel what is not over, on the servers too, and stop."""
        # Over before anything is cancelled: the place of what is cancelled is free for what still waits.
        for prompt_id in list(self.tracked):
            if (one := self._end(prompt_id)) is not None:
                one.job.fail(ClientClosedError())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_LIMIT):
                await asyncio.gather(*(core.cancel(name) for core in self._cores for name in core.in_hand))
        for timer in self._timers:
            timer.cancel()
        for core in self._cores:
            core.detach()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._stack.aclose()

    async def send(self, task: PromptTask, job: FleetJob, *, priority: int, expires_at: float | None) -> None:
        """Hand over a prompt, see `Dispatcher.send`."""
        tracked = self.tracked[task.prompt_id] = Tracked(job, task, priority, expires_at)
        self._put(queue_for_tags(task.tags), self._waiting.number(tracked))
        if expires_at is not None:
            # The timer knows the id alone, and goes when the prompt is over: it may be set for days.
            delay = max(expires_at - time.time(), 0.0)
            self._expiries[task.prompt_id] = asyncio.get_running_loop().call_later(delay, self._expire, task.prompt_id)

    async def attach(self, job: FleetJob) -> None:
        """Tell a job of a prompt that this process handed over and that is not over; it knows nothing of any other."""
        known = self.tracked.get(job.prompt_id)
        if known is None:
            raise ValueError("a local fleet forgets prompts that are over, and knows none of another process")
        known.job.pass_on_to(job)

    async def cancel(self, prompt_id: str) -> bool:
        """Cancel a prompt, see `Dispatcher.cancel`."""
        tracked = self._end(prompt_id)
        if tracked is None:
            return False
        tracked.job.fail(PromptCancelledError(prompt_id))
        await asyncio.gather(*(core.cancel(prompt_id) for core in self._cores))
        return True

    async def node_defs(self) -> RawObject | None:
        """Give the definitions of the first server that answers."""
        for core in self._cores:
            with contextlib.suppress(ServerLostError):
                return await core.runner.node_defs()
        return None

    async def status(self) -> FleetStatus:
        """Say how the fleet stands."""
        return status_of(self.cards(), self._waiting.lengths(), time.time(), 1.0)

    def cards(self) -> list[WorkerCard]:
        """Give the cards of all workers, fresh."""
        return [core.card() for core in self._cores]

    def wake(self) -> None:
        """Let every slot look for a prompt again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _serve(self, core: WorkerCore) -> None:
        while True:
            waiting = await self._next(core)
            prompt_id = waiting.task.prompt_id
            try:
                outcome = await core.handle(waiting.task, waiting.route)
            except Exception as error:
                _logger.exception("prompt %s: the worker failed", prompt_id)
                outcome = Failed(restore_error(reduce_error(error)))
            match outcome:
                case Moved(forward):
                    self._forward(waiting, forward, core.options.name)
                case Done(manifest):
                    if (tracked := self._end(prompt_id)) is not None:
                        tracked.job.succeed(manifest)
                case Failed():
                    if (tracked := self._end(prompt_id)) is not None:
                        tracked.job.fail(outcome.error)
                case Ignored():
                    pass
            self.wake()

    async def _next(self, core: WorkerCore) -> Waiting:
        while True:
            changed = self._changed
            waiting = self._take(core) if core.is_up else None
            if waiting is not None:
                return waiting
            await changed.wait()

    def _take(self, core: WorkerCore) -> Waiting | None:
        names = [queue_of_worker(core.options.name), *queues_served(core.options.tags)]
        names += [queue_of_worker(other.options.name) for other in self._cores if not other.is_up]
        while (waiting := self._waiting.take(names, partial(self._may_take, core))) is not None:
            if waiting.task.prompt_id in self.tracked:
                return waiting
        return None

    def _may_take(self, core: WorkerCore, name: str) -> bool:
        if not core.in_hand or name == queue_of_worker(core.options.name):
            return True
        # A server that has nothing to do comes before one that would only be ahead.
        return not any(
            other.is_up and not other.in_hand and name in queues_served(other.options.tags) for other in self._cores
        )

    def _forward(self, waiting: Waiting, forward: Forward, worker: str) -> None:
        job = waiting.tracked.job
        if job.prompt_id not in self.tracked:
            return
        if forward.unserved is not None:
            tell_unserved(job, forward.unserved, worker=worker)
        else:
            job.tell("moved", worker=worker)
        moved = waiting.with_route(forward.route)
        if forward.delay:
            self._later(forward.delay, lambda: self._put(forward.queue, moved))
        else:
            self._put(forward.queue, moved)

    def _put(self, queue: str, waiting: Waiting) -> None:
        self._waiting.put(queue, waiting)
        self.wake()

    def _end(self, prompt_id: str) -> Tracked | None:
        self.starts.pop(prompt_id, None)
        if (expiry := self._expiries.pop(prompt_id, None)) is not None:
            expiry.cancel()
        return self.tracked.pop(prompt_id, None)

    def _expire(self, prompt_id: str) -> None:
        tracked = self.tracked.get(prompt_id)
        if tracked is not None and prompt_id not in self.starts:
            self._end(prompt_id)
            tracked.job.fail(PromptExpiredError(prompt_id))

    def _later(self, delay: float, action: Callable[[], None]) -> None:
        def act() -> None:
            self._timers.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(delay, act)
        self._timers.add(timer)

    def _teller(self, name: str) -> Callable[..., None]:
        def tell(kind: Any, prompt_id: str, **details: Any) -> None:
            tracked = self.tracked.get(prompt_id)
            if tracked is not None:
                tracked.job.tell(kind, worker=name, **details)

        return tell

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            grace = float(self._options.get("grace", 15.0))
            given_up = report_unserved(list(self.tracked.values()), self.cards(), time.time(), grace)
            for one in given_up:
                self._end(one.job.prompt_id)

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _logger.error("a local fleet's task ended", exc_info=task.exception())
