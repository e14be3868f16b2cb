"""Handing prompts to workers through Celery, and learning from it what became of them.

Events are best effort and tell when to look; the result backend decides. A prompt that the broker lost (it was down
without having saved, or died between taking a message and noting it) is sent again by its submitter: whoever gets one
prompt twice runs it once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from attrs import define
from celery import states

from comfy_facade.errors import ClientClosedError, ComfyUIError
from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_fleet.application import BrokerSettings
from comfy_fleet.broker_calls import BrokerCalls
from comfy_fleet.dispatch import FleetStatus, Tracked, report_unserved, status_of, tell_unserved
from comfy_fleet.errors import BrokerUnreachableError, PromptExpiredError
from comfy_fleet.event_listener import EventListener
from comfy_fleet.job import FleetJob
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.queue_names import queue_for_tags, queue_of_worker, queues_served
from comfy_fleet.records import error_of
from comfy_fleet.sending import progress_of_json
from comfy_fleet.store import Store
from comfy_fleet.worker_card import WorkerCard
from comfy_fleet.worker_loop import definitions_path

# The errors of results are made where results are read; whoever takes `error_of` from here still finds it.
__all__ = ["GRACE", "CeleryDispatcher", "error_of"]

_logger: Final = logging.getLogger("comfy_fleet")

# Seconds of silence after which a worker counts as dead to a submitter.
GRACE: Final = 15.0
# Results read a second although no event said that they are there.
_READS_A_SECOND: Final = 200
_LOOK: Final = 1.0
_LONG_LOOK: Final = 2.0
# Seconds without any result before prompts are looked for that the broker may have lost.
_QUIET: Final = 5.0
# Looks in a row at which a prompt is nowhere before it is sent again.
_ABSENCES: Final = 3


@define
class _Watched(Tracked):
    """A job of a prompt that was sent.

    Attributes:
        read_at: When its result was last looked for, on the monotonic clock.
        heard_at: When something was last heard of it, on the monotonic clock.
        absences: How many looks in a row it was nowhere.
    """

    read_at: float = 0.0
    heard_at: float = 0.0
    absences: int = 0


class CeleryDispatcher:
    """Hands prompts to workers through Celery.

    Args:
        settings: Where broker and results are.
        store: Where files lie.
    """

    def __init__(self, settings: BrokerSettings, store: Store) -> None:
        self._calls: Final = BrokerCalls(settings)
        self._store: Final = store
        self._watched: Final[dict[str, _Watched]] = {}
        self._tasks: Final[set[asyncio.Task[Any]]] = set()
        self._due: Final = asyncio.Queue[str]()
        self._listener: EventListener | None = None
        self._last_end = time.monotonic()

    @property
    def store(self) -> Store:
        """Where files lie."""
        return self._store

    async def open(self) -> None:
        """Reach the broker and begin to listen.

        Raises:
            BrokerUnreachableError: The broker or the result backend does not answer.
        """
        await self._calls.connect()
        await self._calls.cards()
        loop = asyncio.get_running_loop()
        self._listener = EventListener(self._calls.app, lambda event: _soon(loop, self._on_event, event))
        self._listener.start()
        for work in (self._read_due(), self._read_all(), self._look_around()):
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Stop listening; prompts go on."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for watched in list(self._watched.values()):
            watched.job.fail(ClientClosedError())
        self._watched.clear()
        if self._listener is not None:
            await asyncio.to_thread(self._listener.stop)
        await self._calls.close()

    async def send(self, task: PromptTask, job: FleetJob, *, priority: int, expires_at: float | None) -> None:
        """Hand over a prompt, see `Dispatcher.send`.

        Raises:
            BrokerUnreachableError: The broker cannot be reached.
        """
        self._watched[task.prompt_id] = _Watched(
            job, task, priority, expires_at, None, time.monotonic(), time.monotonic()
        )
        try:
            await self._calls.publish(task, priority, expires_at)
        except BaseException:
            self._watched.pop(task.prompt_id, None)
            raise

    async def attach(self, job: FleetJob) -> None:
        """Tell a job of a prompt that was sent before, beside whoever follows it here already."""
        known = self._watched.get(job.prompt_id)
        if known is not None:
            known.job.pass_on_to(job)
            return
        self._watched[job.prompt_id] = _Watched(job, None)
        self._due.put_nowait(job.prompt_id)

    async def cancel(self, prompt_id: str) -> bool:
        """Cancel a prompt: revoke its task, and cancel it on the server that has it.

        Raises:
            BrokerUnreachableError: Broker or result backend cannot be reached.
        """
        is_revoked = await self._calls.revoke(prompt_id)
        self._due.put_nowait(prompt_id)
        if is_revoked:
            await self._calls.broadcast_cancel(prompt_id)
        return is_revoked

    async def node_defs(self) -> RawObject | None:
        """Read the definitions that the workers wrote to the store; those of live workers first."""
        now = time.time()
        cards = await self._calls.cards()
        for card in sorted(cards, key=lambda card: (not card.is_live(now, GRACE), card.name)):
            path = definitions_path(card.name)
            if await asyncio.to_thread(self._store.exists, path):
                return as_object(json.loads(await asyncio.to_thread(self._store.read, path)))
        return None

    async def status(self) -> FleetStatus:
        """Say how the fleet stands.

        Raises:
            BrokerUnreachableError: Broker or result backend cannot be reached.
        """
        cards = await self._calls.cards()
        lengths = await self._calls.queue_lengths(self._queue_names(cards))
        return status_of(cards, lengths, time.time(), GRACE)

    def _queue_names(self, cards: Sequence[WorkerCard]) -> list[str]:
        names = {queue_for_tags(())}
        names.update(name for card in cards for name in (queue_of_worker(card.name), *queues_served(card.tags)))
        names.update(queue_for_tags(one.task.tags) for one in self._watched.values() if one.task is not None)
        return sorted(names)

    def _on_event(self, event: RawObject) -> None:
        watched = self._watched.get(str(event.get("uuid") or ""))
        if watched is None:
            return
        watched.heard_at = time.monotonic()
        job, worker = watched.job, str(event.get("hostname") or "").partition("@")[2]
        at = event.get("timestamp")
        match event.get("type"):
            case "task-started":
                job.tell("taken", worker=worker, at=at)
            case "task-progress":
                raw = as_list(event.get("progress"))
                progress = progress_of_json(raw) if raw else None
                job.tell("progress" if raw else "running", worker=worker, progress=progress, at=at)
            case "task-moved":
                job.tell("moved", worker=worker, at=at)
            case "task-unserved":
                reasons = {name: str(reason) for name, reason in as_object(event.get("reasons")).items()}
                tell_unserved(job, reasons, worker=worker, at=at)
            case "task-succeeded" | "task-failed" | "task-revoked" | "task-rejected":
                self._due.put_nowait(job.prompt_id)
            case _:
                pass

    async def _read_due(self) -> None:
        while True:
            await self._settle(await self._due.get())

    async def _read_all(self) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            now = time.monotonic()
            waiting = sorted(self._watched.values(), key=lambda one: one.read_at)[:_READS_A_SECOND]
            for watched in waiting:
                if now - watched.read_at >= _LOOK:
                    await self._settle(watched.job.prompt_id)

    async def _settle(self, prompt_id: str) -> None:
        watched = self._watched.get(prompt_id)
        if watched is None:
            return
        watched.read_at = time.monotonic()
        try:
            state, result = await self._calls.meta(prompt_id)
        except BrokerUnreachableError as error:
            _logger.warning("results cannot be read: %s", error)
            await asyncio.sleep(_LOOK)
            return
        if state not in (states.SUCCESS, states.FAILURE, states.REVOKED):
            return
        self._watched.pop(prompt_id, None)
        self._last_end = time.monotonic()
        if state == states.SUCCESS:
            watched.job.succeed(as_object(result))
        else:
            watched.job.fail(error_of(prompt_id, state, result))

    async def _look_around(self) -> None:
        while True:
            await asyncio.sleep(_LONG_LOOK if self._watched else _LOOK)
            if not self._watched:
                continue
            try:
                cards = await self._calls.cards()
                await self._report_unserved(cards)
                await self._expire(time.time())
                if time.monotonic() - self._last_end > _QUIET:
                    await self._send_lost_again(cards)
            except ComfyUIError as error:
                _logger.warning("the fleet cannot be looked at: %s", error)

    async def _report_unserved(self, cards: Sequence[WorkerCard]) -> None:
        # Its submitter was told that it does not run: it stays here until that is so.
        report_unserved(list(self._watched.values()), cards, time.time(), GRACE)
        for prompt_id, one in list(self._watched.items()):
            if one.job.is_over:
                await self.cancel(prompt_id)
                self._watched.pop(prompt_id, None)

    async def _expire(self, now: float) -> None:
        # Workers discard what expired when they come to it; where none comes, the submitter says so, to them as well:
        # one may be about to begin it, and the event that tells so may be late.
        for prompt_id, one in list(self._watched.items()):
            if one.expires_at is None or now <= one.expires_at + _LONG_LOOK or one.job.worker:
                continue
            if await self._calls.expire(prompt_id) and self._watched.pop(prompt_id, None) is not None:
                one.job.fail(PromptExpiredError(prompt_id))

    async def _send_lost_again(self, cards: Sequence[WorkerCard]) -> None:
        lengths = await self._calls.queue_lengths(self._queue_names(cards))
        now = time.time()
        held = {name for card in cards if card.is_live(now, GRACE) for name in card.in_hand}
        for prompt_id, one in list(self._watched.items()):
            is_heard = time.monotonic() - one.heard_at < GRACE
            if one.task is None or is_heard or prompt_id in held or any(lengths.values()):
                one.absences = 0
                continue
            one.absences += 1
            if one.absences >= _ABSENCES:
                one.absences = 0
                _logger.warning("prompt %s is in no queue and with no worker: sent again", prompt_id)
                await self._calls.publish(one.task, one.priority, one.expires_at)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _logger.error("a fleet's task ended", exc_info=task.exception())


def _soon(loop: asyncio.AbstractEventLoop, action: Callable[[RawObject], None], event: RawObject) -> None:
    # The loop may be closed while the thread that hears is on its way out.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(action, event)
