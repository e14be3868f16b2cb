"""What events change in the state machine of one run: every transition by example, and which frames are pictures."""

from __future__ import annotations

import pytest

from comfy_facade import NodeExecutionError, PromptFailedError, PromptInterruptedError
from comfy_facade._run_state import Absent, Finished, Pending, Running, RunState, Succeeded
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
from tests.facade.run_states import ERROR, FILES, ID, INTERRUPTED, PROMPT, entry, error_of, fresh, text


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

    def test_an_error_is_the_end_on_an_unbroken_stream(self) -> None:
        state = fresh()
        state.feed(Executed(ID, "3", "3", {"text": ["hi"]}))
        state.feed(text("execution_error", ERROR))
        error = error_of(state)
        assert isinstance(error, NodeExecutionError)
        assert (error.prompt_id, error.node_id, error.class_type) == (ID, "2", "SaveImage")
        assert (error.exception_type, error.exception_message) == ("OSError", "no space left\n")
        assert error.traceback == ("line one", "line two")
        assert error.outputs == {"3": {"text": ["hi"]}}
        assert state.ended_at == 2_000

    def test_an_interruption_is_the_end_on_an_unbroken_stream(self) -> None:
        state = fresh()
        state.feed(Executed(ID, "3", "3", {"text": ["hi"]}))
        state.feed(text("execution_interrupted", INTERRUPTED))
        error = error_of(state)
        assert isinstance(error, PromptInterruptedError)
        assert (error.prompt_id, error.node_id, error.class_type) == (ID, "1", "KSampler")
        assert error.outputs == {"3": {"text": ["hi"]}}

    @pytest.mark.parametrize("ending", ["execution_error", "execution_interrupted"])
    def test_after_a_gap_the_history_tells_what_a_failed_run_gave(self, ending: str) -> None:
        data = ERROR if ending == "execution_error" else INTERRUPTED
        state = fresh(unbroken=False)
        state.feed(text(ending, data))
        assert state.outcome is None
        for answer in (Running(), Absent()):
            assert state.needs_rest
            state.reconcile(answer)
        state.reconcile(Finished(entry(ending, data, outputs={"3": {"text": ["unheard"]}})))
        assert error_of(state).outputs == {"3": {"text": ["unheard"]}}

    @pytest.mark.parametrize("ending", ["execution_error", "execution_interrupted"])
    def test_a_failure_that_was_heard_counts_where_the_history_has_nothing(self, ending: str) -> None:
        state = fresh(unbroken=False)
        state.feed(text(ending, ERROR if ending == "execution_error" else INTERRUPTED))
        for _ in range(2):
            state.reconcile(Absent())
        assert isinstance(error_of(state), PromptFailedError)

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
