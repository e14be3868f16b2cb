"""What the server says of its queue and history, as small values over the raw JSON.

Pure. Each keeps the JSON it was made of in `raw`, so that fields of newer servers survive, and reads odd shapes as
far as they make sense instead of failing on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import field, frozen

from comfy_facade.raw_json import RawObject, as_list, as_object


@frozen
class QueuedPrompt:
    """The server's answer to a prompt it took.

    Attributes:
        prompt_id: The prompt's id.
        number: Its number in the queue; lower ones run first.
        node_errors: Errors by node id: branches that were dropped while the rest runs.
    """

    prompt_id: str
    number: float
    node_errors: RawObject


@frozen
class QueueItem:
    """A prompt in the queue.

    Attributes:
        number: Its number; lower ones run first.
        prompt_id: Its id.
        prompt: The prompt in API format.
        extra_data: What was sent along: `client_id`, `extra_pnginfo` ...
        outputs_to_execute: The node ids of the outputs that run.
    """

    number: float
    prompt_id: str
    prompt: RawObject = field(repr=False)
    extra_data: RawObject = field(repr=False)
    outputs_to_execute: tuple[str, ...]

    @classmethod
    def of_raw(cls, raw: object) -> QueueItem | None:
        """Read an item of `/queue`, or the `prompt` of a history entry.

        Args:
            raw: The JSON array.

        Returns:
            The item, or `None` if it is none.
        """
        parts = [*as_list(raw), None, None, None, None, None]
        if not isinstance(parts[1], str):
            return None
        number = parts[0] if isinstance(parts[0], (int, float)) else 0
        outputs = tuple(str(node_id) for node_id in as_list(parts[4]))
        return cls(number, parts[1], as_object(parts[2]), as_object(parts[3]), outputs)


@frozen
class Queue:
    """The server's queue.

    Attributes:
        running: What runs (one prompt, as servers are today).
        pending: What waits, in the order in which it will run.
    """

    running: tuple[QueueItem, ...]
    pending: tuple[QueueItem, ...]

    @classmethod
    def of_raw(cls, raw: RawObject) -> Queue:
        """Read the answer of `GET /queue`.

        Args:
            raw: The JSON object.

        Returns:
            The queue.
        """
        running = (QueueItem.of_raw(item) for item in as_list(raw.get("queue_running")))
        pending = (QueueItem.of_raw(item) for item in as_list(raw.get("queue_pending")))
        # The server sends its heap as it lies in memory, which is sorted only at its top: by number, then by id.
        return cls(
            tuple(item for item in running if item is not None),
            tuple(
                sorted((item for item in pending if item is not None), key=lambda item: (item.number, item.prompt_id))
            ),
        )


@frozen
class PromptStatus:
    """Where a prompt is.

    Attributes:
        running: It runs.
        pending: It waits in the queue.
        done: It is over, well or not.
        position: How many prompts run before it, while it is pending; else `None`.
    """

    running: bool
    pending: bool
    done: bool
    position: int | None = None


@frozen
class HistoryEntry:
    """What the server remembers of a prompt that is over.

    Attributes:
        prompt_id: The prompt.
        raw: The JSON object.
    """

    prompt_id: str
    raw: RawObject = field(repr=False)

    @property
    def item(self) -> QueueItem | None:
        """The prompt as it was queued."""
        return QueueItem.of_raw(self.raw.get("prompt"))

    @property
    def outputs(self) -> dict[str, RawObject]:
        """What each node returned, by node id."""
        return {node_id: as_object(output) for node_id, output in as_object(self.raw.get("outputs")).items()}

    @property
    def status(self) -> str:
        """`"success"` or `"error"`, or `""` where the server does not say."""
        return str(as_object(self.raw.get("status")).get("status_str") or "")

    @property
    def messages(self) -> dict[str, RawObject]:
        """The events of the run by name: `execution_start`, `execution_error` ..."""
        pairs = (as_list(pair) for pair in as_list(as_object(self.raw.get("status")).get("messages")))
        return {str(pair[0]): as_object(pair[1]) for pair in pairs if len(pair) == 2}


@frozen
class History(Mapping[str, HistoryEntry]):
    """Prompts that are over, by prompt id, oldest first.

    Attributes:
        raw: The JSON object of `GET /history`.
    """

    raw: RawObject = field(repr=False)

    def __getitem__(self, prompt_id: str) -> HistoryEntry:
        return HistoryEntry(prompt_id, as_object(self.raw[prompt_id]))

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)
