"""Text frames become their events; what is missing or odd in one costs no more than itself."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy_ws import (
    Event,
    Executed,
    ExecutionCached,
    ExecutionError,
    ExecutionInterrupted,
    ExecutionStart,
    ProgressState,
    Status,
    UndecodableFrame,
    UnknownEvent,
    decode,
)
from tests.ws.frames import WELL_FORMED
from tests.ws.sockets import text


@pytest.mark.parametrize(("name", "data", "expected"), WELL_FORMED)
def test_a_text_frame_becomes_its_event(name: str, data: dict[str, Any], expected: Event) -> None:
    event = decode(text(name, data))
    assert event == expected
    assert event.type == name
    assert event.data == data  # type: ignore[union-attr]


INCOMPLETE: list[tuple[str, Any, Event]] = [
    ("status", {}, Status(data={})),
    ("status", {"status": None}, Status(data={"status": None})),
    ("status", {"status": {"exec_info": 5}}, Status(data={"status": {"exec_info": 5}})),
    (
        "status",
        {"status": {"exec_info": {"queue_remaining": True}}, "sid": 5},
        Status(data={"status": {"exec_info": {"queue_remaining": True}}, "sid": 5}),
    ),
    (
        "status",
        {"status": {"exec_info": {"queue_remaining": "2"}}},
        Status(data={"status": {"exec_info": {"queue_remaining": "2"}}}),
    ),
    (
        "execution_start",
        {"prompt_id": "p", "timestamp": "now"},
        ExecutionStart("p", None, {"prompt_id": "p", "timestamp": "now"}),
    ),
    (
        "execution_cached",
        {"prompt_id": "p", "nodes": "12"},
        ExecutionCached("p", (), None, {"prompt_id": "p", "nodes": "12"}),
    ),
    (
        "execution_cached",
        {"prompt_id": "p", "nodes": ["1", 2, None, "3"]},
        ExecutionCached("p", ("1", "3"), None, {"prompt_id": "p", "nodes": ["1", 2, None, "3"]}),
    ),
    (
        "executed",
        {"prompt_id": "p", "node": "1", "output": None},
        Executed("p", "1", None, {}, {"prompt_id": "p", "node": "1", "output": None}),
    ),
    ("execution_error", {"prompt_id": "p"}, ExecutionError("p", data={"prompt_id": "p"})),
    ("execution_interrupted", {"prompt_id": "p"}, ExecutionInterrupted("p", data={"prompt_id": "p"})),
]


@pytest.mark.parametrize(("name", "data", "expected"), INCOMPLETE)
def test_a_field_that_is_missing_or_odd_costs_only_itself(name: str, data: Any, expected: Event) -> None:
    assert decode(text(name, data)) == expected


WITHOUT_SENSE: list[tuple[str, Any]] = [
    *((name, {}) for name in ("execution_start", "execution_cached", "execution_success", "executed", "progress")),
    *((name, {}) for name in ("execution_error", "execution_interrupted")),
    *((name, {"prompt_id": 5}) for name in ("execution_start", "execution_success", "execution_error")),
    ("executed", {"prompt_id": "p"}),
    ("executed", {"node": "1"}),
    ("executed", {"prompt_id": "p", "node": 1}),
    ("progress", {"value": "1", "max": 2}),
    ("progress", {"value": 1, "max": None}),
    ("progress", {"value": True, "max": 2}),
    # Taken for `null`, these would say that the prompt is over.
    ("executing", {"prompt_id": "p", "node": 5}),
    ("executing", {"prompt_id": "p"}),
    *((name, None) for name in ("status", "executing", "progress_state")),
    *((name, []) for name in ("status", "executing", "progress_state")),
    *((name, "text") for name in ("status", "executing", "progress_state")),
]


@pytest.mark.parametrize(("name", "data"), WITHOUT_SENSE)
def test_without_what_it_is_about_an_event_stays_unknown(name: str, data: Any) -> None:
    assert decode(text(name, data)) == UnknownEvent(name, data)


def test_an_event_without_data_is_unknown() -> None:
    assert decode('{"type": "status"}') == UnknownEvent("status", None)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ('{"type": "status", "data": {}} more', "no JSON"),
        ("null", "the JSON is no object"),
        ("[]", "the JSON is no object"),
        ('"status"', "the JSON is no object"),
        ("5", "the JSON is no object"),
        ("{}", "the event has no name"),
        ('{"type": null, "data": {}}', "the event has no name"),
        ('{"type": 5}', "the event has no name"),
        ("[" * 100_000, "no JSON"),
        ('{"type": "status", "data": ' + '{"a":' * 100_000, "no JSON"),
        # Python refuses to parse a number of so many digits.
        ('{"type": "status", "data": ' + "9" * 5_000 + "}", "no JSON"),
    ],
)
def test_a_text_that_is_no_event_is_kept_as_it_came(frame: str, reason: str) -> None:
    event = decode(frame)
    assert isinstance(event, UndecodableFrame)
    assert event.raw == frame
    assert event.reason.startswith(reason)


class TestProgressState:
    STATE: dict[str, Any] = {  # noqa: RUF012 -- it is only read
        "prompt_id": "p",
        "nodes": {
            "1": {"value": 0.5, "max": 1, "state": "running", "node_id": "1", "display_node_id": "7"},
            "2:3": {"value": 1, "max": 1, "state": "finished", "extra": {}},
        },
    }

    @pytest.mark.parametrize(
        "frame",
        [
            text("progress_state", STATE),
            json.dumps({"type": "progress_state", "data": STATE}, separators=(",", ":")),
            json.dumps({"data": STATE, "type": "progress_state"}),
            json.dumps({"type": "progress_state", "data": STATE}, indent=1),
            text("progress_state", {"nodes": STATE["nodes"], "prompt_id": "p"}),
        ],
        ids=["as-sent", "compact", "data-first", "indented", "nodes-first"],
    )
    def test_it_is_the_same_however_it_is_written(self, frame: str) -> None:
        event = decode(frame)
        assert isinstance(event, ProgressState)
        assert event.prompt_id == "p"
        assert event.data == self.STATE
        first, second = event.nodes["1"], event.nodes["2:3"]
        assert (first.node_id, first.state, first.value, first.max) == ("1", "running", 0.5, 1)
        assert (first.display_node_id, second.display_node_id) == ("7", None)
        assert second.data == self.STATE["nodes"]["2:3"]
        assert list(event.nodes) == ["1", "2:3"]

    @given(
        st.text(),
        st.dictionaries(st.text(), st.dictionaries(st.text(), st.integers() | st.text(), max_size=3), max_size=4),
    )
    def test_what_is_parsed_late_is_what_is_parsed_at_once(self, prompt_id: str, nodes: dict[str, Any]) -> None:
        data = {"prompt_id": prompt_id, "nodes": nodes}
        late, at_once = decode(text("progress_state", data)), decode(" " + text("progress_state", data))
        assert isinstance(late, ProgressState)
        assert isinstance(at_once, ProgressState)
        assert late.prompt_id == at_once.prompt_id == prompt_id
        assert late.data == at_once.data == data
        assert late.nodes == at_once.nodes

    def test_the_prompt_id_is_unescaped(self) -> None:
        event = decode('{"type": "progress_state", "data": {"prompt_id": "\\u2603\\"", "nodes": {}}}')
        assert isinstance(event, ProgressState)
        assert event.prompt_id == '☃"'

    def test_a_missing_prompt_id_is_none(self) -> None:
        event = decode(text("progress_state", {"nodes": {}}))
        assert isinstance(event, ProgressState)
        assert event.prompt_id is None

    def test_one_that_was_cut_off_is_undecodable(self) -> None:
        assert isinstance(decode(text("progress_state", self.STATE)[:-4]), UndecodableFrame)

    def test_one_that_is_broken_inside_has_no_nodes(self) -> None:
        event = decode('{"type": "progress_state", "data": {"prompt_id": "p", "nodes": {"1": }}}')
        assert isinstance(event, ProgressState)
        assert event.nodes == {}
