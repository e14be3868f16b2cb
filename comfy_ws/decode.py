"""One websocket frame in, one event out.

`decode` is pure and never raises, whatever it is given: a stream must outlive every odd frame. It keeps no state,
so it cannot supply what a frame leaves out; that is the caller's work. Text is read here, and the layout of binary
frames is known to `_binary_frames` alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, cast

from comfy_ws._binary_frames import decode_binary
from comfy_ws._fields import NO_DATA, RawMapping, mapping, number, text, texts
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
    Progress,
    ProgressState,
    Status,
    UndecodableFrame,
    UnknownEvent,
)

# As `json.loads`, which looks at its arguments anew at every frame.
_parse: Final = json.JSONDecoder().decode

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
    return _decode_text(frame) if isinstance(frame, str) else decode_binary(frame)


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


def _status(data: RawMapping) -> Event:
    info = mapping(mapping(data, "status") or NO_DATA, "exec_info") or NO_DATA
    remaining = info.get("queue_remaining")
    known = isinstance(remaining, int) and not isinstance(remaining, bool)
    return Status(remaining if known else None, text(data, "sid"), data)


def _execution_start(data: RawMapping) -> Event | None:
    prompt_id = text(data, "prompt_id")
    return None if prompt_id is None else ExecutionStart(prompt_id, number(data, "timestamp"), data)


def _execution_cached(data: RawMapping) -> Event | None:
    prompt_id = text(data, "prompt_id")
    if prompt_id is None:
        return None
    return ExecutionCached(prompt_id, texts(data, "nodes"), number(data, "timestamp"), data)


def _executing(data: RawMapping) -> Event | None:
    # Only `null` says that the prompt is over; what is missing or odd says nothing.
    if not isinstance(data.get("node", 0), str | None):
        return None
    return Executing(text(data, "prompt_id"), text(data, "node"), text(data, "display_node"), data)


def _progress(data: RawMapping) -> Event | None:
    value, maximum = number(data, "value"), number(data, "max")
    if value is None or maximum is None:
        return None
    return Progress(text(data, "prompt_id"), text(data, "node"), value, maximum, data)


def _progress_state(data: RawMapping) -> Event:
    return ProgressState(text(data, "prompt_id"), data)


def _executed(data: RawMapping) -> Event | None:
    prompt_id, node = text(data, "prompt_id"), text(data, "node")
    if prompt_id is None or node is None:
        return None
    return Executed(prompt_id, node, text(data, "display_node"), mapping(data, "output") or {}, data)


def _execution_success(data: RawMapping) -> Event | None:
    prompt_id = text(data, "prompt_id")
    return None if prompt_id is None else ExecutionSuccess(prompt_id, number(data, "timestamp"), data)


def _execution_error(data: RawMapping) -> Event | None:
    prompt_id = text(data, "prompt_id")
    if prompt_id is None:
        return None
    return ExecutionError(
        prompt_id=prompt_id,
        node_id=text(data, "node_id"),
        node_type=text(data, "node_type"),
        exception_type=text(data, "exception_type") or "",
        exception_message=text(data, "exception_message") or "",
        traceback=texts(data, "traceback"),
        executed=texts(data, "executed"),
        timestamp=number(data, "timestamp"),
        data=data,
    )


def _execution_interrupted(data: RawMapping) -> Event | None:
    prompt_id = text(data, "prompt_id")
    if prompt_id is None:
        return None
    return ExecutionInterrupted(
        prompt_id=prompt_id,
        node_id=text(data, "node_id"),
        node_type=text(data, "node_type"),
        executed=texts(data, "executed"),
        timestamp=number(data, "timestamp"),
        data=data,
    )


def _logs(data: RawMapping) -> Event:
    entries = data.get("entries")
    listed = cast("list[object]", entries) if isinstance(entries, list) else []
    return Logs(
        entries=tuple(cast("RawMapping", entry) for entry in listed if isinstance(entry, dict)),
        size=mapping(data, "size"),
        data=data,
    )


def _asset_scan(name: str, data: RawMapping) -> Event:
    return AssetScan(
        type=name,
        phase=text(data, "phase"),
        roots=texts(data, "roots"),
        scanned=number(data, "scanned"),
        total=number(data, "total"),
        created=number(data, "created"),
        enriched=number(data, "enriched"),
        skipped=number(data, "skipped"),
        elapsed=number(data, "elapsed"),
        message=text(data, "message"),
        data=data,
    )


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
    **{f"assets.seed.{step}": partial(_asset_scan, f"assets.seed.{step}") for step in _ASSET_SCAN_STEPS},
}
