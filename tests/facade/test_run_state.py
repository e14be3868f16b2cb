"""The state machine of one run: every transition by example, whole recordings, and any order of things by property."""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from comfy_facade import (
    NodeExecutionError,
    PromptFailedError,
    PromptInterruptedError,
    PromptNotFoundError,
)
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
from comfy_ws import (
    Event,
    Executed,
    Executing,
    ExecutionCached,
    ExecutionStart,
    ExecutionSuccess,
    PreviewImage,
    Progress,
    ProgressText,
    Reconnected,
    Status,
    UnknownEvent,
    decode,
)

ID = "80536c30-d318-42b9-9d8c-0655000a5416"
PROMPT: dict[str, Any] = {
    "1": {"class_type": "KSampler", "inputs": {"seed": 1}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
    "3": {"class_type": "ShowText", "inputs": {"text": "hi"}},
}
ERROR: dict[str, Any] = {
    "prompt_id": ID,
    "node_id": "2",
    "node_type": "SaveImage",
    "executed": ["1"],
    "exception_message": "no space left\n",
    "exception_type": "OSError",
    "traceback": ["line one", "line two"],
    "timestamp": 2_000,
}
INTERRUPTED: dict[str, Any] = {"prompt_id": ID, "node_id": "1", "node_type": "KSampler", "timestamp": 2_000}
FILES = {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}]}


def text(name: str, data: dict[str, Any]) -> Event:
    """Make an event as a stream would: of a frame."""
    return decode(json.dumps({"type": name, "data": data}))


def fresh(*, unbroken: bool = True) -> RunState:
    return RunState(ID, PROMPT, unbroken=unbroken, is_posted=True)


def entry(
    ending: str = "execution_success",
    data: dict[str, Any] | None = None,
    *,
    outputs: dict[str, Any] | None = None,
    cached: Sequence[str] = (),
) -> HistoryEntry:
    messages = [
        ["execution_start", {"prompt_id": ID, "timestamp": 1_000}],
        ["execution_cached", {"prompt_id": ID, "nodes": list(cached), "timestamp": 1_001}],
        [ending, {"prompt_id": ID, "timestamp": 2_000} if data is None else data],
    ]
    status = "success" if ending == "execution_success" else "error"
    raw = {
        "prompt": [1, ID, PROMPT, {}, ["2", "3"]],
        "outputs": {"2": FILES} if outputs is None else outputs,
        "status": {"status_str": status, "completed": status == "success", "messages": messages},
    }
    return HistoryEntry(ID, raw)


AWAY = Reconnected(2, 5.0, "connection refused")
DEAF = Reconnected(1, 0.1, "the socket was deaf", by_request=True)


def give(state: RunState, thing: Event | RestState) -> None:
    if isinstance(thing, (Pending, Running, Finished, Absent)):
        state.reconcile(thing)
    else:
        state.feed(thing)


def error_of(state: RunState) -> Any:
    assert isinstance(state.outcome, Failed)
    return state.outcome.error


