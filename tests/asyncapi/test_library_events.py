"""The library that decodes events has the messages and fields of the contract, and no others."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, get_args

import attrs
import pytest

from comfy_ws import Event, NodeProgress, UndecodableFrame, UnknownEvent, decode
from tests.asyncapi.documented import CONTRACT, JPEG, PNG, TEXT_MESSAGES
from tests.asyncapi.messages import Message
from tests.asyncapi.sessions import SESSIONS, with_recordings

NAMED = [each for each in TEXT_MESSAGES if each.event is not None]
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
