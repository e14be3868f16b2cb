"""Events are small, frozen values that can be matched, compared and copied."""

import inspect
from typing import Any, get_args

import attrs
import pytest

from comfy_ws import (
    AssetScan,
    Event,
    Executed,
    Executing,
    NodeProgress,
    PreviewImage,
    ProgressState,
    Status,
    UndecodableFrame,
    UnknownEvent,
    decode,
    events,
)
from tests.ws.sockets import text

MEMBERS: tuple[type[Any], ...] = get_args(Event)
STATE = text("progress_state", {"prompt_id": "p", "nodes": {"1": {"value": 1, "max": 2, "state": "running"}}})


def test_the_union_names_every_event_class() -> None:
    classes = {
        value for _, value in inspect.getmembers(events, attrs.has) if value.__module__.startswith(events.__name__)
    }
    assert set(MEMBERS) == classes - {NodeProgress}


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.__name__)
def test_an_event_is_small_and_frozen(member: type[Any]) -> None:
    assert "__dict__" not in dir(member)
    instance = object.__new__(member)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(instance, attrs.fields(member)[0].name, None)


def test_types_are_distinct_and_spelled_as_on_the_wire() -> None:
    # One class each stands for many names.
    names = [member.type for member in MEMBERS if member not in (UnknownEvent, AssetScan)]
    assert len(set(names)) == len(names)
    for name in names:
        # So a name in snake case is found by its class in camel case.
        assert any(member.__name__ == name.title().replace("_", "") for member in MEMBERS), name


def test_an_event_can_be_matched() -> None:
    match decode(text("executing", {"node": "5", "display_node": "4", "prompt_id": "p"})):
        case Executing(node=str() as node, prompt_id="p"):
            assert node == "5"
        case other:
            pytest.fail(f"not matched: {other!r}")


def test_a_repr_shows_no_pixels_and_no_payload() -> None:
    assert repr(PreviewImage(b"\xff" * 1_000, "image/jpeg", node_id="1")).count("\\xff") == 0
    assert "<1000 bytes>" in repr(PreviewImage(b"\xff" * 1_000, "image/jpeg"))
    assert "<5000 long>" in repr(UndecodableFrame("x" * 5_000, "why"))
    assert "secret" not in repr(Executed("p", "1", data={"output": "secret"}))
    assert "secret" not in repr(UnknownEvent("name", {"any": "secret"}))
    assert "running" not in repr(decode(STATE))


def test_absent_fields_have_their_defaults() -> None:
    assert Status() == Status(queue_remaining=None, sid=None, data={})
    assert Executed("p", "1").output == {}


class TestProgressState:
    def test_reading_does_not_change_what_it_equals(self) -> None:
        read, unread = decode(STATE), decode(STATE)
        assert isinstance(read, ProgressState)
        assert read.nodes["1"].state == "running"
        assert read == unread
        assert read != decode(STATE.replace("running", "finished"))

    def test_what_is_kept_as_text_equals_what_was_parsed(self) -> None:
        assert decode(STATE) == decode(" " + STATE)

    def test_the_payload_is_parsed_once(self) -> None:
        state = decode(STATE)
        assert isinstance(state, ProgressState)
        assert state.data is state.data

    def test_an_entry_that_makes_no_sense_is_left_out(self) -> None:
        entries: dict[str, Any] = {"1": None, "2": [], "3": "running", "4": {"state": 5, "value": "1", "max": True}}
        state = ProgressState("p", {"nodes": entries})
        assert state.nodes == {"4": NodeProgress("4", "", 0.0, 0.0, None, entries["4"])}

    @pytest.mark.parametrize("nodes", [None, [], "1", 5])
    def test_nodes_of_another_type_are_none(self, nodes: object) -> None:
        assert ProgressState("p", {"nodes": nodes}).nodes == {}

    @pytest.mark.parametrize("source", ["", "[", "[]", "null", '{"data": 5}', "{}", "[" * 100_000])
    def test_a_text_that_is_none_has_no_nodes(self, source: str) -> None:
        state = ProgressState("p", source)
        assert state.data == {}
        assert state.nodes == {}

    def test_a_copy_may_get_another_prompt_id(self) -> None:
        state = decode(STATE)
        assert isinstance(state, ProgressState)
        copy = attrs.evolve(state, prompt_id="q")
        assert copy.prompt_id == "q"
        assert copy.nodes == state.nodes