class TestEvents:
    @pytest.mark.parametrize("unbroken", [True, False])
    def test_a_start_means_posted_running_and_no_longer_queued(self, unbroken: bool) -> None:
        state = RunState(ID, PROMPT, unbroken=unbroken)
        state.reconcile(Pending(3))
        state.feed(ExecutionStart(ID, 1_000))
        assert (state.is_posted, state.is_running, state.position, state.started_at) == (True, True, None, 1_000)
        assert state.outcome is None

    @pytest.mark.parametrize("unbroken", [True, False])
    def test_nodes_and_outputs_are_noted(self, unbroken: bool) -> None:
        state = fresh(unbroken=unbroken)
        state.feed(ExecutionCached(ID, ("1",)))
        state.feed(Executing(ID, "2"))
        state.feed(Executed(ID, "2", "2", FILES))
        assert state.cached_nodes == {"1"}
        assert state.current_node == "2"
        assert state.is_running
        assert state.outputs == {"2": FILES}
        assert state.outcome is None, "a node that returned something is not the end of the prompt"
        assert not state.needs_rest

    def test_success_on_an_unbroken_stream_is_the_end(self) -> None:
        state = fresh()
        state.feed(ExecutionSuccess(ID, 2_000))
        assert state.outcome == Succeeded()
        assert state.ended_at == 2_000

    def test_success_on_a_broken_stream_needs_rest(self) -> None:
        state = fresh(unbroken=False)
        state.feed(ExecutionSuccess(ID, 2_000))
        assert state.outcome is None, "outputs may have been missed"
        assert state.needs_rest

    @pytest.mark.parametrize("unbroken", [True, False])
    def test_an_error_is_the_end_on_any_stream(self, unbroken: bool) -> None:
        state = fresh(unbroken=unbroken)
        state.feed(Executed(ID, "3", "3", {"text": ["hi"]}))
        state.feed(text("execution_error", ERROR))
        error = error_of(state)
        assert isinstance(error, NodeExecutionError)
        assert (error.prompt_id, error.node_id, error.class_type) == (ID, "2", "SaveImage")
        assert (error.exception_type, error.exception_message) == ("OSError", "no space left\n")
        assert error.traceback == ("line one", "line two")
        assert error.outputs == {"3": {"text": ["hi"]}}
        assert state.ended_at == 2_000

    @pytest.mark.parametrize("unbroken", [True, False])
    def test_an_interruption_is_the_end_on_any_stream(self, unbroken: bool) -> None:
        state = fresh(unbroken=unbroken)
        state.feed(Executed(ID, "3", "3", {"text": ["hi"]}))
        state.feed(text("execution_interrupted", INTERRUPTED))
        error = error_of(state)
        assert isinstance(error, PromptInterruptedError)
        assert (error.prompt_id, error.node_id, error.class_type) == (ID, "1", "KSampler")
        assert error.outputs == {"3": {"text": ["hi"]}}

    def test_errors_without_data_are_errors_all_the_same(self) -> None:
        state = fresh()
        state.feed(text("execution_error", {"prompt_id": ID, "traceback": 7}))
        error = error_of(state)
        assert isinstance(error, NodeExecutionError)
        assert (error.node_id, error.class_type, error.exception_type, error.traceback) == ("", "", "", ())
        state = fresh()
        state.feed(text("execution_interrupted", {"prompt_id": ID}))
        assert (error_of(state).node_id, error_of(state).class_type) == (None, None)

    @pytest.mark.parametrize("unbroken", [True, False])
    def test_an_end_of_which_nothing_was_heard_needs_rest(self, unbroken: bool) -> None:
        state = fresh(unbroken=unbroken)
        state.feed(Executing(ID, None))
        assert state.needs_rest
        assert state.outcome is None

    @pytest.mark.parametrize("event", [Reconnected(1, 0.5, "gone"), None], ids=["reconnected", "lose_events"])
    def test_a_gap_leaves_the_word_to_rest(self, event: Event | None) -> None:
        state = fresh()
        state.feed(ExecutionStart(ID, 1_000))
        if event is None:
            state.lose_events()
        else:
            state.feed(event)
        assert not state.unbroken
        assert state.needs_rest
        state.feed(ExecutionSuccess(ID, 2_000))
        assert state.outcome is None
        state.reconcile(Finished(entry()))
        assert state.outcome == Succeeded()
        assert state.outputs == {"2": FILES}

    @pytest.mark.parametrize(
        "event",
        [
            Status(1),
            Progress(ID, "1", 1, 2),
            ProgressText("half", "1", ID),
            UnknownEvent("custom", {"prompt_id": ID}),
            text("progress_state", {"prompt_id": ID, "nodes": {}}),
            decode("no json"),
        ],
        ids=lambda event: event.type,
    )
    def test_other_events_change_nothing(self, event: Event) -> None:
        state = fresh()
        state.feed(event)
        assert state == fresh()


