"""Websocket frames as bytes, good and bad, as a server sends them: without a mask."""

from __future__ import annotations

import json
import struct
from typing import Any

TEXT = 0x1
BINARY = 0x2


def frame(payload: bytes, opcode: int = TEXT, *, first: int = 0x80) -> bytes:
    """Make a frame; `first` holds the bits before the opcode, FIN alone if it is sound."""
    length = len(payload)
    if length < 126:
        header = struct.pack(">BB", first | opcode, length)
    elif length < 1 << 16:
        header = struct.pack(">BBH", first | opcode, 126, length)
    else:
        header = struct.pack(">BBQ", first | opcode, 127, length)
    return header + payload


def event(kind: Any, data: Any, **fields: Any) -> bytes:
    """Make the frame of a text event."""
    return frame(json.dumps({"type": kind, "data": data, **fields}).encode())


def odd_frames(prompt_id: str) -> list[bytes]:
    """Sound frames with odd contents, none of which tells a lie about how a prompt stands."""
    texts = [
        b"",
        b"{",
        b"[]",
        b"null",
        b"17",
        b'"status"',
        b"{}",
        b'{"type": null}',
        b'{"type": 5, "data": {}}',
        b"\x00",
    ]
    texts += [b"[" * 20_000, b'{"type": "executed", "data": {"prompt_id": "' + prompt_id.encode()]
    runs = ("start", "cached", "success", "error", "interrupted")
    kinds = ["status", "feature_flags", "executing", "progress", "progress_state", "executed", "custom.event"]
    kinds += [f"execution_{kind}" for kind in runs]
    odd_data: list[Any] = [None, [], "text", 1.5, {}, {"prompt_id": 7, "node": []}]
    events = [event(kind, data) for kind in kinds for data in odd_data]
    events += [
        event("executed", {"prompt_id": prompt_id}),
        event("executed", {"prompt_id": prompt_id, "node": None, "output": "none"}),
        event("executing", {"prompt_id": prompt_id}),
        event("executing", {"prompt_id": prompt_id, "node": {"id": 1}}),
        event("progress", {"prompt_id": prompt_id, "value": "1", "max": None}),
        event("progress", {"prompt_id": prompt_id, "value": 1, "max": 0, "node": "no such node", "more": {"a": [1]}}),
        event("progress_state", {"prompt_id": prompt_id, "nodes": [1, 2]}),
        event("progress_state", {"prompt_id": prompt_id, "nodes": {"1": None, "2": {"value": "x"}}}),
        event("execution_cached", {"prompt_id": prompt_id, "nodes": {"1": 2}}, more=1),
        event("status", {"status": {"exec_info": {"queue_remaining": "many"}}, "sid": 5}),
    ]
    metadata = b'{"node_id": "1"}'
    binaries = [
        b"",
        b"\x00",
        b"\x00\x00\x00\x01",
        b"\x00\x00\x00\x01\x00\x00\x00\x09no picture",
        b"\x00\x00\x00\x02never travels",
        b"\x00\x00\x00\x03\x00\x00",
        b"\x00\x00\x00\x03\xff\xff\xff\xffnode",
        b"\x00\x00\x00\x03\x00\x00\x00\x01\xff\xfe\xfd",
        b"\x00\x00\x00\x04",
        b"\x00\x00\x00\x04\x7f\xff\xff\xff{}",
        b"\x00\x00\x00\x04\x00\x00\x00\x02[]",
        b"\x00\x00\x00\x04\x00\x00\x00\x03\xff\xfe{",
        b"\x00\x00\x00\x04" + struct.pack(">I", len(metadata)) + metadata,
        b"\x7f\xff\xff\xffof another kind",
    ]
    return [frame(text) for text in texts] + events + [frame(data, BINARY) for data in binaries]


def broken_frames() -> dict[str, bytes]:
    """What no websocket may send, by name: each ends the socket it comes on."""
    return {
        "invalid UTF-8": frame(b'{"type": "status", "data": {"sid": "\xff\xfe"}}'),
        "reserved opcode": frame(b"{}", 0x5),
        "reserved bits": frame(b"{}", first=0xF0),
        "masked by the server": bytes((0x81, 0x82)) + b"\x00\x00\x00\x00{}",
        "continuation of nothing": frame(b"{}", 0x0),
        "long ping": frame(b"x" * 200, 0x9),
        "close with nonsense": frame(b"\x00\x01\xff", 0x8),
        "garbage": b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
    }
