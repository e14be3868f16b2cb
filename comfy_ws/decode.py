"""One websocket frame in, one event out.

`decode` is pure and never raises, whatever it is given: a stream must outlive every odd frame. It keeps no state,
so it cannot supply what a frame leaves out; that is the caller's work.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, cast

from comfy_ws.events import (
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
    RawMapping,
    Status,
    UndecodableFrame,
    UnknownEvent,
)

_UNSIGNED: Final = struct.Struct(">I")
_PREVIEW: Final = 1
_TEXT: Final = 3
_PREVIEW_WITH_METADATA: Final = 4
# As `json.loads`, which looks at its arguments anew at every frame.
_parse: Final = json.JSONDecoder().decode
# Metadata of a preview that is longer is parsed each time rather than kept.
_METADATA_KEPT: Final = 4_096
# In the order of the fields of `PreviewImage`.
_Identity = tuple[str | None, str | None, str | None, str | None, str | None]
_FORMATS: Final[Mapping[int, str]] = {1: "image/jpeg", 2: "image/png"}

# Servers write the type and the prompt id first. Where a frame starts so, the rest (it grows with the graph and
# comes at every step) is left unparsed until somebody reads it.
_PROGRESS_STATE: Final = re.compile(
    r'\{"type": ?"progress_state", ?"data": ?\{"prompt_id": ?"([^"\\]*)", ?"nodes": ?\{'
)


def decode(frame: str | bytes) -> Event:
    """Turn one websocket message into an event.

    Args:
        frame: A text message as `str`, a binary one as `bytes`.

    Returns:
        The event; `UnknownEvent` for names and binary types without a class here, `UndecodableFrame` for what is
        no event at all.

    Example:
        >>> decode('{"type": "execution_start", "data": {"prompt_id": "a"}}').prompt_id
        'a'
    """
    return _decode_text(frame) if isinstance(frame, str) else _decode_binary(frame)


def _decode_text(frame: str) -> Event:
    if frame.endswith("}}}"):
        lazy = _PROGRESS_STATE.match(frame)
        if lazy is not None:
            return ProgressState(lazy.group(1), frame)
    try:
        message: object = _parse(frame)
    except (ValueError, RecursionError) as error:
        return UndecodableFrame(frame, f"no JSON: {error}")
    if not isinstance(message, dict):
        return UndecodableFrame(frame, "the JSON is no object")
    fields = cast("dict[str, Any]", message)
    name = fields.get("type")
    if not isinstance(name, str):
        return UndecodableFrame(frame, "the event has no name")
    data = fields.get("data")
    build = _BUILDERS.get(name)
    if build is None or not isinstance(data, dict):
        return UnknownEvent(name, data)
    event = build(cast("RawMapping", data))
    return UnknownEvent(name, data) if event is None else event


def _decode_binary(frame: bytes) -> Event:
    if len(frame) < 4:
        return UndecodableFrame(frame, "shorter than the four bytes of its type")
    (kind,) = _UNSIGNED.unpack_from(frame)
    if kind == _PREVIEW:
        return _preview(frame)
    if kind == _TEXT:
        return _progress_text(frame)
    if kind == _PREVIEW_WITH_METADATA:
        return _preview_with_metadata(frame)
    return UnknownEvent(f"binary:{kind}", frame[4:])


def _preview(frame: bytes) -> Event:
    if len(frame) < 8:
        return UndecodableFrame(frame, "a preview without its image format")
    (image_format,) = _UNSIGNED.unpack_from(frame, 4)
    image = frame[8:]
    return PreviewImage(image, _FORMATS.get(image_format) or _sniffed(image))


def _progress_text(frame: bytes) -> Event:
    if len(frame) < 8:
        return UndecodableFrame(frame, "a progress text without the length of its node id")
    (length,) = _UNSIGNED.unpack_from(frame, 4)
    if length > len(frame) - 8:
        return UndecodableFrame(frame, f"a node id of {length} bytes in {len(frame) - 8}")
    try:
        return ProgressText(frame[8 + length :].decode(), frame[8 : 8 + length].decode())
    except UnicodeDecodeError as error:
        return UndecodableFrame(frame, f"no UTF-8: {error.reason}")


def _preview_with_metadata(frame: bytes) -> Event:
    if len(frame) < 8:
        return UndecodableFrame(frame, "a preview without the length of its metadata")
    (length,) = _UNSIGNED.unpack_from(frame, 4)
    if length > len(frame) - 8:
        return UndecodableFrame(frame, f"metadata of {length} bytes in {len(frame) - 8}")
    written = frame[8 : 8 + length]
    try:
        described = (_description if length > _METADATA_KEPT else _description_kept)(written)
    except (ValueError, RecursionError) as error:
        return UndecodableFrame(frame, f"the metadata is no JSON: {error}")
    if described is None:
        return UndecodableFrame(frame, "the metadata is no object")
    mime_type, identity, metadata = described
    image = frame[8 + length :]
    # A copy of the metadata, lest one who changes it change it for the others.
    return PreviewImage(image, mime_type or _sniffed(image), *identity, {**metadata})


def _description(written: bytes) -> tuple[str | None, _Identity, RawMapping] | None:
    parsed: object = json.loads(written)
    if not isinstance(parsed, dict):
        return None
    metadata = cast("RawMapping", parsed)
    identity: _Identity = (
        _text(metadata, "node_id"),
        _text(metadata, "prompt_id"),
        _text(metadata, "display_node_id"),
        _text(metadata, "parent_node_id"),
        _text(metadata, "real_node_id"),
    )
    return _text(metadata, "image_type"), identity, metadata


# All previews of a node say the same of themselves, so it is parsed once.
_description_kept: Final = lru_cache(maxsize=64)(_description)


def _sniffed(image: bytes) -> str:
    if image.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if image.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if image.startswith(b"RIFF") and image[8:12] == b"WEBP":
        return "image/webp"
    return "application/octet-stream"


def _text(data: RawMapping, name: str) -> str | None:
    value = data.get(name)
    return value if isinstance(value, str) else None


def _number(data: RawMapping, name: str) -> float | None:
    value = data.get(name)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _texts(data: RawMapping, name: str) -> tuple[str, ...]:
    values = data.get(name)
    if not isinstance(values, list):
        return ()
    return tuple(value for value in cast("list[object]", values) if isinstance(value, str))


def _status(data: RawMapping) -> Event:
    status = data.get("status")
    info = cast("RawMapping", status).get("exec_info") if isinstance(status, dict) else None
    remaining = cast("RawMapping", info).get("queue_remaining") if isinstance(info, dict) else None
    known = isinstance(remaining, int) and not isinstance(remaining, bool)
    return Status(remaining if known else None, _text(data, "sid"), data)


def _execution_start(data: RawMapping) -> Event | None:
    prompt_id = _text(data, "prompt_id")
    return None if prompt_id is None else ExecutionStart(prompt_id, _number(data, "timestamp"), data)


def _execution_cached(data: RawMapping) -> Event | None:
    prompt_id = _text(data, "prompt_id")
    if prompt_id is None:
        return None
    return ExecutionCached(prompt_id, _texts(data, "nodes"), _number(data, "timestamp"), data)


def _executing(data: RawMapping) -> Event | None:
    # Only `null` says that the prompt is over; what is missing or odd says nothing.
    if not isinstance(data.get("node", 0), str | None):
        return None
    return Executing(_text(data, "prompt_id"), _text(data, "node"), _text(data, "display_node"), data)


def _progress(data: RawMapping) -> Event | None:
    value, maximum = _number(data, "value"), _number(data, "max")
    if value is None or maximum is None:
        return None
    return Progress(_text(data, "prompt_id"), _text(data, "node"), value, maximum, data)


def _progress_state(data: RawMapping) -> Event:
    return ProgressState(_text(data, "prompt_id"), data)


def _executed(data: RawMapping) -> Event | None:
    prompt_id, node = _text(data, "prompt_id"), _text(data, "node")
    if prompt_id is None or node is None:
        return None
    output = data.get("output")
    raw: RawMapping = cast("RawMapping", output) if isinstance(output, dict) else {}
    return Executed(prompt_id, node, _text(data, "display_node"), raw, data)


def _execution_success(data: RawMapping) -> Event | None:
    prompt_id = _text(data, "prompt_id")
    return None if prompt_id is None else ExecutionSuccess(prompt_id, _number(data, "timestamp"), data)


def _execution_error(data: RawMapping) -> Event | None:
    prompt_id = _text(data, "prompt_id")
    if prompt_id is None:
        return None
    return ExecutionError(
        prompt_id=prompt_id,
        node_id=_text(data, "node_id"),
        node_type=_text(data, "node_type"),
        exception_type=_text(data, "exception_type") or "",
        exception_message=_text(data, "exception_message") or "",
        traceback=_texts(data, "traceback"),
        executed=_texts(data, "executed"),
        timestamp=_number(data, "timestamp"),
        data=data,
    )


def _execution_interrupted(data: RawMapping) -> Event | None:
    prompt_id = _text(data, "prompt_id")
    if prompt_id is None:
        return None
    return ExecutionInterrupted(
        prompt_id=prompt_id,
        node_id=_text(data, "node_id"),
        node_type=_text(data, "node_type"),
        executed=_texts(data, "executed"),
        timestamp=_number(data, "timestamp"),
        data=data,
    )


def _logs(data: RawMapping) -> Event:
    entries, size = data.get("entries"), data.get("size")
    listed = cast("list[object]", entries) if isinstance(entries, list) else []
    return Logs(
        entries=tuple(cast("RawMapping", entry) for entry in listed if isinstance(entry, dict)),
        size=cast("RawMapping", size) if isinstance(size, dict) else None,
        data=data,
    )


def _asset_scan(name: str) -> Callable[[RawMapping], Event]:
    def build(data: RawMapping) -> Event:
        return AssetScan(
            type=name,
            phase=_text(data, "phase"),
            roots=_texts(data, "roots"),
            scanned=_number(data, "scanned"),
            total=_number(data, "total"),
            created=_number(data, "created"),
            enriched=_number(data, "enriched"),
            skipped=_number(data, "skipped"),
            elapsed=_number(data, "elapsed"),
            message=_text(data, "message"),
            data=data,
        )

    return build


_ASSET_SCAN_STEPS: Final = (
    "started",
    "progress",
    "paused",
    "resumed",
    "fast_complete",
    "enrich_complete",
    "completed",
    "cancelled",
    "error",
)

_BUILDERS: Final[Mapping[str, Callable[[RawMapping], Event | None]]] = {
    "status": _status,
    "feature_flags": FeatureFlags,
    "execution_start": _execution_start,
    "execution_cached": _execution_cached,
    "executing": _executing,
    "progress": _progress,
    "progress_state": _progress_state,
    "executed": _executed,
    "execution_success": _execution_success,
    "execution_error": _execution_error,
    "execution_interrupted": _execution_interrupted,
    "logs": _logs,
    **{f"assets.seed.{step}": _asset_scan(f"assets.seed.{step}") for step in _ASSET_SCAN_STEPS},
}