class TestPictures:
    """Images for the caller and previews for the eye are the same frames."""

    def test_frames_of_an_output_node_are_images(self) -> None:
        state = fresh()
        state.feed(PreviewImage(b"png", "image/png", node_id="2", prompt_id=ID))
        (image,) = state.streamed_images
        assert (bytes(image), image.node_id, image.mime_type) == (b"png", "2", "image/png")

    def test_frames_of_a_node_that_feeds_others_are_previews(self) -> None:
        state = fresh()
        state.feed(PreviewImage(b"jpg", "image/jpeg", node_id="1", prompt_id=ID))
        assert state.streamed_images == []

    @pytest.mark.parametrize(("node", "images"), [("2", 1), ("1", 0), (None, 0)])
    def test_a_frame_that_names_no_node_is_of_the_one_that_executes(self, node: str | None, images: int) -> None:
        state = fresh()
        if node is not None:
            state.feed(Executing(ID, node))
        state.feed(PreviewImage(b"png", "image/png"))
        assert len(state.streamed_images) == images

    def test_nodes_expanded_on_the_server_are_no_outputs(self) -> None:
        state = fresh()
        state.feed(PreviewImage(b"png", "image/png", node_id="2.0.0.1", prompt_id=ID))
        assert state.streamed_images == []

    def test_after_a_gap_nobody_knows_which_node_executes(self) -> None:
        state = fresh()
        state.feed(Executing(ID, "2"))
        state.feed(Reconnected(1, 0.5, "gone"))
        state.feed(PreviewImage(b"jpg", "image/jpeg"))
        assert state.streamed_images == [], "another node may have begun unheard"
        state.feed(Executing(ID, "2"))
        state.feed(PreviewImage(b"png", "image/png"))
        assert state.streamed_images == [b"png"]

    def test_every_image_counts_and_in_order(self) -> None:
        state = fresh()
        for data in (b"a", b"b", b"a"):
            state.feed(PreviewImage(data, "image/png", node_id="2"))
        assert state.streamed_images == [b"a", b"b", b"a"]


class TestRest:
    def test_pending_tells_the_place(self) -> None:
        state = fresh(unbroken=False)
        state.lose_events()
        state.reconcile(Pending(2))
        assert (state.position, state.needs_rest, state.is_running, state.outcome) == (2, False, False, None)

    def test_pending_is_old_news_once_the_start_was_heard(self) -> None:
        state = fresh()
        state.feed(ExecutionStart(ID))
        state.reconcile(Pending(2))
        assert state.is_running
        assert state.position is None, "the answer was on its way when the prompt started"

    def test_running_tells_that_it_left_the_queue(self) -> None:
        state = fresh(unbroken=False)
        state.reconcile(Pending(0))
        state.reconcile(Running())
        assert (state.position, state.needs_rest, state.is_running, state.outcome) == (None, False, True, None)

    def test_running_after_a_success_is_asked_again(self) -> None:
        state = fresh(unbroken=False)
        state.feed(ExecutionSuccess(ID))
        state.reconcile(Running())
        assert state.needs_rest, "the server has yet to write its history"

    @pytest.mark.parametrize("unbroken", [True, False])
    def test_a_history_with_success_is_the_end(self, unbroken: bool) -> None:
        state = fresh(unbroken=unbroken)
        state.feed(Executed(ID, "3", "3", {"text": ["hi"]}))
        state.reconcile(Finished(entry(cached=["1"])))
        assert state.outcome == Succeeded()
        assert state.outputs == {"3": {"text": ["hi"]}, "2": FILES}
        assert state.cached_nodes == {"1"}
        assert (state.started_at, state.ended_at, state.needs_rest) == (1_000, 2_000, False)

    def test_a_history_with_an_error_gives_the_same_as_the_event(self) -> None:
        by_event, by_rest = fresh(), fresh(unbroken=False)
        by_event.feed(Executed(ID, "3", "3", {"text": ["hi"]}))
        by_event.feed(text("execution_error", ERROR))
        by_rest.reconcile(Finished(entry("execution_error", ERROR, outputs={"3": {"text": ["hi"]}})))
        assert vars(error_of(by_event)) == vars(error_of(by_rest))
        assert type(error_of(by_event)) is type(error_of(by_rest))

    def test_a_history_with_an_interruption_gives_the_same_as_the_event(self) -> None:
        by_event, by_rest = fresh(), fresh(unbroken=False)
        by_event.feed(text("execution_interrupted", INTERRUPTED))
        by_rest.reconcile(Finished(entry("execution_interrupted", INTERRUPTED, outputs={})))
        assert vars(error_of(by_event)) == vars(error_of(by_rest))
        assert type(error_of(by_event)) is type(error_of(by_rest))

    def test_a_history_with_a_failure_and_no_reason(self) -> None:
        state = fresh(unbroken=False)
        state.reconcile(Finished(HistoryEntry(ID, {"outputs": {"2": FILES}, "status": {"status_str": "error"}})))
        error = error_of(state)
        assert type(error) is PromptFailedError
        assert (error.prompt_id, error.outputs) == (ID, {"2": FILES})

    @pytest.mark.parametrize("raw", [{}, {"status": None}, {"status": {"messages": [["odd"], 7]}}, {"outputs": {}}])
    def test_a_history_without_a_status_is_a_success(self, raw: dict[str, Any]) -> None:
        # ComfyUI of 2023 kept no status, and kept only prompts whose outputs it had.
        state = fresh(unbroken=False)
        state.reconcile(Finished(HistoryEntry(ID, raw)))
        assert state.outcome == Succeeded()

    def test_one_absence_is_not_believed(self) -> None:
        state = fresh(unbroken=False)
        for _ in range(ABSENCES_BELIEVED - 1):
            state.reconcile(Absent())
            assert state.outcome is None
            assert state.needs_rest
        state.reconcile(Absent())
        assert isinstance(error_of(state), PromptNotFoundError)
        assert error_of(state).prompt_id == ID

    @pytest.mark.parametrize("seen", [Pending(0), Running()])
    def test_absences_count_only_in_a_row(self, seen: RestState) -> None:
        state = fresh(unbroken=False)
        for _ in range(3):
            for _ in range(ABSENCES_BELIEVED - 1):
                state.reconcile(Absent())
            state.reconcile(seen)
        assert state.outcome is None

    @pytest.mark.parametrize(
        ("told", "is_posted", "reason"),
        [
            ((), False, "unknown"),
            ((), True, "deleted"),
            ((Pending(1),), False, "deleted"),
            ((DEAF, Pending(1)), True, "deleted"),
            ((AWAY,), True, "forgotten"),
            ((ExecutionStart(ID), AWAY), True, "forgotten"),
            ((AWAY, DEAF), True, "forgotten"),
            ((ExecutionStart(ID),), True, "evicted"),
            ((ExecutionStart(ID), DEAF), True, "evicted"),
            ((Running(),), True, "evicted"),
            ((AWAY, ExecutionSuccess(ID)), True, "evicted"),
        ],
    )
    @pytest.mark.parametrize("unbroken", [True, False])
    def test_reasons_of_absence(
        self, told: tuple[Event | RestState, ...], unbroken: bool, is_posted: bool, reason: str
    ) -> None:
        state = RunState(ID, PROMPT, unbroken=unbroken, is_posted=is_posted)
        for thing in told:
            give(state, thing)
        for _ in range(ABSENCES_BELIEVED):
            state.reconcile(Absent())
        assert error_of(state).reason == reason


