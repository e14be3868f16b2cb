"""Whatever bytes, text or JSON come, decoding gives an event, and raises nothing."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from comfy_ws import decode
from tests.ws.frames import WELL_FORMED, assert_is_event, binary, described
from tests.ws.sockets import text

NAMES = sorted({name for name, _, _ in WELL_FORMED} | {"progress_state"})
FIELDS = sorted({field for _, data, _ in WELL_FORMED for field in data} | {"status", "nodes", "exec_info"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.binary())
def test_any_bytes_are_an_event(frame: bytes) -> None:
    assert_is_event(decode(frame))


@given(st.integers(0, 6), st.integers(0, 24) | st.integers(0, 0xFFFFFFFF), st.binary(max_size=24))
def test_any_body_of_a_known_binary_type_is_an_event(kind: int, length: int, body: bytes) -> None:
    assert_is_event(decode(binary(kind, length, body)))


@given(JSON, st.binary(max_size=8))
def test_any_metadata_gives_an_event(metadata: Any, image: bytes) -> None:
    assert_is_event(decode(described(json.dumps(metadata).encode(), image)))


@given(st.text())
def test_any_text_is_an_event(frame: str) -> None:
    assert_is_event(decode(frame))


@given(JSON)
def test_any_json_is_an_event(message: Any) -> None:
    assert_is_event(decode(json.dumps(message)))


@given(st.sampled_from(NAMES), st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6) | JSON)
def test_any_payload_of_a_known_event_is_an_event(name: str, data: Any) -> None:
    event = decode(text(name, data))
    assert_is_event(event)
    assert event.type == name


@given(st.sampled_from([frame for name, data, _ in WELL_FORMED for frame in [text(name, data)]]), st.data())
def test_any_damage_to_a_frame_leaves_an_event(frame: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(frame)))
    end = data.draw(st.integers(start, len(frame)))
    assert_is_event(decode(frame[:start] + data.draw(st.text(max_size=4)) + frame[end:]))
