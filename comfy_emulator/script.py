"""Scripted failures: what shall go wrong in which prompt, at which node or step.

Keeps what is still to come and hands out what is due. Doing it is `comfy_emulator.runner`'s part. For misbehaviour
that does not depend on a prompt's progress, such as failing answers, see `comfy_emulator.faults`.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class FailNode:
    """Let a node raise instead of running, even if a result of an earlier run could take its place.

    Attributes:
        node: The node's id.
        prompt: Which prompt: 1 is the next to start, counted from when the script was given; None is whichever
            runs the node first.
        message: The text of the exception.
        exception_type: Its type as clients are told, with the module unless it is built in.
    """

    node: str
    prompt: int | None = None
    message: str = "this failure was asked for"
    exception_type: str = "RuntimeError"


@dataclass(frozen=True, slots=True, kw_only=True)
class _AtStep:
    """Something that happens when a node reaches a step, before it tells of that step.

    Attributes:
        at_step: The step, as progress counts them: 1 is the first.
        prompt: Which prompt: 1 is the next to start, counted from when the script was given; None is any.
        node: The node's id; None is any.
    """

    at_step: int
    prompt: int | None = None
    node: str | None = None


class DropSockets(_AtStep):
    """Break the connections of all websockets, without a close frame."""

    __slots__ = ()


class GoDeaf(_AtStep):
    """Forget all registered websockets: they stay open and never hear anything again."""

    __slots__ = ()


class InterruptPrompt(_AtStep):
    """Interrupt the prompt, as another client would."""

    __slots__ = ()


AtStep: TypeAlias = DropSockets | GoDeaf | InterruptPrompt
"""What can happen when a step is reached."""

ScriptEntry: TypeAlias = FailNode | AtStep
"""What can be scripted. Each entry happens once; what shall happen twice is scripted twice."""


class Script:
    """What is still to come on one server. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._prompts_started = 0
        self._left: list[tuple[int, ScriptEntry]] = []

    @property
    def left(self) -> list[ScriptEntry]:
        """The entries that did not happen yet."""
        with self._lock:
            return [entry for _, entry in self._left]

    def add(self, entries: Iterable[ScriptEntry]) -> None:
        """Add entries; to them the next prompt to start is number 1."""
        with self._lock:
            self._left.extend((self._prompts_started, entry) for entry in entries)

    def start_prompt(self) -> int:
        """Note that a prompt starts.

        Returns:
            Its number on this server, as the other methods want it.
        """
        with self._lock:
            self._prompts_started += 1
            return self._prompts_started

    def failing_nodes(self, number: int) -> frozenset[str]:
        """Give the ids of the nodes that are to fail in a prompt."""
        with self._lock:
            return frozenset(
                entry.node
                for already, entry in self._left
                if isinstance(entry, FailNode) and entry.prompt in (None, number - already)
            )

    def take_failure(self, number: int, node_id: str) -> FailNode | None:
        """Take the failure that is due when a node begins, if any."""
        for entry in self._take(number, lambda each: isinstance(each, FailNode) and each.node == node_id, limit=1):
            if isinstance(entry, FailNode):
                return entry
        return None

    def take_steps(self, number: int, node_id: str, value: float) -> list[AtStep]:
        """Take what is due when a node reaches a step.

        Args:
            number: The prompt's number on this server.
            node_id: The node.
            value: How many steps it has done.
        """

        def is_reached(entry: ScriptEntry) -> bool:
            return not isinstance(entry, FailNode) and entry.node in (None, node_id) and 0 < entry.at_step <= value

        return [entry for entry in self._take(number, is_reached) if not isinstance(entry, FailNode)]

    def _take(self, number: int, matches: Callable[[ScriptEntry], bool], limit: int | None = None) -> list[ScriptEntry]:
        with self._lock:
            due = [
                (already, entry)
                for already, entry in self._left
                if entry.prompt in (None, number - already) and matches(entry)
            ][:limit]
            for each in due:
                self._left.remove(each)
        return [entry for _, entry in due]


def scripted_exception(failure: FailNode) -> Exception:
    """Make the exception that a failing node raises, of a type that is named as the script says."""
    module, _, name = failure.exception_type.rpartition(".")
    kind: type[Exception] = type(name, (Exception,), {"__module__": module or "builtins", "__qualname__": name})
    return kind(failure.message)