ENDS: list[Event | RestState] = [
    ExecutionSuccess(ID),
    text("execution_error", ERROR),
    text("execution_interrupted", INTERRUPTED),
    Finished(entry()),
]
AFTERWARDS: list[Event | RestState] = [
    *ENDS,
    ExecutionStart(ID, 9_000),
    ExecutionCached(ID, ("9",)),
    Executing(ID, None),
    Executed(ID, "9", "9", {"text": ["late"]}),
    PreviewImage(b"late", "image/png", node_id="2"),
    Reconnected(1, 0, ""),
    Pending(1),
    Running(),
    Absent(),
    Finished(entry("execution_error", ERROR)),
]


@pytest.mark.parametrize("ending", ["execution_success", "execution_error", "execution_interrupted"])
def test_every_ending_has_its_time_whoever_tells_it(ending: str) -> None:
    told = {**ERROR, "timestamp": 2_000}
    heard, asked = fresh(), fresh()
    heard.feed(text(ending, told))
    asked.reconcile(Finished(entry(ending, told)))
    assert (heard.ended_at, asked.ended_at) == (2_000, 2_000)
    assert asked.started_at == 1_000
    assert asked.is_running is True


def test_a_failure_without_a_reason_says_where_to_look() -> None:
    state = fresh()
    state.reconcile(Finished(entry("unheard_of", {})))
    assert str(error_of(state)) == f"prompt {ID} failed, and the server kept no reason; its log may tell (get_logs)"


def test_an_error_without_a_message_has_none() -> None:
    state = fresh()
    state.feed(text("execution_error", {"prompt_id": ID}))
    assert (error_of(state).exception_message, error_of(state).node_id) == ("", "")


def test_an_end_that_only_rest_tells_shows_that_events_were_missed() -> None:
    state = fresh()
    state.feed(ExecutionStart(ID, 1_000))
    state.reconcile(Finished(entry()))
    assert (state.unbroken, state.outcome) == (False, Succeeded())


