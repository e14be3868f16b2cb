"""What a worker says of itself, again and again: what it serves, how its server is, what it has in hand.

Pure. A card that grew old is all that is left of a worker that died.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from comfy_facade.raw_json import RawObject, as_list, as_number, as_object


@frozen
class WorkerCard:
    """What a worker says of itself, again and again.

    Attributes:
        name: Its name.
        instance: Which process.
        at: When it said so, in seconds since 1970.
        tags: The tags that it serves.
        is_up: Whether its server answers.
        server: The server's address, without credentials.
        version: The server's version, or `""`.
        slots: How many prompts it takes at once.
        in_hand: The prompts that it has.
        running: Those of them that left the server's queue.
        loaded: The model files of the prompt that its server ran last.
        done: How many prompts it ended well.
        failed: How many it ended otherwise.
        failures: The latest of those: prompt id and reason.
    """

    name: str
    instance: str
    at: float
    tags: frozenset[str] = frozenset()
    is_up: bool = True
    server: str = ""
    version: str = ""
    slots: int = 1
    in_hand: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    loaded: frozenset[str] = frozenset()
    done: int = 0
    failed: int = 0
    failures: tuple[tuple[str, str], ...] = ()

    def is_live(self, now: float, grace: float) -> bool:
        """Say whether the worker was heard of lately.

        Args:
            now: Seconds since 1970.
            grace: Seconds of silence that are borne.

        Returns:
            Whether it is.
        """
        return now - self.at <= grace

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON.

        Returns:
            A JSON object.
        """
        return {
            "name": self.name,
            "instance": self.instance,
            "at": self.at,
            "tags": sorted(self.tags),
            "is_up": self.is_up,
            "server": self.server,
            "version": self.version,
            "slots": self.slots,
            "in_hand": list(self.in_hand),
            "running": list(self.running),
            "loaded": sorted(self.loaded),
            "done": self.done,
            "failed": self.failed,
            "failures": [list(failure) for failure in self.failures],
        }

    @classmethod
    def of_json(cls, raw: RawObject) -> WorkerCard:
        """Read it from JSON.

        Args:
            raw: What `to_json` gave.

        Returns:
            The same card.
        """
        return cls(
            name=str(raw.get("name") or ""),
            instance=str(raw.get("instance") or ""),
            at=as_number(raw.get("at")) or 0.0,
            tags=frozenset(str(tag) for tag in as_list(raw.get("tags"))),
            is_up=bool(raw.get("is_up")),
            server=str(raw.get("server") or ""),
            version=str(raw.get("version") or ""),
            slots=int(as_number(raw.get("slots")) or 1),
            in_hand=tuple(str(name) for name in as_list(raw.get("in_hand"))),
            running=tuple(str(name) for name in as_list(raw.get("running"))),
            loaded=frozenset(str(name) for name in as_list(raw.get("loaded"))),
            done=int(as_number(raw.get("done")) or 0),
            failed=int(as_number(raw.get("failed")) or 0),
            failures=tuple((str(row[0]), str(row[1])) for row in map(as_list, as_list(raw.get("failures")))),
        )


def cards_of_json(raws: Sequence[object]) -> list[WorkerCard]:
    """Read the cards of several workers.

    Args:
        raws: Their JSON; what is none is left out.

    Returns:
        The cards.
    """
    return [WorkerCard.of_json(as_object(raw)) for raw in raws if as_object(raw).get("name")]
