"""The life of one run as a state machine without I/O.

Events and REST answers go in (`feed`, `reconcile`), and once there is an outcome it stays. The rule: the stream is
best effort, REST state decides. A run whose stream was unbroken since before the prompt was posted ends on its
terminal event; after any gap `needs_rest` says that only REST can tell. It opens nothing, waits for nothing and
reads no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import define, field, frozen

from comfy_facade.errors import (
    ComfyUIError,
    NodeExecutionError,
    PromptFailedError,
    PromptInterruptedError,
    PromptNotFoundError,
)
from comfy_facade.models import HistoryEntry
from comfy_facade.raw_json import RawObject, as_list, as_number, as_object
from comfy_facade.streamed_image import StreamedImage
from comfy_ws import (
    Event,
    Executed,
    Executing,
    ExecutionCached,
    ExecutionError,
    ExecutionInterrupted,
    ExecutionStart,
    ExecutionSuccess,
    PreviewImage,
    Progress,
    ProgressState,
    Reconnected,
)


@frozen
class Pending:
    """REST says: the prompt waits, with `position` others before it."""

    position: int


@frozen
class Running:
    """REST says: the prompt runs."""


@frozen
class Finished:
    """REST says: the prompt is over, and this is what the history holds."""

    entry: HistoryEntry


@frozen
class Absent:
    """REST says: the prompt is neither in the queue nor in the history."""


RestState = Pending | Running | Finished | Absent


@frozen
class Succeeded:
    """The run is over and went well."""


@frozen
class Failed:
    """The run is over and did not; `error` is what its waiters get."""

    error: ComfyUIError


Outcome = Succeeded | Failed

# They come by the thousand and say nothing of how a run stands.
_OF_NO_CONSEQUENCE: Final = (Progress, ProgressState)

ABSENCES_BELIEVED = 2
"""How often in a row REST must know nothing of a prompt before that is believed."""


@define
class RunState:
    """What is known of one run.

    Attributes:
        prompt_id: The prompt.
        prompt: What runs.
        unbroken: Whether every event since before the post was heard.
        server_was_away: Whether the server could not be reached for a while, so that it may have restarted.
        is_posted: Whether the server has the prompt for all we know.
        is_running: Whether it left the queue.
        position: How many prompts run before it, if REST said so.
        current_node: The node that runs, or `None`.
        outputs: What nodes returned so far.
        cached_nodes: The nodes whose results the server still had.
        streamed_images: Images sent over the socket by output nodes.
        started_at: The server's clock at the start, in milliseconds.
        ended_at: The server's clock at the end, in milliseconds.
        needs_rest: Whether only REST can tell how it stands.
        heard_failure: The failure that an event told of; its outputs lack what went unheard.
        outcome: How it ended, or `None` while it has not.
    """

    prompt_id: str
    prompt: RawObject = field(repr=False)
    unbroken: bool = True
    server_was_away: bool = False
    is_posted: bool = False
    is_running: bool = False
    position: int | None = None
    current_node: str | None = None
    outputs: dict[str, RawObject] = field(factory=dict[str, RawObject], repr=False)
    cached_nodes: set[str] = field(factory=set[str], repr=False)
    streamed_images: list[StreamedImage] = field(factory=list[StreamedImage], repr=False)
    started_at: float | None = None
    ended_at: float | None = None
    needs_rest: bool = False
    heard_failure: Failed | None = None
    outcome: Outcome | None = None
    _heard_success: bool = False
    _absences: int = 0
    _linked_nodes: frozenset[str] | None = field(default=None, repr=False)

    def feed(self, event: Event) -> None:
        """Take an event of this run, or one that concerns all runs.

        Args:
            event: The event.
        """
        if self.outcome is not None or isinstance(event, _OF_NO_CONSEQUENCE):
            return
        match event:
            case ExecutionStart():
                self.is_posted = self.is_running = True
                self.position = None
                self.started_at = event.timestamp
            case ExecutionCached():
                self.cached_nodes.update(event.nodes)
            case Executing(node=None):
                # The server is done with the prompt, and no terminal event came before.
                self.needs_rest = True
            case Executing():
                self.is_running = True
                self.current_node = event.node
            case Executed():
                self.outputs[event.node] = event.output
            case PreviewImage():
                self._keep_if_streamed(event)
            case ExecutionSuccess():
                self._heard_success = True
                self.ended_at = event.timestamp
                if self.unbroken:
                    self.outcome = Succeeded()
                else:
                    self.needs_rest = True
            case ExecutionError():
                self.ended_at = event.timestamp
                self._fail(_node_error(self.prompt_id, event.data, self.outputs))
            case ExecutionInterrupted():
                self.ended_at = event.timestamp
                self._fail(_interruption(self.prompt_id, event.data, self.outputs))
            case Reconnected():
                self.server_was_away = self.server_was_away or not event.by_request
                self.lose_events()
            case _:
                pass

    def _fail(self, error: PromptFailedError) -> None:
        self.heard_failure = Failed(error)
        if self.unbroken:
            self.outcome = self.heard_failure
        else:
            # That it failed is certain; what nodes gave before that, the history knows.
            self.needs_rest = True

    def lose_events(self) -> None:
        """Note that events may have been missed: from here on REST decides."""
        self.unbroken = False
        # Another node may have begun unheard, and its previews must not pass for this one's images.
        self.current_node = None
        self.needs_rest = True

    def reconcile(self, state: RestState) -> None:
        """Take what REST says of the run.

        Args:
            state: Its state, read in this order: the queue, then the history.
        """
        if self.outcome is not None:
            return
        if not isinstance(state, Absent):
            self._absences = 0
            self.is_posted = True
        match state:
            case Pending():
                # The answer may have been on its way when the start was heard.
                self.position = None if self.is_running else state.position
                self.needs_rest = False
            case Running():
                self.is_running, self.position = True, None
                # After an end that was heard, the server is about to write its history.
                self.needs_rest = self._heard_success or self.heard_failure is not None
            case Finished():
                self._take_history(state.entry)
            case Absent():
                self._absences += 1
                self.needs_rest = True
                if self._absences >= ABSENCES_BELIEVED:
                    self.outcome = self.heard_failure or Failed(
                        PromptNotFoundError(self.prompt_id, self._reason_of_absence())
                    )

    def _reason_of_absence(self) -> str:
        # What runs cannot be deleted: unless the server restarted, it must have ended and left the history.
        if self._heard_success or (self.is_running and not self.server_was_away):
            return "evicted"
        if not self.is_posted:
            return "unknown"
        return "forgotten" if self.server_was_away else "deleted"

    def _take_history(self, entry: HistoryEntry) -> None:
        messages = entry.messages
        self.needs_rest = False
        # Its end would have been heard on a socket that hears everything.
        self.unbroken = self.unbroken and self._heard_success
        self.is_running = True
        self.outputs.update(entry.outputs)
        self.cached_nodes.update(str(node) for node in as_list(messages.get("execution_cached", {}).get("nodes")))
        self.started_at = _timestamp(messages, "execution_start") or self.started_at
        for name in ("execution_success", "execution_error", "execution_interrupted"):
            self.ended_at = _timestamp(messages, name) or self.ended_at
        if "execution_error" in messages:
            self.outcome = Failed(_node_error(self.prompt_id, messages["execution_error"], self.outputs))
        elif "execution_interrupted" in messages:
            self.outcome = Failed(_interruption(self.prompt_id, messages["execution_interrupted"], self.outputs))
        elif entry.status == "error":
            message = f"prompt {self.prompt_id} failed, and the server kept no reason; its log may tell (get_logs)"
            self.outcome = Failed(PromptFailedError(message, prompt_id=self.prompt_id, outputs=self.outputs))
        else:
            self.outcome = Succeeded()

    def _keep_if_streamed(self, event: PreviewImage) -> None:
        # Previews and images sent over the socket are the same frames. Only outputs and what they need is ever
        # executed, so a node that executes and feeds no other is an output.
        node_id = event.node_id or self.current_node
        if node_id is None or node_id not in self.prompt:
            return
        if self._linked_nodes is None:
            self._linked_nodes = frozenset(_linked_nodes(self.prompt))
        if node_id not in self._linked_nodes:
            self.streamed_images.append(StreamedImage(event.data, node_id, event.mime_type))


def _linked_nodes(prompt: RawObject) -> set[str]:
    linked: set[str] = set()
    for node in prompt.values():
        links = (as_list(value) for value in as_object(as_object(node).get("inputs")).values())
        linked.update(str(link[0]) for link in links if link)
    return linked


def _timestamp(messages: Mapping[str, RawObject], name: str) -> float | None:
    return as_number(messages.get(name, {}).get("timestamp"))


def _node_error(prompt_id: str, data: RawObject, outputs: Mapping[str, Any]) -> NodeExecutionError:
    return NodeExecutionError(
        prompt_id=prompt_id,
        node_id=str(data.get("node_id") or ""),
        class_type=str(data.get("node_type") or ""),
        exception_type=str(data.get("exception_type") or ""),
        exception_message=str(data.get("exception_message") or ""),
        traceback=[str(line) for line in as_list(data.get("traceback"))],
        outputs=dict(outputs),
    )


def _interruption(prompt_id: str, data: RawObject, outputs: Mapping[str, Any]) -> PromptInterruptedError:
    node_id, class_type = data.get("node_id"), data.get("node_type")
    return PromptInterruptedError(
        prompt_id=prompt_id,
        node_id=None if node_id is None else str(node_id),
        class_type=None if class_type is None else str(class_type),
        outputs=dict(outputs),
    )
