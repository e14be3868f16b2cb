"""What travels through the broker for one prompt: JSON, without files and without credentials.

Pure. The prompt in it is final: its seeds are set before it is sent, so that it is the same wherever it runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from comfy_facade.raw_json import RawObject, as_list, as_number, as_object

Seeds = Mapping[tuple[str, str], int]
"""Seeds by node id and input name."""

VERSION: Final = 1
"""The form of the JSON; a worker refuses one that it does not know."""


@frozen
class StoredInput:
    """A file that a prompt reads, kept in the store under its hash.

    Attributes:
        sha256: The hash of its bytes, in hexadecimal.
        size: In bytes.
        suffix: The suffix of its name, with the dot, or `""`.
    """

    sha256: str
    size: int
    suffix: str = ""

    @property
    def name(self) -> str:
        """Its name on a server."""
        return f"{self.sha256}{self.suffix}"

    @property
    def path(self) -> str:
        """Where it lies below the store."""
        return f"inputs/{self.name}"


@frozen
class PromptTask:
    """A prompt to be run by whichever worker takes it.

    Attributes:
        prompt_id: Its id, which is the task's as well.
        prompt: In API format, final.
        workflow: The workflow to embed in saved files, or `None`.
        inputs: The files that the prompt names, by the name it uses.
        seeds: The seeds that were set.
        tags: What the worker must be started with.
        unserved_timeout: Seconds without a worker that can serve it after which it fails; `None` for never.
    """

    prompt_id: str
    prompt: RawObject = field(repr=False)
    workflow: RawObject | None = field(default=None, repr=False)
    inputs: Mapping[str, StoredInput] = field(factory=dict[str, StoredInput])
    seeds: Seeds = field(factory=dict[tuple[str, str], int], repr=False)
    tags: frozenset[str] = frozenset()
    unserved_timeout: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON.

        Returns:
            A JSON object.
        """
        return {
            "version": VERSION,
            "prompt_id": self.prompt_id,
            "prompt": self.prompt,
            "workflow": self.workflow,
            "inputs": {name: [file.sha256, file.size, file.suffix] for name, file in self.inputs.items()},
            "seeds": seeds_to_json(self.seeds),
            "tags": sorted(self.tags),
            "unserved_timeout": self.unserved_timeout,
        }

    @classmethod
    def of_json(cls, raw: RawObject) -> PromptTask:
        """Read it from JSON.

        Args:
            raw: What `to_json` gave.

        Returns:
            The same task.

        Raises:
            ValueError: It is of a version that this one does not know.
        """
        if raw.get("version") != VERSION:
            raise ValueError(f"a task of version {raw.get('version')!r} needs another version of comfy_fleet")
        workflow = raw.get("workflow")
        return cls(
            prompt_id=str(raw["prompt_id"]),
            prompt=as_object(raw["prompt"]),
            workflow=None if workflow is None else as_object(workflow),
            inputs={
                name: StoredInput(str(file[0]), int(file[1]), str(file[2]))
                for name, file in as_object(raw.get("inputs")).items()
            },
            seeds=seeds_of_json(as_list(raw.get("seeds"))),
            tags=frozenset(str(tag) for tag in as_list(raw.get("tags"))),
            unserved_timeout=as_number(raw.get("unserved_timeout")),
        )


def seeds_to_json(seeds: Seeds) -> list[list[Any]]:
    """Give seeds as JSON, whose objects have no pairs for keys.

    Args:
        seeds: The seeds.

    Returns:
        Node id, input name and seed of each.
    """
    return [[node_id, name, seed] for (node_id, name), seed in seeds.items()]


def seeds_of_json(raw: Sequence[Any]) -> dict[tuple[str, str], int]:
    """Read seeds from JSON.

    Args:
        raw: What `seeds_to_json` gave.

    Returns:
        The seeds.
    """
    return {(str(node_id), str(name)): int(seed) for node_id, name, seed in raw}
