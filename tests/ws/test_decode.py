import base64
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy_ws import (
    AssetScan,
    Event,
    Executed,
    Executing,
    ExecutionCached,
    ExecutionError,
    ExecutionInterrupted,
    ExecutionStart,
    ExecutionSuccess,
    FeatureFlags,
    Logs,
    PreviewImage,
    Progress,
    ProgressState,
    ProgressText,
    Status,
    UndecodableFrame,
    UnknownEvent,
    decode,
)
from tests.ws.sockets import text

JPEG = b"\xff\xd8\xff\xe0 pixels"
PNG = b"\x89PNG\r\n\x1a\n pixels"
WEBP = b"RIFF\x10\x00\x00\x00WEBP pixels"

STATUS = {"status": {"exec_info": {"queue_remaining": 2}}, "sid": "me"}
ERROR = {
    "prompt_id": "p",
    "node_id": "5",
    "node_type": "KSampler",
    "executed": ["1", "2"],
    "exception_message": "no ☃",
    "exception_type": "ValueError",
    "traceback": ["line 1\n", "line 2\n"],
    "current_inputs": {"seed": [5]},
    "current_outputs": [],
    "timestamp": 1795351808255,
}
INTERRUPTED = {"prompt_id": "p", "node_id": "5", "node_type": "KSampler", "executed": ["1"], "timestamp": 5}

LOGS: dict[str, Any] = {"entries": [{"t": "now", "m": "a line"}, 5, None], "size": {"cols": 80, "rows": 24}}
SCAN: dict[str, Any] = {
    "phase": "fast",
    "roots": ["input", 5],
    "scanned": 1,
    "total": 2,
    "created": 3,
    "enriched": 4,
    "skipped": 5,
    "elapsed": 6.5,
    "message": "m",
}
WELL_FORMED: list[tuple[str, dict[str, Any], Event]] = [
    ("status", STATUS, Status(2, "me", STATUS)),
    ("feature_flags", {"max_upload_size": 1}, FeatureFlags({"max_upload_size": 1})),
    (
        "execution_start",
        {"prompt_id": "p", "timestamp": 5},
        ExecutionStart("p", 5, {"prompt_id": "p", "timestamp": 5}),
    ),
    (
        "execution_cached",
        {"nodes": ["1", "2"], "prompt_id": "p", "timestamp": 5},
        ExecutionCached("p", ("1", "2"), 5, {"nodes": ["1", "2"], "prompt_id": "p", "timestamp": 5}),
    ),
    (
        "executing",
        {"node": "1", "display_node": "2", "prompt_id": "p"},
        Executing("p", "1", "2", {"node": "1", "display_node": "2", "prompt_id": "p"}),
    ),
    ("executing", {"node": None, "prompt_id": "p"}, Executing("p", None, None, {"node": None, "prompt_id": "p"})),
    ("executing", {"node": "1"}, Executing(None, "1", None, {"node": "1"})),
    (
        "progress",
        {"value": 1, "max": 2.5, "prompt_id": "p", "node": "3"},
        Progress("p", "3", 1, 2.5, {"value": 1, "max": 2.5, "prompt_id": "p", "node": "3"}),
    ),
    ("progress", {"value": 0, "max": 0}, Progress(None, None, 0, 0, {"value": 0, "max": 0})),
    (
        "executed",
        {"node": "1", "display_node": "1", "output": {"text": ["é"]}, "prompt_id": "p"},
        Executed(
            "p",
            "1",
            "1",
            {"text": ["é"]},
            {"node": "1", "display_node": "1", "output": {"text": ["é"]}, "prompt_id": "p"},
        ),
    ),
    (
        "execution_success",
        {"prompt_id": "p", "timestamp": 5},
        ExecutionSuccess("p", 5, {"prompt_id": "p", "timestamp": 5}),
    ),
    (
        "execution_error",
        ERROR,
        ExecutionError(
            "p", "5", "KSampler", "ValueError", "no ☃", ("line 1\n", "line 2\n"), ("1", "2"), 1795351808255, ERROR
        ),
    ),
    ("execution_interrupted", INTERRUPTED, ExecutionInterrupted("p", "5", "KSampler", ("1",), 5, INTERRUPTED)),
    ("logs", LOGS, Logs((LOGS["entries"][0],), {"cols": 80, "rows": 24}, LOGS)),
    ("logs", {"entries": {}, "size": None}, Logs((), None, {"entries": {}, "size": None})),
    (
        "assets.seed.progress",
        SCAN,
        AssetScan("assets.seed.progress", "fast", ("input",), 1, 2, 3, 4, 5, 6.5, "m", SCAN),
    ),
    ("assets.seed.error", {}, AssetScan("assets.seed.error", data={})),
    ("a.custom-name", {"any": [1]}, UnknownEvent("a.custom-name", {"any": [1]})),
]


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


