"""The event contract as a document, against recordings of real servers, and against the library that decodes them."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import attrs
import pytest
import yaml

from comfy_ws import Event, NodeProgress, UndecodableFrame, UnknownEvent, decode
from tests.asyncapi.messages import EventContract, Message
from tests.asyncapi.sessions import PROTOCOL, VERSIONS, Session, sessions

CONTRACT = EventContract()
TEXT_MESSAGES = [each for each in CONTRACT.messages.values() if not each.is_binary and each.key != "clientFeatureFlags"]
NAMED = [each for each in TEXT_MESSAGES if each.event is not None]
SESSIONS = list(sessions())
JPEG, PNG = b"\xff\xd8\xff\xe0rest", b"\x89PNG\r\n\x1a\nrest"

with_recordings = pytest.mark.skipif(not PROTOCOL.is_dir(), reason="the recordings of real servers are not there")
of_each_session = pytest.mark.parametrize("session", SESSIONS, ids=str)


# --- the document -------------------------------------------------------------------------------------------------


def below(value: Any, trail: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield trail, value
        for key, inner in value.items():
            yield from below(inner, f"{trail}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from below(inner, f"{trail}/{index}")


def test_all_references_lead_somewhere_and_all_components_are_used() -> None:
    used = {value["$ref"] for _, value in below(CONTRACT.document) if isinstance(value.get("$ref"), str)}
    for reference in used:
        assert CONTRACT.resolved({"$ref": reference})
    declared = {
        f"#/components/{kind}/{name}"
        for kind, components in CONTRACT.document["components"].items()
        for name in components
    }
    assert declared <= used


def test_every_message_is_on_the_channel_and_in_one_operation() -> None:
    in_operations = [
        reference["$ref"].rpartition("/")[2]
        for operation in CONTRACT.document["operations"].values()
        for reference in operation["messages"] + operation.get("reply", {}).get("messages", [])
    ]
    assert sorted(in_operations) == sorted(CONTRACT.messages)
    assert set(CONTRACT.document["channels"]["events"]["messages"]) == set(CONTRACT.messages)


def test_says_of_every_message_who_receives_it() -> None:
    explained = set(re.findall(r"^\* `([\w-]+)`: ", CONTRACT.document["info"]["description"], re.MULTILINE))
    for message in CONTRACT.messages.values():
        if message.key not in ("clientFeatureFlags", "unencodedPreviewImage"):
            assert message.definition["x-recipients"] in explained


def test_names_and_numbers_are_unambiguous() -> None:
    names = [message.event for message in TEXT_MESSAGES]
    assert len(names) == len(set(names))
    numbers = [message.number for message in CONTRACT.messages.values() if message.is_binary]
    assert numbers == [1, 2, 3, 4, None]


@pytest.mark.parametrize("message", TEXT_MESSAGES, ids=lambda message: message.key)
def test_examples_are_valid(message: Message) -> None:
    strict = EventContract(strict=True)
    for example in message.definition.get("examples", []):
        assert strict.problems(json.dumps(example["payload"])) == []


def test_objects_keep_unknown_fields() -> None:
    refusing = [place for place, value in below(CONTRACT.document) if value.get("additionalProperties") is False]
    assert refusing == []


def test_both_contracts_share_one_version() -> None:
    rest = yaml.safe_load((Path(__file__).parents[2] / "openapi" / "comfyui.yaml").read_text(encoding="utf-8"))
    assert CONTRACT.document["info"]["version"] == rest["info"]["version"]


# --- the checker --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ("", "neither"),
        ("[]", "neither"),
        ('{"data": {}}', "neither"),
        (b"\x00\x00\x01", "neither"),
        ('{"type": "executing", "data": {}}', "'node' is a required property"),
        ('{"type": "executing", "data": {"node": 1}}', "1 is not of type 'string', 'null'"),
        ('{"type": "execution_start", "data": {"prompt_id": "a", "timestamp": "now"}}', "not of type 'integer'"),
        ('{"type": "execution_start", "data": null}', "not of type 'object'"),
        ('{"type": "progress_state", "data": {"prompt_id": "a", "nodes": {"1": {}}}}', "is a required property"),
        ('{"type": "x", "data": 1, "more": 1}', "unexpected member more"),
        ('{"type": "x"}', "'data' is a required property"),
        (struct.pack(">I", 1), "format wants 4 bytes of 0"),
        (struct.pack(">II", 1, 3) + JPEG, "format is 3"),
        (struct.pack(">II", 1, 2) + JPEG, "the picture is no image/png"),
        (struct.pack(">I", 2) + JPEG, "never travels"),
        (struct.pack(">II", 3, 9) + b"1", "node_id wants 9 bytes of 1"),
        (struct.pack(">II", 3, 1) + b"1\xff", "can't decode"),
        (struct.pack(">II", 4, 2) + b"{}" + JPEG, "'node_id' is a required property"),
        (struct.pack(">II", 4, 2) + b"{x" + JPEG, "Expecting property name"),
    ],
)
def test_finds_what_is_wrong(frame: str | bytes, complaint: str) -> None:
    problems = CONTRACT.problems(frame)
    assert complaint in "; ".join(problems)


@pytest.mark.parametrize(
    "frame",
    [
        '{"type": "x", "data": [1]}',
        '{"type": "executing", "data": {"node": null, "more": 1}}',
        struct.pack(">II", 1, 1) + JPEG,
        struct.pack(">II", 1, 2) + PNG,
        struct.pack(">II", 3, 1) + "1\N{SNOWMAN}".encode(),
        struct.pack(">I", 77) + b"anything",
    ],
)
def test_is_content_with_what_is_right(frame: str | bytes) -> None:
    assert CONTRACT.problems(frame) == []


def test_strictness_and_age_tell_fields_that_are_not_documented() -> None:
    frame = '{"type": "executing", "data": {"node": null, "more": 1}}'
    assert "'more' was unexpected" in EventContract(strict=True).problems(frame)[0]
    flags = {"supports_preview_metadata": True, "max_upload_size": 1, "assets": False}
    frame = json.dumps({"type": "feature_flags", "data": flags})
    assert EventContract(strict=True, version="0.33.0").problems(frame) == []
    assert "'assets' was unexpected" in EventContract(strict=True, version="0.3.64").problems(frame)[0]
    scan = '{"type": "assets.seed.paused", "data": {}}'
    newer, older = EventContract(version="0.33.0"), EventContract(version="0.3.64")
    assert [each.message_of(scan) for each in (newer, older)] == [
        CONTRACT.messages["assetScanPaused"],
        CONTRACT.messages["nodeEvent"],
    ]


# --- against recordings -------------------------------------------------------------------------------------------


@with_recordings
@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_frame_is_as_documented(version: str) -> None:
    contract = EventContract(version=version, strict=True)
    frames = [(str(each), frame) for each in SESSIONS if each.version == version for _, frame in each.frames]
    assert len(frames) > 1000
    problems = [f"{name}: {problem}" for name, frame in frames for problem in contract.problems(frame)]
    assert problems == []


NEVER_RECORDED = {
    # Nobody subscribed, assets were off, and the server never sends this one.
    "logs",
    *(key for key in CONTRACT.messages if key.startswith("assetScan")),
    "unencodedPreviewImage",
    "nodeBytes",
    "clientFeatureFlags",
}


@with_recordings
@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_documented_was_seen(version: str) -> None:
    contract = EventContract(version=version)
    seen: dict[str, set[str]] = {}
    for session in SESSIONS:
        for _, frame in session.frames if session.version == version else ():
            message = contract.message_of(frame)
            assert message is not None
            if isinstance(frame, bytes):
                data = contract.take_apart(message, frame).get("metadata", {})
            else:
                data = json.loads(frame)["data"]
            seen.setdefault(message.key, set()).update(data)
    assert set(CONTRACT.messages) - set(seen) == NEVER_RECORDED
    for key in set(seen) - {"nodeEvent"}:
        schema = CONTRACT.data_schema(CONTRACT.messages[key])
        newer = {
            name
            for name, field in schema.get("properties", {}).items()
            if version == VERSIONS[0] and "x-comfyui-since" in field
        }
        assert seen[key] == set(schema.get("properties", {})) - newer


def ended(frames: list[tuple[str, dict[str, Any]]], prompt_id: str) -> bool:
    return ("executing", {"node": None, "prompt_id": prompt_id}) in frames


@with_recordings
@of_each_session
def test_the_order_is_as_documented(session: Session) -> None:
    """Items 1, 3, 4 and 5 of *Order*, for the client that posted."""
    heard = session.heard_by(0)
    texts = [(each["type"], each["data"]) for each in map(json.loads, (one for one in heard if isinstance(one, str)))]
    assert texts[0][0] == "status"
    assert "sid" in texts[0][1]
    prompt_id = session.posted["body"]["prompt_id"]
    run = [each for each in texts if each[1].get("prompt_id") == prompt_id]
    if session.posted["status"] != 200:
        assert run == []
        return
    names = [name for name, _ in run]
    assert names[:2] == ["execution_start", "execution_cached"]
    ends = {"execution_success", "execution_error", "execution_interrupted"}
    if not ended(texts, prompt_id):
        assert session.name in ("reconnect-same-client-id", "same-client-id-twice-then-first-closes")
        return
    assert len(ends & set(names)) == 1
    (end,) = [index for index, (name, _) in enumerate(texts) if name in ends]
    assert [name for name, _ in texts[end + 1 : end + 3]] == ["status", "executing"]
    assert texts[end + 2][1] == {"node": None, "prompt_id": prompt_id}
    cached = set(run[1][1]["nodes"])
    started: set[str] = set()
    for name, data in run[: names.index(texts[end][0])]:
        if name == "executing":
            started.add(data["node"])
        if name == "executed":
            assert data["node"] in (cached if data["node"] not in started else started)
    assert not cached & started


@with_recordings
@of_each_session
def test_previews_are_where_the_document_says(session: Session) -> None:
    """Item 4 of *Order*, and what feature flags change."""
    kinds = [
        frame[3] if isinstance(frame, bytes) else json.loads(frame)["type"]
        for frame in session.heard_by(0)
        if isinstance(frame, bytes) or json.loads(frame)["type"].startswith("progress")
    ]
    for before, kind, after in zip(["start", *kinds], kinds, [*kinds[1:], "end"], strict=False):
        if kind == 4:
            assert session.sent_flags
            assert (before, after) == ("progress_state", "progress")
        if kind == 1 and not session.sent_flags:
            assert before == "progress"


@with_recordings
@pytest.mark.parametrize("version", VERSIONS)
def test_recipients_are_as_documented(version: str) -> None:
    """A second client hears what is for everybody, and nothing that is for the one who posted."""
    (session,) = (each for each in SESSIONS if str(each) == f"{version}/two-clients-who-sees-what")
    keys = {message.key for frame in session.heard_by(1) if (message := CONTRACT.message_of(frame))}
    answers = {"featureFlags"}
    assert {CONTRACT.messages[key].definition["x-recipients"] for key in keys - answers} == {"everybody"}
    assert {"status", "progressText"} <= keys


# --- against the library ------------------------------------------------------------------------------------------

# What a stream yields without a frame, or for what is none.
WITHOUT_FRAME = {"Reconnected", "UndecodableFrame"}

# Large or of no use to most; the raw payload has them.
ONLY_IN_DATA = {"ExecutionError": {"current_inputs", "current_outputs"}}

SAMPLES: dict[str, Any] = {
    "string": "text",
    "integer": 7,
    "number": 7.5,
    "boolean": True,
    "null": None,
}


def sample(schema: Mapping[str, Any]) -> Any:
    """Make a value with every field that a schema lists."""
    schema = CONTRACT.resolved(schema)
    kind = schema.get("type", "null")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        found = {name: sample(inner) for name, inner in schema.get("properties", {}).items()}
        if "additionalProperties" in schema:
            found["1"] = sample(schema["additionalProperties"])
        return found
    if kind == "array":
        return [sample(schema["items"])]
    return SAMPLES[kind]


def leaves(value: Any) -> dict[str, Any]:
    """Give the fields of an object, and those of the two wrappings that `status` has."""
    found: dict[str, Any] = {}
    for name, inner in value.items():
        found.update(leaves(inner) if name in ("status", "exec_info") else {name: inner})
    return found


def plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, NodeProgress):
        return value.data
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items()}
    return value


def fields_of(event: Any) -> set[str]:
    names = {name.lstrip("_") for name in attrs.fields_dict(type(event))} - {"type", "data", "source"}
    return names | {name for name, value in vars(type(event)).items() if isinstance(value, property)} - {"data"}


def event_names() -> dict[str, type[Any]]:
    return {each.__name__: each for each in get_args(Event)}


def test_the_library_has_a_class_for_every_message_and_no_other() -> None:
    decoded = {
        type(decode(json.dumps({"type": each.event, "data": sample(CONTRACT.data_schema(each))}))) for each in NAMED
    }
    decoded |= {type(decode(frame)) for frame in BINARY.values()}
    assert {each.__name__ for each in decoded} == set(event_names()) - WITHOUT_FRAME


@pytest.mark.parametrize("message", NAMED, ids=lambda message: message.key)
def test_the_library_has_exactly_the_fields_of_a_message(message: Message) -> None:
    schema = CONTRACT.data_schema(message)
    data = sample(schema)
    event = decode(json.dumps({"type": message.event, "data": data}))
    assert not isinstance(event, UnknownEvent)
    assert event.type == message.event
    assert getattr(event, "data", None) == data
    if type(event).__name__ == "FeatureFlags":
        # Flags are names that anybody may add to: they stay a mapping.
        assert fields_of(event) == set()
        return
    documented = leaves(data)
    only_in_data = ONLY_IN_DATA.get(type(event).__name__, set())
    assert only_in_data <= set(documented)
    for name in set(documented) - only_in_data:
        assert plain(getattr(event, name)) == documented[name]
    shared = set(documented) if type(event).__name__ != "AssetScan" else asset_scan_fields()
    assert fields_of(event) == shared - only_in_data


def asset_scan_fields() -> set[str]:
    """One class stands for all messages about a scan, and has the fields of all."""
    scans = [each for each in NAMED if (each.event or "").startswith("assets.")]
    return {name for each in scans for name in CONTRACT.data_schema(each).get("properties", {})}


def test_the_library_knows_the_fields_of_a_node_in_progress_state() -> None:
    documented = set(CONTRACT.document["components"]["schemas"]["NodeProgress"]["properties"])
    known = set(attrs.fields_dict(NodeProgress)) - {"data"}
    # The rest is seldom of use, and in `data`.
    assert documented - known == {"prompt_id", "parent_node_id", "real_node_id"}
    assert known <= documented


METADATA = sample(CONTRACT.data_schema(CONTRACT.messages["previewImageWithMetadata"])) | {"image_type": "image/png"}
METADATA_BYTES = json.dumps(METADATA).encode()
BINARY = {
    "previewImage": struct.pack(">II", 1, 1) + JPEG,
    "progressText": struct.pack(">II", 3, 2) + b"12" + "h\N{SNOWMAN}".encode(),
    "previewImageWithMetadata": struct.pack(">II", 4, len(METADATA_BYTES)) + METADATA_BYTES + PNG,
    "nodeBytes": struct.pack(">I", 9) + b"anything",
}


@pytest.mark.parametrize("key", BINARY)
def test_the_library_reads_binary_messages_by_the_layout(key: str) -> None:
    message, frame = CONTRACT.messages[key], BINARY[key]
    assert CONTRACT.message_of(frame) == message
    assert CONTRACT.problems(frame) == []
    parts, event = CONTRACT.take_apart(message, frame), decode(frame)
    if key == "nodeBytes":
        assert event == UnknownEvent("binary:9", parts["content"])
    elif key == "progressText":
        assert (event.type, event.node_id, event.text) == ("progress_text", parts["node_id"], parts["text"])  # type: ignore[union-attr]
        assert fields_of(event) - {"prompt_id"} == {"node_id", "text"}
    else:
        assert event.type == message.definition["name"]
        assert event.data == parts["image"]  # type: ignore[union-attr]
        metadata = parts.get("metadata", {"image_type": "image/jpeg"})
        for name in fields_of(event) - {"mime_type", "metadata"}:
            assert getattr(event, name) == metadata.get(name)
        assert event.mime_type == metadata["image_type"]  # type: ignore[union-attr]
        assert fields_of(event) == {"mime_type", "metadata", *METADATA} - {"image_type"}


def test_the_number_that_never_travels_has_no_class() -> None:
    assert decode(struct.pack(">I", 2) + JPEG) == UnknownEvent("binary:2", JPEG)


@with_recordings
def test_the_library_decodes_every_recorded_frame_to_its_message() -> None:
    for session in SESSIONS:
        for _, frame in session.frames:
            message, event = CONTRACT.message_of(frame), decode(frame)
            assert message is not None
            assert not isinstance(event, UndecodableFrame)
            assert isinstance(event, UnknownEvent) == (message.key in ("nodeEvent", "nodeBytes"))
            assert isinstance(event, UnknownEvent) or event.type == message.definition["name"]
