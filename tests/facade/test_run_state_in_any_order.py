"""In whatever order frames, losses and answers of REST come, a run's outcome is the truth and stays."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from comfy_facade import NodeExecutionError, PromptInterruptedError, PromptNotFoundError
from comfy_facade._run_state import (
    ABSENCES_BELIEVED,
    Absent,
    Failed,
    Finished,
    Outcome,
    Pending,
    RestState,
    Running,
    RunState,
    Succeeded,
)
from comfy_facade.models import HistoryEntry
from comfy_ws import Event, Executed, Executing, ExecutionCached, ExecutionStart, Reconnected, Status
from tests.facade.run_states import ERROR, ID, entry, text


@frozen
class Story:
    """What a server will do with one prompt, if nothing comes in between."""

    ending: str
    prompt: dict[str, Any]
    script: tuple[Event, ...]
    last: dict[str, Any]
    mishap: str
    connected: bool

    @property
    def outputs(self) -> dict[str, Any]:
        return {event.node: event.output for event in self.script if isinstance(event, Executed)}

    @property
    def entry(self) -> HistoryEntry:
        return entry(self.ending, self.last, outputs=self.outputs)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    ending = draw(st.sampled_from(["execution_success"] * 4 + ["execution_error", "execution_interrupted"]))
    nodes = [str(number) for number in range(1, draw(st.integers(1, 4)) + 1)]
    cached = draw(st.sets(st.sampled_from(nodes), max_size=1))
    silent = draw(st.sets(st.sampled_from(nodes), max_size=1))
    runs = nodes if ending == "execution_success" else nodes[: draw(st.integers(1, len(nodes)))]
    script: list[Event] = [ExecutionStart(ID, 1_000), ExecutionCached(ID, tuple(cached))]
    for node in runs:
        if node not in cached:
            script.append(Executing(ID, node))
        fails = ending != "execution_success" and node == runs[-1]
        if node not in silent and not fails:
            script.append(Executed(ID, node, node, {"text": [f"of {node}"]}))
    last = {**ERROR, "node_id": runs[-1]}
    script.append(text(ending, last))
    return Story(
        ending=ending,
        prompt={node: {"class_type": "Node", "inputs": {}} for node in nodes},
        script=tuple(script),
        last=last,
        mishap=draw(st.sampled_from(["", "", "", "deleted", "restarted", "evicted"])),
        connected=draw(st.booleans()),
    )


class World:
    """A server with one prompt, a socket with frames on their way, a REST answer on its way, and the run's state."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.script = deque(story.script)
        # Where the server has the prompt: pending, running, history, or nowhere any more.
        self.place = "pending"
        self.is_gone = False
        self.connected = story.connected
        self.is_deaf = False
        self.frames: deque[Event] = deque()
        self.is_unqueued = False
        self.answer: RestState | None = None
        self.state = RunState(ID, story.prompt, unbroken=story.connected, is_posted=True)
        self.first_outcome: Outcome | None = None

    def actions(self) -> Iterator[Callable[[], None]]:
        """What can happen next; what is said twice is likelier."""
        if self.script and self.place != "nowhere":
            yield from (self.move_on, self.move_on)
        if not self.script and self.place == "running":
            yield self.write_history
        if self.frames:
            yield from (self.deliver, self.deliver, self.deliver_twice)
        if self.connected:
            yield self.drop
            if not self.is_deaf:
                yield self.go_deaf
        else:
            yield from (self.reconnect, self.reconnect, self.give_up)
        if self.answer is not None:
            yield from (self.be_answered, self.be_answered)
        elif self.is_unqueued:
            yield self.read_history
        else:
            yield self.read_queue
        if self.story.mishap == "restarted":
            yield self.restart
        if self.story.mishap == "deleted" and self.place == "pending":
            yield self.delete
        if self.story.mishap == "evicted" and self.place == "history":
            yield self.evict

    def move_on(self) -> None:
        self.place = "running"
        self.emit(self.script.popleft())

    def write_history(self) -> None:
        self.place = "history"
        self.emit(Status(0))
        self.emit(Executing(ID, None))

    def delete(self) -> None:
        self.place, self.is_gone = "nowhere", True
        self.emit(Status(0))

    def evict(self) -> None:
        self.place = "nowhere"

    def restart(self) -> None:
        self.is_gone = self.is_gone or self.place in ("pending", "running")
        self.place = "nowhere"
        self.drop()

    def emit(self, event: Event) -> None:
        if self.connected and not self.is_deaf:
            self.frames.append(event)

    def deliver(self) -> None:
        self.state.feed(self.frames.popleft())

    def deliver_twice(self) -> None:
        self.state.feed(self.frames[0])
        self.deliver()

    def drop(self) -> None:
        self.connected = False
        self.frames.clear()

    def go_deaf(self) -> None:
        self.is_deaf = True

    def reconnect(self) -> None:
        self.connected, self.is_deaf = True, False
        self.state.feed(Reconnected(1, 0.1, "gone"))

    def give_up(self) -> None:
        self.state.lose_events()

    def read_queue(self) -> None:
        if self.place in ("pending", "running"):
            self.answer = Pending(0) if self.place == "pending" else Running()
        else:
            self.is_unqueued = True

    def read_history(self) -> None:
        self.answer = Finished(self.story.entry) if self.place == "history" else Absent()

    def be_answered(self) -> None:
        assert self.answer is not None
        self.state.reconcile(self.answer)
        self.answer, self.is_unqueued = None, False

    def ask(self) -> None:
        if self.answer is None and not self.is_unqueued:
            self.read_queue()
        if self.answer is None:
            self.read_history()
        self.be_answered()

    def finish(self) -> None:
        """Let everything come to its end, and REST be asked as often as it takes."""
        if not self.connected:
            self.reconnect()
        while self.script and self.place != "nowhere":
            self.move_on()
        while self.frames:
            self.deliver()
            self.check()
        if self.place == "running":
            self.write_history()
        # One answer may be old, and an absence has to be seen again.
        for _ in range(1 + ABSENCES_BELIEVED):
            self.ask()
            self.check()
        assert self.state.outcome is not None
        if self.place == "history":
            assert not isinstance(self.error, PromptNotFoundError)

    @property
    def error(self) -> Exception | None:
        return self.state.outcome.error if isinstance(self.state.outcome, Failed) else None

    def check(self) -> None:
        """An outcome is the truth, and stays."""
        self.first_outcome = self.first_outcome or self.state.outcome
        assert self.state.outcome is self.first_outcome
        if self.state.outcome is None:
            return
        assert self.is_gone or not self.script, "the server is not done with it"
        if isinstance(self.state.outcome, Succeeded):
            assert self.story.ending == "execution_success"
            assert self.state.outputs == self.story.outputs
        elif isinstance(self.error, PromptNotFoundError):
            assert self.place == "nowhere"
            # Which of the others it is, a deaf socket or a frame on its way may hide.
            assert self.error.reason != "unknown"
        elif isinstance(self.error, NodeExecutionError):
            assert self.story.ending == "execution_error"
            assert self.error.node_id == self.story.last["node_id"]
        else:
            assert isinstance(self.error, PromptInterruptedError)
            assert self.story.ending == "execution_interrupted"
            assert self.error.node_id == self.story.last["node_id"]


@settings(max_examples=400)
@given(story=stories(), choices=st.lists(st.integers(0, 59), max_size=60))
def test_in_any_order_the_outcome_is_the_truth_and_stays(story: Story, choices: list[int]) -> None:
    world = World(story)
    for choice in choices:
        actions = list(world.actions())
        actions[choice % len(actions)]()
        world.check()
    world.finish()