def binary(kind: int, *parts: int | bytes) -> bytes:
    return struct.pack(">I", kind) + b"".join(
        struct.pack(">I", part) if isinstance(part, int) else part for part in parts
    )


def described(metadata: bytes, image: bytes) -> bytes:
    return binary(4, len(metadata), metadata, image)


METADATA: dict[str, Any] = {
    "node_id": "1",
    "prompt_id": "p",
    "display_node_id": "2",
    "parent_node_id": "3",
    "real_node_id": "4",
    "image_type": "image/png",
    "newer": [1],
}


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (binary(1, 1, b"pixels"), PreviewImage(b"pixels", "image/jpeg")),
        (binary(1, 2, b"pixels"), PreviewImage(b"pixels", "image/png")),
        (binary(1, 1, b""), PreviewImage(b"", "image/jpeg")),
        (binary(1, 9, JPEG), PreviewImage(JPEG, "image/jpeg")),
        (binary(1, 9, PNG), PreviewImage(PNG, "image/png")),
        (binary(1, 9, WEBP), PreviewImage(WEBP, "image/webp")),
        (binary(1, 9, b"RIFF....WAVE"), PreviewImage(b"RIFF....WAVE", "application/octet-stream")),
        (binary(1, 9, b""), PreviewImage(b"", "application/octet-stream")),
        (binary(3, 2, b"12", "héllo ☃".encode()), ProgressText("héllo ☃", "12")),
        (binary(3, 2, "é".encode(), b""), ProgressText("", "é")),
        (binary(3, 0, b"text"), ProgressText("text", "")),
        (binary(3, 0), ProgressText("", "")),
        (
            described(b'{"image_type": "image/avif"}', PNG),
            PreviewImage(PNG, "image/avif", metadata={"image_type": "image/avif"}),
        ),
        (
            described(json.dumps(METADATA).encode(), PNG),
            PreviewImage(PNG, "image/png", "1", "p", "2", "3", "4", METADATA),
        ),
        (described(b"{}", JPEG), PreviewImage(JPEG, "image/jpeg")),
        (
            described(b'{"node_id": 5, "image_type": null}', b"?"),
            PreviewImage(b"?", "application/octet-stream", metadata={"node_id": 5, "image_type": None}),
        ),
        (
            described(b'{"node_id": "1"}', b""),
            PreviewImage(b"", "application/octet-stream", "1", metadata={"node_id": "1"}),
        ),
        (binary(0, b"abc"), UnknownEvent("binary:0", b"abc")),
        (binary(2, b"abc"), UnknownEvent("binary:2", b"abc")),
        (binary(5), UnknownEvent("binary:5", b"")),
        (binary(0xFFFFFFFF, b"x"), UnknownEvent("binary:4294967295", b"x")),
    ],
)
def test_a_binary_frame_becomes_its_event(frame: bytes, expected: Event) -> None:
    assert decode(frame) == expected


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "shorter than"),
        (b"\x00\x00\x01", "shorter than"),
        (binary(1), "a preview without its image format"),
        (binary(1, b"\x00\x00\x00"), "a preview without its image format"),
        (binary(3), "a progress text without the length"),
        (binary(3, 5, b"1234"), "a node id of 5 bytes in 4"),
        (binary(3, 0xFFFFFFFF, b"1"), "a node id of 4294967295 bytes in 1"),
        (binary(3, 1, b"1", b"\xff\xfe"), "no UTF-8"),
        (binary(3, 2, b"\xc3\x28", b"text"), "no UTF-8"),
        (binary(3, 1, "é".encode()), "no UTF-8"),
        (binary(4), "a preview without the length of its metadata"),
        (binary(4, 3, b"{}"), "metadata of 3 bytes in 2"),
        (binary(4, 0xFFFFFFFF, b"{}"), "metadata of 4294967295 bytes in 2"),
        (described(b"", JPEG), "the metadata is no JSON"),
        (binary(4, 0), "the metadata is no JSON"),
        (described(b'{"node_id": "\xff"}', JPEG), "the metadata is no JSON"),
        (described(b"{", JPEG), "the metadata is no JSON"),
        (described(b"[" * 100_000, JPEG), "the metadata is no JSON"),
        (described(b"[]", JPEG), "the metadata is no object"),
        (described(b"null", JPEG), "the metadata is no object"),
    ],
)
def test_a_binary_frame_of_wrong_lengths_or_content_is_kept_as_it_came(frame: bytes, reason: str) -> None:
    event = decode(frame)
    assert isinstance(event, UndecodableFrame)
    assert event.raw == frame
    assert event.reason.startswith(reason)


