"""Who runs a prompt: what a worker does with a prompt it was given, and why nobody takes it.

Pure; it moves no prompt itself. Workers know one another by their cards only, and those are a moment old: a verdict may
be wrong in what is best, never in what is safe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from comfy_facade.raw_json import RawObject, as_object
from comfy_fleet.model_needs import lacking, model_files
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.queue_names import (
    MOST_TAGS,
    PREFIX,
    PRIORITIES,
    broker_priority,
    checked_name,
    checked_tags,
    queue_for_tags,
    queue_of_worker,
    queues_served,
)
from comfy_fleet.start_record import Start, kills, open_start
from comfy_fleet.worker_card import WorkerCard

# Names of queues and needs of prompts have modules of their own; whoever takes them from here still finds them.
__all__ = [
    "MOST_STARTS",
    "MOST_TAGS",
    "PREFIX",
    "PRIORITIES",
    "Forward",
    "Route",
    "Run",
    "SetAside",
    "Situation",
    "Unserved",
    "Verdict",
    "broker_priority",
    "checked_name",
    "checked_tags",
    "judge",
    "lacking",
    "model_files",
    "queue_for_tags",
    "queue_of_worker",
    "queues_served",
    "unserved_reasons",
]

MOST_STARTS: Final = 100
"""A prompt that was begun this often and never ended is set aside, whatever the reason."""


@frozen
class Route:
    """What a prompt went through on its way, sent along with it.

    Attributes:
        refused: Why workers refused it, by name.
        since: When the first of them did, in seconds since 1970; 0 if none did.
        is_redirected: Whether a worker handed it to one whose server has its models loaded.
    """

    refused: Mapping[str, str] = field(factory=dict[str, str])
    since: float = 0.0
    is_redirected: bool = False

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON.

        Returns:
            A JSON object.
        """
        return {"refused": dict(self.refused), "since": self.since, "is_redirected": self.is_redirected}

    @classmethod
    def of_json(cls, raw: RawObject) -> Route:
        """Read it from JSON.

        Args:
            raw: What `to_json` gave.

        Returns:
            The same route.
        """
        refused = {worker: str(reason) for worker, reason in as_object(raw.get("refused")).items()}
        return cls(refused, float(raw.get("since") or 0.0), bool(raw.get("is_redirected")))


@frozen
class Run:
    """Verdict: run it here; look for it on the server first if it may be there."""

    look_first: bool


@frozen
class Forward:
    """Verdict: put it into another queue, with this route, after this many seconds."""

    queue: str
    route: Route
    delay: float = 0.0
    unserved: Mapping[str, str] | None = None
    """Why nobody can serve it for now, if that is so."""


@frozen
class SetAside:
    """Verdict: nobody shall try it again."""

    kills: tuple[str, ...]


@frozen
class Unserved:
    """Verdict: nobody can serve it, and that was borne for long enough."""

    reasons: Mapping[str, str]


Verdict = Run | Forward | SetAside | Unserved

_UNSERVED_PAUSE: Final = 5.0
# More than this many wait for a warm server before a cold one is better, in multiples of its slots.
_WARM_BACKLOG: Final = 2


@frozen
class Situation:
    """What a worker knows when it is given a prompt.

    Attributes:
        card: Its own card.
        others: The cards of the others, dead ones among them.
        starts: Where the prompt was begun before.
        lack: What its server lacks to run it, or `None`.
        now: Seconds since 1970.
        grace: Seconds of silence after which a worker counts as dead.
        most_kills: How many losses make a prompt be set aside.
    """

    card: WorkerCard
    others: Sequence[WorkerCard]
    starts: Sequence[Start]
    lack: str | None
    now: float
    grace: float
    most_kills: int


def judge(task: PromptTask, route: Route, situation: Situation) -> Verdict:
    """Decide what a worker does with a prompt that it was given.

    Args:
        task: The prompt.
        route: What it went through.
        situation: What the worker knows.

    Returns:
        The verdict.
    """
    me = situation.card
    lost = kills(situation.starts, me.instance)
    begun = open_start(situation.starts)
    live = [card for card in situation.others if card.is_live(situation.now, situation.grace)]
    if begun is not None and begun.worker != me.name:
        holder = next((card for card in live if card.name == begun.worker), None)
        # Its server may still run it, and its worker, or that worker's successor, can tell.
        if holder is not None and (holder.is_up or task.prompt_id in holder.in_hand):
            return Forward(queue_of_worker(holder.name), route)
    if len(lost) >= situation.most_kills:
        return SetAside(tuple(lost))
    if len(situation.starts) >= MOST_STARTS:
        return SetAside(tuple(f"a start on {start.worker}" for start in situation.starts))
    if not task.tags <= me.tags or not me.is_up:
        return Forward(queue_for_tags(task.tags), route, delay=0.0 if me.is_up else 1.0)
    if situation.lack is not None:
        return _refusal(task, route, situation, live)
    if begun is not None and begun.worker == me.name:
        return Run(look_first=True)
    warm = None if route.is_redirected else _warm_worker(task, me, live)
    if warm is not None:
        return Forward(queue_of_worker(warm.name), Route(route.refused, route.since, is_redirected=True))
    return Run(look_first=False)


def unserved_reasons(tags: frozenset[str], cards: Sequence[WorkerCard], now: float, grace: float) -> dict[str, str]:
    """Say why nobody takes prompts with certain tags.

    Args:
        tags: The tags.
        cards: All workers' cards.
        now: Seconds since 1970.
        grace: Seconds of silence after which a worker counts as dead.

    Returns:
        The reasons by worker; empty if somebody takes them.
    """
    live = [card for card in cards if card.is_live(now, grace)]
    if not live:
        return {"": "no worker is alive"}
    reasons: dict[str, str] = {}
    for card in live:
        if not tags <= card.tags:
            reasons[card.name] = f"does not serve {', '.join(sorted(tags - card.tags))}"
        elif not card.is_up:
            reasons[card.name] = "its server is down"
        else:
            return {}
    return reasons


def _refusal(task: PromptTask, route: Route, situation: Situation, live: Sequence[WorkerCard]) -> Verdict:
    me = situation.card
    refused = {**route.refused, me.name: situation.lack or ""}
    since = route.since or situation.now
    able = [card for card in live if card.is_up and task.tags <= card.tags and card.name not in refused]
    if able:
        next_one = min(able, key=lambda card: (len(card.in_hand), card.name))
        return Forward(queue_of_worker(next_one.name), Route(refused, since, route.is_redirected))
    if task.unserved_timeout is not None and situation.now - since >= task.unserved_timeout:
        return Unserved(refused)
    # Everybody is asked again after a while: a model may arrive, a worker may start.
    return Forward(
        queue_for_tags(task.tags),
        Route({}, since, route.is_redirected),
        delay=min(_UNSERVED_PAUSE, task.unserved_timeout or _UNSERVED_PAUSE),
        unserved=refused,
    )


def _warm_worker(task: PromptTask, me: WorkerCard, live: Sequence[WorkerCard]) -> WorkerCard | None:
    wanted = model_files(task.prompt)
    if not wanted or wanted <= me.loaded:
        return None
    warm = [
        card
        for card in live
        if card.is_up
        and task.tags <= card.tags
        and wanted <= card.loaded
        and len(card.in_hand) < _WARM_BACKLOG * card.slots
    ]
    return min(warm, key=lambda card: (len(card.in_hand), card.name), default=None)
