"""The state machine of one run: every transition by example, told by events or asked of REST."""

from __future__ import annotations

from typing import Any

import pytest

from comfy_facade import NodeExecutionError, PromptFailedError, PromptInterruptedError, PromptNotFoundError
from comfy_facade._run_state import (
    ABSENCES_BELIEVED,
    Absent,
    Finished,
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
from tests.facade.run_states import (
    AWAY,
    DEAF,
    ERROR,
    FILES,
    ID,
    INTERRUPTED,
    PROMPT,
    entry,
    error_of,
    fresh,
    give,
    text,
)


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