def test_every_truncation_of_a_frame_is_still_an_event() -> None:
    for whole in (described(json.dumps(METADATA).encode(), PNG), binary(3, 2, b"12", "é".encode())):
        for length in range(len(whole)):
            assert_is_event(decode(whole[:length]))


def assert_is_event(event: object) -> None:
    """An event of the union whose lazy parts can be read too."""
    assert isinstance(event, get_args(Event))
    assert isinstance(event.type, str)
    assert repr(event)
    if isinstance(event, ProgressState):
        assert isinstance(event.data, dict)
        assert all(isinstance(node.value, (int, float)) for node in event.nodes.values())


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


RECORDINGS = Path(__file__).resolve().parents[2].parent / "shared" / "protocol"
RECORDED = sorted(RECORDINGS.glob("*/ws-*.json"))

CUSTOM = {"probe.event"}


def recorded_frames(path: Path) -> Iterator[str | bytes]:
    for frame in json.loads(path.read_text())["frames"]:
        if "text" in frame:
            yield frame["text"]
        elif "binary_base64" in frame:
            yield base64.b64decode(frame["binary_base64"])


@pytest.mark.skipif(not RECORDED, reason="the recordings of real servers are not there")
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_recorded_frame_is_understood(path: Path) -> None:
    count = 0
    for count, frame in enumerate(recorded_frames(path), 1):  # noqa: B007 -- it is read after the loop
        event = decode(frame)
        if isinstance(frame, bytes):
            assert_says_what_the_binary_frame_says(event, frame)
        else:
            assert_says_what_the_text_frame_says(event, json.loads(frame))
    assert count > 0


def assert_says_what_the_text_frame_says(event: Event, message: dict[str, Any]) -> None:
    data = message["data"]
    assert event.type == message["type"]
    assert isinstance(event, UnknownEvent) == (event.type in CUSTOM)
    assert event.data == data  # type: ignore[union-attr]
    match event:
        case Status():
            assert event.queue_remaining == data["status"]["exec_info"]["queue_remaining"]
            assert event.sid == data.get("sid")
        case ProgressState():
            assert event.prompt_id == data["prompt_id"]
            assert list(event.nodes) == list(data["nodes"])
            for node_id, node in event.nodes.items():
                entry = data["nodes"][node_id]
                said = (node.node_id, node.state, node.value, node.max, node.display_node_id, node.data)
                names = ("node_id", "state", "value", "max", "display_node_id")
                assert said == (*(entry[name] for name in names), entry)
        case FeatureFlags() | UnknownEvent():
            pass
        case _:
            assert_same_fields(event, data)


def assert_same_fields(event: Event, data: dict[str, Any]) -> None:
    for each in attrs.fields(type(event)):
        if each.name == "data":
            continue
        value = getattr(event, each.name)
        # The attribute and the field share their name; a field that the frame lacks is empty.
        assert (list(value) if isinstance(value, tuple) else value) == data.get(each.name)


def assert_says_what_the_binary_frame_says(event: Event, frame: bytes) -> None:
    kind, number = struct.unpack_from(">II", frame)
    if kind == 3:
        assert event == ProgressText(frame[8 + number :].decode(), frame[8 : 8 + number].decode())
        return
    assert isinstance(event, PreviewImage)
    image = frame[8:]
    if kind == 4:
        metadata = json.loads(frame[8 : 8 + number])
        image = frame[8 + number :]
        for name in ("node_id", "prompt_id", "display_node_id", "parent_node_id", "real_node_id"):
            assert getattr(event, name) == metadata.get(name)
        assert event.metadata == metadata
        assert event.mime_type == metadata["image_type"]
    assert event.data == image
    assert event.mime_type == {b"\xff\xd8": "image/jpeg", b"\x89P": "image/png"}[image[:2]]
