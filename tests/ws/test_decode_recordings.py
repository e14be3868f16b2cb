"""Every frame that real servers were recorded to send is understood, field by field."""

import base64
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from comfy_ws import Event, FeatureFlags, PreviewImage, ProgressState, ProgressText, Status, UnknownEvent, decode
from tests.recordings import recordings

RECORDINGS = recordings("protocol")
RECORDED = sorted(RECORDINGS.glob("*/ws-*.json"))
CUSTOM = {"probe.event"}


def recorded_frames(path: Path) -> Iterator[str | bytes]:
    for frame in json.loads(path.read_text(encoding="utf-8"))["frames"]:
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
