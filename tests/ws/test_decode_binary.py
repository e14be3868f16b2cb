"""Binary frames become previews and texts, and those of wrong lengths or content are kept as they came."""

import json

import pytest

from comfy_ws import Event, PreviewImage, ProgressText, UndecodableFrame, UnknownEvent, _binary_frames, decode
from tests.ws.frames import JPEG, METADATA, PNG, WEBP, assert_is_event, binary, described


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


LONG = json.dumps({**METADATA, "workflow": "x" * _binary_frames._METADATA_KEPT}).encode()


def test_what_is_said_at_length_of_a_preview_is_read_like_what_is_said_briefly() -> None:
    event = decode(described(LONG, b"pixels"))
    assert event == PreviewImage(b"pixels", "image/png", "1", "p", "2", "3", "4", json.loads(LONG))


@pytest.mark.parametrize(
    ("length", "is_kept"),
    [(0, True), (_binary_frames._METADATA_KEPT, True), (_binary_frames._METADATA_KEPT + 1, False)],
)
def test_what_is_said_of_a_preview_is_kept_while_it_is_short(length: int, is_kept: bool) -> None:
    metadata = b'{"prompt_id": "prompt"}'.ljust(length)
    first, second = (decode(described(metadata, PNG)) for _ in range(2))
    assert isinstance(first, PreviewImage)
    assert first == second
    assert isinstance(second, PreviewImage)
    assert (first.prompt_id is second.prompt_id) == is_kept


def test_every_truncation_of_a_frame_is_still_an_event() -> None:
    for whole in (described(json.dumps(METADATA).encode(), PNG), binary(3, 2, b"12", "é".encode())):
        for length in range(len(whole)):
            assert_is_event(decode(whole[:length]))
