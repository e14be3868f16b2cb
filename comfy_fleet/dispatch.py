"""What a fleet needs of whatever hands its prompts to workers, and what it tells of them.

Pure, but for the telling of jobs. There are two dispatchers, one over a broker and one within this process.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from attrs import define, frozen

from comfy_facade.raw_json import RawObject
from comfy_fleet.errors import UnservedPromptError
from comfy_fleet.job import FleetJob
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.queue_names import queue_of_worker, queues_served
from comfy_fleet.routing import unserved_reasons
from comfy_fleet.store import Store
from comfy_fleet.worker_card import WorkerCard

_logger: Final = logging.getLogger("comfy_fleet")

# A worker that restarts, or one that was just started, is no reason for a word.
_PATIENCE: Final = 3.0


@frozen
class FleetStatus:
    """How a fleet stands.

    Attributes:
        workers: The cards of all workers that were heard of lately, by name.
        live: The names of those that are alive.
        queues: How many prompts wait, by queue.
        unserved: The queues in which prompts wait that no live worker takes.
    """

    workers: Sequence[WorkerCard]
    live: frozenset[str]
    queues: Mapping[str, int]
    unserved: frozenset[str]


class Dispatcher(Protocol):
    """Hands prompts to workers and tells their jobs what becomes of them."""

    @property
    def store(self) -> Store:
        """Where files lie."""
        ...

    async def open(self) -> None:
        """Begin to listen."""
        ...

    async def close(self) -> None:
        """Stop listening; jobs that are not over end with a `ClientClosedError`."""
        ...

    async def send(self, task: PromptTask, job: FleetJob, *, priority: int, expires_at: float | None) -> None:
        """Hand over a prompt.

        Args:
            task: The prompt.
            job: Who is told of it.
            priority: From 0 to 9, the most urgent.
            expires_at: When it may no longer be begun, in seconds since 1970.
        """
        ...

    async def attach(self, job: FleetJob) -> None:
        """Tell a job of a prompt that was handed over before.

        Args:
            job: Who is told.
        """
        ...

    async def cancel(self, prompt_id: str) -> bool:
        """Cancel a prompt.

        Args:
            prompt_id: Which.

        Returns:
            Whether there was anything to cancel.
        """
        ...

    async def node_defs(self) -> RawObject | None:
        """Give the raw node definitions of some server of the fleet.

        Returns:
            Definitions by class name, or `None` if none are known.
        """
        ...

    async def status(self) -> FleetStatus:
        """Say how the fleet stands."""
        ...


@define
class Tracked:
    """A job that a dispatcher tells of its prompt.

    Attributes:
        job: The job.
        task: What was handed over; `None` for a job that was attached to.
        priority: From 0 to 9.
        expires_at: When it may no longer be begun, in seconds since 1970.
        unserved_since: Since when no live worker can serve it, in seconds since 1970.
    """

    job: FleetJob
    task: PromptTask | None
    priority: int = 0
    expires_at: float | None = None
    unserved_since: float | None = None


def tell_unserved(job: FleetJob, reasons: Mapping[str, str], *, worker: str = "", at: float | None = None) -> None:
    """Tell a job, and the log, that no live worker can serve its prompt.

    Args:
        job: The job.
        reasons: Why not, by worker.
        worker: Who says so, or `""`.
        at: When, in seconds since 1970; now by default.
    """
    told = "; ".join(f"{name}: {reason}" if name else reason for name, reason in reasons.items())
    if dict(job.unserved) != dict(reasons):
        _logger.warning("prompt %s waits, for no live worker can serve it: %s", job.prompt_id, told)
    job.tell("unserved", worker=worker, detail=told, unserved=reasons, at=at)


def report_unserved(tracked: Sequence[Tracked], cards: Sequence[WorkerCard], now: float, grace: float) -> list[Tracked]:
    """Tell the jobs of prompts that no live worker takes that this is so.

    Args:
        tracked: Jobs of prompts that wait.
        cards: The workers' cards.
        now: Seconds since 1970.
        grace: Seconds of silence after which a worker counts as dead.

    Returns:
        Those for which that has lasted too long; they were failed, and are to be cancelled.
    """
    reasons_by_tags: dict[frozenset[str], dict[str, str]] = {}
    given_up: list[Tracked] = []
    for one in tracked:
        if one.task is None or one.job.worker or one.job.is_over:
            continue
        tags = one.task.tags
        if tags not in reasons_by_tags:
            reasons_by_tags[tags] = unserved_reasons(tags, cards, now, grace)
        reasons = reasons_by_tags[tags]
        if not reasons:
            if one.unserved_since is not None:
                one.unserved_since = None
                one.job.tell("queued")
            continue
        if one.unserved_since is None:
            one.unserved_since = now
        limit = one.task.unserved_timeout
        borne = now - one.unserved_since
        if borne >= _PATIENCE and dict(one.job.unserved) != reasons:
            tell_unserved(one.job, reasons)
        if limit is not None and borne >= limit:
            one.job.fail(UnservedPromptError(one.job.prompt_id, reasons))
            given_up.append(one)
    return given_up


def status_of(cards: Sequence[WorkerCard], queues: Mapping[str, int], now: float, grace: float) -> FleetStatus:
    """Put together how a fleet stands.

    Args:
        cards: All workers' cards.
        queues: How many prompts wait, by queue.
        now: Seconds since 1970.
        grace: Seconds of silence after which a worker counts as dead.

    Returns:
        The status.
    """
    live = [card for card in cards if card.is_live(now, grace)]
    served = {name for card in live if card.is_up for name in queues_served(card.tags)}
    # What waits for a worker that died is taken over by the others.
    served |= {queue_of_worker(card.name) for card in cards} if live else set()
    return FleetStatus(
        workers=tuple(sorted(cards, key=lambda card: card.name)),
        live=frozenset(card.name for card in live),
        queues=dict(sorted(queues.items())),
        unserved=frozenset(name for name, length in queues.items() if length and name not in served),
    )
