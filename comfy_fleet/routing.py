"""Who runs a prompt: the names of queues, what a server lacks, and what a worker does with a prompt it was given.

Pure. Workers know one another by their cards only, and those are a moment old: a verdict may be wrong in what is best,
never in what is safe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from attrs import field, frozen

from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.start_record import Start, kills, open_start
from comfy_fleet.worker_card import WorkerCard

PREFIX: Final = "comfy"
"""What all queues' names begin with."""

PRIORITIES: Final = 10
"""Priorities go from 0, the lowest, to 9."""

MOST_TAGS: Final = 6
"""A worker listens to one queue for each subset of its tags."""

MOST_STARTS: Final = 100
"""A prompt that was begun this often and never ended is set aside, whatever the reason."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_MODEL_SUFFIXES: Final = (".safetensors", ".sft", ".ckpt", ".pt", ".pt2", ".pth", ".bin", ".gguf", ".onnx", ".pkl")


def checked_name(name: str, what: str) -> str:
    """Check a tag or the name of a worker.

    Args:
        name: The name.
        what: What it names, for the error.

    Returns:
        The same name.

    Raises:
        ValueError: It cannot be part of a queue's name.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{what} {name!r} must be made of lower-case letters, digits, '_', '-' and '.'")
    return name


def checked_tags(tags: Iterable[str], most: int | None = None) -> frozenset[str]:
    """Check tags.

    Args:
        tags: The tags.
        most: How many there may be.

    Returns:
        The tags.

    Raises:
        ValueError: One is no tag, or there are too many.
    """
    if isinstance(tags, str):
        raise ValueError(f"tags are several: pass [{tags!r}]")
    checked = frozenset(checked_name(tag, "the tag") for tag in tags)
    if most is not None and len(checked) > most:
        raise ValueError(f"a worker takes at most {most} tags: combine some of {', '.join(sorted(checked))}")
    return checked


def queue_for_tags(tags: Iterable[str]) -> str:
    """Name the queue of the prompts that want certain tags.

    Args:
        tags: The tags; none for prompts that any worker may take.

    Returns:
        The name.
    """
    return "+".join([PREFIX, *sorted(tags)])


def queue_of_worker(name: str) -> str:
    """Name the queue of the prompts that one worker shall take.

    Args:
        name: The worker.

    Returns:
        The name.
    """
    return f"{PREFIX}:{name}"


def queues_served(tags: frozenset[str]) -> list[str]:
    """List the queues that a worker with certain tags takes prompts from, beside its own.

    Args:
        tags: Its tags.

    Returns:
        A queue for every subset of them, the most special first.
    """
    ordered = sorted(tags)
    return [queue_for_tags(subset) for size in range(len(ordered), -1, -1) for subset in combinations(ordered, size)]


def broker_priority(priority: int, transport: str) -> int:
    """Give a priority as the broker counts it.

    Args:
        priority: From 0 to 9, the most urgent.
        transport: Kombu's name of the broker's kind.

    Returns:
        The same priority; Redis counts downwards.

    Raises:
        ValueError: It is none.
    """
    if not 0 <= priority < PRIORITIES:
        raise ValueError(f"a priority goes from 0 to {PRIORITIES - 1}, not {priority}")
    return PRIORITIES - 1 - priority if transport.startswith("redis") else priority


def model_files(prompt: RawObject) -> frozenset[str]:
    """List the model files that a prompt names.

    Args:
        prompt: In API format.

    Returns:
        The names, as the prompt spells them.
    """
    values = (value for node in prompt.values() for value in as_object(as_object(node).get("inputs")).values())
    return frozenset(value for value in values if isinstance(value, str) and _is_model_file(value))


def lacking(prompt: RawObject, node_defs: Mapping[str, Any]) -> str | None:
    """Say what a server lacks to run a prompt: node classes, or model files.

    Any other value that the server does not offer is a mistake in the prompt, which the server itself refuses.

    Args:
        prompt: In API format.
        node_defs: The server's raw definitions by class name.

    Returns:
        What it lacks in words, or `None`.
    """
    classes: set[str] = set()
    files: set[str] = set()
    for node in map(as_object, prompt.values()):
        class_type = str(node.get("class_type"))
        if class_type not in node_defs:
            classes.add(class_type)
            continue
        choices = _choices(as_object(node_defs[class_type]))
        for name, value in as_object(node.get("inputs")).items():
            offered = choices.get(name)
            if offered is not None and isinstance(value, str) and _is_model_file(value) and value not in offered:
                files.add(value)
    parts = [
        f"{what} {', '.join(sorted(names))}"
        for what, names in (("no node class", classes), ("no model file", files))
        if names
    ]
    return "; ".join(parts) or None


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


def _is_model_file(value: str) -> bool:
    return value.lower().endswith(_MODEL_SUFFIXES)


def _choices(definition: RawObject) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    sections = as_object(definition.get("input"))
    for section in ("required", "optional"):
        for name, spec in as_object(sections.get(section)).items():
            declared = as_list(spec)
            if not declared:
                continue
            if isinstance(declared[0], str):
                options = as_object(declared[1] if len(declared) > 1 else None)
                offered = as_list(options.get("options")) if declared[0] == "COMBO" else None
            else:
                offered = as_list(declared[0])
            if offered is not None:
                found[name] = frozenset(choice for choice in offered if isinstance(choice, str))
    return found