def test_lost_events_leave_no_node_to_ascribe_previews_to() -> None:
    state = fresh()
    state.feed(Executing(ID, "2"))
    state.lose_events()
    assert (state.unbroken, state.current_node, state.needs_rest) == (False, None, True)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: type(end).__name__)
def test_nothing_changes_once_there_is_an_outcome(end: Event | RestState) -> None:
    state = fresh()
    give(state, end)
    before = evolve(
        state,
        outputs=dict(state.outputs),
        cached_nodes=set(state.cached_nodes),
        streamed_images=list(state.streamed_images),
    )
    assert state.outcome is not None
    for thing in AFTERWARDS:
        for _ in range(ABSENCES_BELIEVED):
            give(state, thing)
    assert state == before
    assert state.outcome is before.outcome


# Recordings of real servers


RECORDINGS = Path(__file__).resolve().parents[2].parent / "shared" / "protocol"
NAMES = sorted(path.relative_to(RECORDINGS).as_posix() for path in RECORDINGS.glob("*/ws-*.json"))


class Recording:
    def __init__(self, name: str) -> None:
        self.content = json.loads((RECORDINGS / name).read_text())
        self.prompt: dict[str, Any] = self.content["post_prompt"]["body"]["prompt"]
        self.prompt_id: str = self.content["post_prompt"]["body"]["prompt_id"]

    def events(self, client: int) -> Iterator[Event]:
        """What a client was told of the prompt, as the run it belongs to would hear it."""
        for frame in self.content["frames"]:
            if frame.get("client") != client or not {"text", "binary_base64"} & set(frame):
                continue
            event = decode(frame["text"] if "text" in frame else base64.b64decode(frame["binary_base64"]))
            if getattr(event, "prompt_id", None) in (self.prompt_id, None):
                yield event

    def fresh(self) -> RunState:
        return RunState(self.prompt_id, self.prompt, is_posted=True)

    def by_rest(self) -> RunState:
        state = self.fresh()
        state.lose_events()
        state.reconcile(Finished(HistoryEntry(self.prompt_id, self.content["history"][self.prompt_id])))
        return state


def gist(outcome: Outcome | None) -> object:
    if not isinstance(outcome, Failed):
        return outcome
    return type(outcome.error), vars(outcome.error)


@pytest.mark.skipif(not NAMES, reason="the recordings of real servers are not there")
@pytest.mark.parametrize("name", NAMES)
def test_frames_and_history_tell_the_same(name: str) -> None:
    recording = Recording(name)
    if recording.prompt_id not in recording.content["history"]:
        assert recording.content["post_prompt"]["status"] == 400, "only refused prompts leave no history"
        state = recording.fresh()
        for event in recording.events(0):
            state.feed(event)
        assert state == recording.fresh()
        return
    by_rest, state = recording.by_rest(), recording.fresh()
    for event in recording.events(0):
        state.feed(event)
    if recording.content["name"] in ("reconnect-same-client-id", "same-client-id-twice-then-first-closes"):
        assert state.outcome is None, "the first socket did not live to hear the end"
        state.feed(Reconnected(1, 0.1, "gone"))
        for event in recording.events(1):
            state.feed(event)
        assert state.outcome is None, "after a gap only REST may end a success"
        assert state.needs_rest
        state.reconcile(Finished(HistoryEntry(recording.prompt_id, recording.content["history"][recording.prompt_id])))
    assert by_rest.outcome is not None
    assert gist(state.outcome) == gist(by_rest.outcome)
    assert state.outputs == by_rest.outputs
    assert state.cached_nodes == by_rest.cached_nodes
    assert (state.started_at, state.ended_at) == (by_rest.started_at, by_rest.ended_at)
    assert by_rest.streamed_images == [], "the history keeps no pictures of the socket"
    streams = recording.content["name"] == "image-over-websocket"
    assert [(image.node_id, image.mime_type) for image in state.streamed_images] == [("2", "image/png")] * streams


def test_a_listener_without_the_clients_id_cannot_end_a_run() -> None:
    name = "0.33.0/ws-two-clients-who-sees-what.json"
    if name not in NAMES:
        pytest.skip("the recordings are not there")
    recording = Recording(name)
    state = recording.fresh()
    for event in recording.events(1):
        state.feed(event)
    assert state.outcome is None


# Any order of things


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
