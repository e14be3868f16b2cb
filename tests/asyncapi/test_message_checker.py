"""The judge of messages finds what departs from the contract, and nothing else."""

from __future__ import annotations

import json
import struct

import pytest

from tests.asyncapi.documented import CONTRACT, JPEG, PNG
from tests.asyncapi.messages import EventContract


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
