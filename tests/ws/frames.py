"""Frames of every kind as servers write them, with the events that they are."""

import struct
from typing import Any, get_args

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
    Progress,
    ProgressState,
    Status,
    UnknownEvent,
)

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
    ("logs", {"entries": {}, "size": 5}, Logs((), None, {"entries": {}, "size": 5})),
    (
        "assets.seed.progress",
        SCAN,
        AssetScan("assets.seed.progress", "fast", ("input",), 1, 2, 3, 4, 5, 6.5, "m", SCAN),
    ),
    ("assets.seed.error", {}, AssetScan("assets.seed.error", data={})),
    ("a.custom-name", {"any": [1]}, UnknownEvent("a.custom-name", {"any": [1]})),
]


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


def assert_is_event(event: object) -> None:
    """An event of the union whose lazy parts can be read too."""
    assert isinstance(event, get_args(Event))
    assert isinstance(event.type, str)
    assert repr(event)
    if isinstance(event, ProgressState):
        assert isinstance(event.data, dict)
        assert all(isinstance(node.value, (int, float)) for node in event.nodes.values())
