"""How queues, tags and workers may be called, and how priorities are counted.

Pure. It makes names and checks them; who takes what from which queue is not its affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import combinations
from typing import Final

PREFIX: Final = "comfy"
"""What all queues' names begin with."""

PRIORITIES: Final = 10
"""Priorities go from 0, the lowest, to 9."""

DEFAULT_PRIORITY: Final = 4
"""The priority of a prompt for which none is given."""

MOST_TAGS: Final = 6
"""A worker listens to one queue for each subset of its tags."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


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


def checked_priority(priority: int) -> int:
    """Check a priority.

    Args:
        priority: From 0 to 9, the most urgent.

    Returns:
        The same priority.

    Raises:
        ValueError: It is none.
    """
    if not 0 <= priority < PRIORITIES:
        raise ValueError(f"a priority goes from 0 to {PRIORITIES - 1}, not {priority}")
    return priority


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
    checked_priority(priority)
    return PRIORITIES - 1 - priority if transport.startswith("redis") else priority
