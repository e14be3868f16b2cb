"""How far a run is: by example, and that it never goes back whatever comes in which order."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy_facade.progress import ProgressCount, RunProgress
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
    Status,
)

ID = "a"
PROMPT: dict[str, Any] = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {}},
    "2": {"class_type": "KSampler", "inputs": {}, "_meta": {"title": "My sampler"}},
    "3": {"class_type": "SaveImage", "inputs": {}},
    "4": {"class_type": "PreviewImage", "inputs": {}},
}


def after(*events: Event, prompt: dict[str, Any] = PROMPT) -> RunProgress:
    count = ProgressCount(prompt)
    for event in events:
        count.feed(event)
    return count.value()


def test_before_anything_happened() -> None:
    assert after() == RunProgress(nodes_total=4)
    assert ProgressCount(PROMPT).value(3).queue_position == 3


def test_a_node_that_runs_is_named_by_its_title_or_its_class() -> None:
    assert (after(Executing(ID, "2")).node_id, after(Executing(ID, "2")).node_title) == ("2", "My sampler")
    assert after(Executing(ID, "1")).node_title == "CheckpointLoaderSimple"
    expanded = after(Executing(ID, "2.0.0.7"))
    assert (expanded.node_id, expanded.node_title) == ("2.0.0.7", None)


@pytest.mark.parametrize("node", [None, 7, {}, {"_meta": None}, {"_meta": {"title": ""}, "class_type": ""}])
def test_odd_nodes_have_no_title(node: object) -> None:
    assert after(Executing(ID, "1"), prompt={"1": node}).node_title is None


def test_each_node_counts_alike() -> None:
    value = after(Executing(ID, "1"), Executing(ID, "2"))
    assert (value.fraction, value.nodes_done, value.nodes_total) == (0.25, 1, 4)


def test_steps_count_within_their_node() -> None:
    value = after(Executing(ID, "1"), Executing(ID, "2"), Progress(ID, "2", 10, 20))
    assert (value.fraction, value.value, value.max) == (0.375, 10, 20)


def test_cached_nodes_do_not_have_to_run() -> None:
    value = after(ExecutionCached(ID, ("1", "2")), Executing(ID, "3"), Executing(ID, "4"))
    assert (value.fraction, value.nodes_done, value.nodes_total) == (0.5, 1, 2)


def test_a_node_that_is_done_and_found_in_the_cache_is_counted_once() -> None:
    value = after(Executing(ID, "1"), Executing(ID, "2"), ExecutionCached(ID, ("1",)))
    assert (value.nodes_done, value.nodes_total) == (0, 3)


def test_a_node_that_returned_something_is_done() -> None:
    value = after(Executing(ID, "3"), Executed(ID, "3"))
    assert (value.fraction, value.nodes_done) == (0.25, 1)
    # What runs again inside another node, or reports late, is not done twice.
    assert after(Executing(ID, "3"), Executed(ID, "3"), Executed(ID, "3"), Progress(ID, "3", 1, 2)).fraction == 0.25


def test_steps_tell_which_node_runs_where_that_was_not_said() -> None:
    value = after(Progress(ID, "2", 1, 4))
    assert (value.node_id, value.fraction) == ("2", 0.0625)
    assert after(Executing(ID, "2"), Progress(ID, None, 1, 4)).node_id == "2"


def test_the_last_step_is_not_the_end() -> None:
    events: list[Event] = [Executing(ID, node) for node in PROMPT]
    assert after(*events, Executing(ID, None)).fraction == 0.99
    assert after(*events, Executing(ID, None)).nodes_done == 4


def test_success_is_the_end_and_leaves_nothing_running() -> None:
    events: list[Event] = [Executing(ID, node) for node in PROMPT]
    value = after(*events, Progress(ID, "4", 1, 2), ExecutionSuccess(ID))
    assert value == RunProgress(fraction=1, nodes_done=4, nodes_total=4)


def test_a_fully_cached_prompt_jumps_to_the_end() -> None:
    cached = ExecutionCached(ID, tuple(PROMPT))
    assert after(cached, Executed(ID, "3")).fraction == 0
    assert after(cached, Executed(ID, "3"), ExecutionSuccess(ID)).fraction == 1
    assert after(ExecutionSuccess(ID), prompt={}).fraction == 1


@pytest.mark.parametrize("end", [ExecutionError(ID), ExecutionInterrupted(ID)], ids=lambda end: end.type)
def test_failures_leave_it_where_it_was(end: Event) -> None:
    assert after(Executing(ID, "1"), Executing(ID, "2"), end).fraction == 0.25


@pytest.mark.parametrize(
    "event",
    [Status(1), ExecutionStart(ID), Reconnected(1, 0, ""), PreviewImage(b"", ""), ProgressState(ID, {})],
    ids=lambda event: event.type,
)
def test_other_events_are_no_change(event: Event) -> None:
    count = ProgressCount(PROMPT)
    assert not count.feed(event)
    assert count.value() == RunProgress(nodes_total=4)


@pytest.mark.parametrize(
    "event",
    [ExecutionCached(ID, ("1",)), Executing(ID, "1"), Executed(ID, "1"), Progress(ID, "1", 1, 2), ExecutionSuccess(ID)],
    ids=lambda event: event.type,
)
def test_these_are_a_change(event: Event) -> None:
    assert ProgressCount(PROMPT).feed(event)


ids = st.sampled_from(["1", "2", "3", "4", "2.0.0.7"])
# JSON of a server holds any number, and Python's reader takes NaN and infinities too.
numbers = st.integers(-3, 30) | st.floats() | st.sampled_from([10**400, -(10**400)])
events = st.one_of(
    st.builds(ExecutionStart, st.just(ID)),
    st.builds(ExecutionCached, st.just(ID), st.lists(ids, max_size=4).map(tuple)),
    st.builds(Executing, st.just(ID), ids | st.none()),
    st.builds(Executed, st.just(ID), ids),
    st.builds(Progress, st.just(ID), ids | st.none(), numbers, numbers),
    st.just(ExecutionSuccess(ID)),
    st.just(ExecutionError(ID)),
)


@given(st.lists(events, max_size=40))
def test_in_any_order_it_never_falls_and_is_one_only_at_success(events: list[Event]) -> None:
    count = ProgressCount(PROMPT)
    fraction, is_success = 0.0, False
    for event in events:
        before = count.value()
        is_change = count.feed(event)
        value = count.value()
        is_success = is_success or isinstance(event, ExecutionSuccess)
        assert fraction <= value.fraction <= 1
        assert (value.fraction == 1) == is_success
        assert 0 <= value.nodes_done <= value.nodes_total <= 4
        if not is_change:
            assert value == before or any(math.isnan(number) for number in (value.value, value.max))
        fraction = value.fraction


def test_a_late_listener_catches_up_with_what_ended_before() -> None:
    count = ProgressCount(PROMPT)
    ended = {"value": 1, "max": 1, "state": "finished"}
    nodes = {"1": ended, "2": {**ended, "state": "running"}, "elsewhere": ended}
    state = ProgressState("p", {"prompt_id": "p", "nodes": nodes})
    assert count.catch_up(state)
    assert count.value().nodes_done == 1
    assert 0 < count.value().fraction < 1
    assert not count.catch_up(state)
