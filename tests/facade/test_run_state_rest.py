"""What answers of REST change in the state machine of one run: every one by example."""

from __future__ import annotations

from typing import Any

import pytest

from comfy_facade import PromptFailedError, PromptNotFoundError
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
from comfy_ws import Event, Executed, ExecutionStart, ExecutionSuccess
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


def test_pending_tells_the_place() -> None:
    state = fresh(unbroken=False)
    state.lose_events()
    state.reconcile(Pending(2))
    assert (state.position, state.needs_rest, state.is_running, state.outcome) == (2, False, False, None)


def test_pending_is_old_news_once_the_start_was_heard() -> None:
    state = fresh()
    state.feed(ExecutionStart(ID))
    state.reconcile(Pending(2))
    assert state.is_running
    assert state.position is None, "the answer was on its way when the prompt started"


def test_running_tells_that_it_left_the_queue() -> None:
    state = fresh(unbroken=False)
    state.reconcile(Pending(0))
    state.reconcile(Running())
    assert (state.position, state.needs_rest, state.is_running, state.outcome) == (None, False, True, None)


def test_running_after_a_success_is_asked_again() -> None:
    state = fresh(unbroken=False)
    state.feed(ExecutionSuccess(ID))
    state.reconcile(Running())
    assert state.needs_rest, "the server has yet to write its history"


@pytest.mark.parametrize("unbroken", [True, False])
def test_a_history_with_success_is_the_end(unbroken: bool) -> None:
    state = fresh(unbroken=unbroken)
    state.feed(Executed(ID, "3", "3", {"text": ["hi"]}))
    state.reconcile(Finished(entry(cached=["1"])))
    assert state.outcome == Succeeded()
    assert state.outputs == {"3": {"text": ["hi"]}, "2": FILES}
    assert state.cached_nodes == {"1"}
    assert (state.started_at, state.ended_at, state.needs_rest) == (1_000, 2_000, False)


def test_a_history_with_an_error_gives_the_same_as_the_event() -> None:
    by_event, by_rest = fresh(), fresh(unbroken=False)
    by_event.feed(Executed(ID, "3", "3", {"text": ["hi"]}))
    by_event.feed(text("execution_error", ERROR))
    by_rest.reconcile(Finished(entry("execution_error", ERROR, outputs={"3": {"text": ["hi"]}})))
    assert vars(error_of(by_event)) == vars(error_of(by_rest))
    assert type(error_of(by_event)) is type(error_of(by_rest))


def test_a_history_with_an_interruption_gives_the_same_as_the_event() -> None:
    by_event, by_rest = fresh(), fresh(unbroken=False)
    by_event.feed(text("execution_interrupted", INTERRUPTED))
    by_rest.reconcile(Finished(entry("execution_interrupted", INTERRUPTED, outputs={})))
    assert vars(error_of(by_event)) == vars(error_of(by_rest))
    assert type(error_of(by_event)) is type(error_of(by_rest))


def test_a_history_with_a_failure_and_no_reason() -> None:
    state = fresh(unbroken=False)
    state.reconcile(Finished(HistoryEntry(ID, {"outputs": {"2": FILES}, "status": {"status_str": "error"}})))
    error = error_of(state)
    assert type(error) is PromptFailedError
    assert (error.prompt_id, error.outputs) == (ID, {"2": FILES})


@pytest.mark.parametrize("raw", [{}, {"status": None}, {"status": {"messages": [["odd"], 7]}}, {"outputs": {}}])
def test_a_history_without_a_status_is_a_success(raw: dict[str, Any]) -> None:
    # ComfyUI of 2023 kept no status, and kept only prompts whose outputs it had.
    state = fresh(unbroken=False)
    state.reconcile(Finished(HistoryEntry(ID, raw)))
    assert state.outcome == Succeeded()


def test_one_absence_is_not_believed() -> None:
    state = fresh(unbroken=False)
    for _ in range(ABSENCES_BELIEVED - 1):
        state.reconcile(Absent())
        assert state.outcome is None
        assert state.needs_rest
    state.reconcile(Absent())
    assert isinstance(error_of(state), PromptNotFoundError)
    assert error_of(state).prompt_id == ID


@pytest.mark.parametrize("seen", [Pending(0), Running()])
def test_absences_count_only_in_a_row(seen: RestState) -> None:
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
def test_reasons_of_absence(told: tuple[Event | RestState, ...], unbroken: bool, is_posted: bool, reason: str) -> None:
    state = RunState(ID, PROMPT, unbroken=unbroken, is_posted=is_posted)
    for thing in told:
        give(state, thing)
    for _ in range(ABSENCES_BELIEVED):
        state.reconcile(Absent())
    assert error_of(state).reason == reason
