"""Every ending of a run says the same whoever tells it, and nothing that comes after it changes it."""

from __future__ import annotations

import pytest
from attrs import evolve

from comfy_facade._run_state import ABSENCES_BELIEVED, Absent, Finished, Pending, RestState, Running, Succeeded
from comfy_ws import (
    Event,
    Executed,
    Executing,
    ExecutionCached,
    ExecutionStart,
    ExecutionSuccess,
    PreviewImage,
    Reconnected,
)
from tests.facade.run_states import ERROR, ID, INTERRUPTED, entry, error_of, fresh, give, text

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
