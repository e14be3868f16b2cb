"""The events of ComfyUI's websocket as small frozen values, in one union that `match` can take apart.

They hold what a frame says and nothing more: no I/O, no run logic, no guesses. Payloads stay the raw mappings
that the server sent (`data`), so fields of newer servers survive; costly ones are parsed on first access.
"""

from __future__ import annotations

from comfy_ws._fields import RawMapping
from comfy_ws.events.execution import (
    Executed,
    Executing,
    ExecutionCached,
    ExecutionError,
    ExecutionInterrupted,
    ExecutionStart,
    ExecutionSuccess,
)
from comfy_ws.events.progress import NodeProgress, PreviewImage, Progress, ProgressState, ProgressText
from comfy_ws.events.server import AssetScan, FeatureFlags, Logs, Status
from comfy_ws.events.stream import Reconnected, UndecodableFrame, UnknownEvent

__all__ = [
    "AssetScan",
    "Event",
    "Executed",
    "Executing",
    "ExecutionCached",
    "ExecutionError",
    "ExecutionInterrupted",
    "ExecutionStart",
    "ExecutionSuccess",
    "FeatureFlags",
    "Logs",
    "NodeProgress",
    "PreviewImage",
    "Progress",
    "ProgressState",
    "ProgressText",
    "RawMapping",
    "Reconnected",
    "Status",
    "UndecodableFrame",
    "UnknownEvent",
]

Event = (
    Status
    | FeatureFlags
    | ExecutionStart
    | ExecutionCached
    | Executing
    | Progress
    | ProgressState
    | Executed
    | ExecutionSuccess
    | ExecutionError
    | ExecutionInterrupted
    | PreviewImage
    | ProgressText
    | Logs
    | AssetScan
    | Reconnected
    | UnknownEvent
    | UndecodableFrame
)
"""Everything a stream can yield."""
