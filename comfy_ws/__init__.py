"""The event stream of a ComfyUI server: its websocket, kept open and decoded.

Duty: open `/ws`, negotiate feature flags, reconnect, and turn every frame into a small frozen event.
It refuses to ask anything over REST, to follow the life of a prompt, and to drop what it does not know: that comes
as `UnknownEvent`.
"""

from comfy_ws.browser import BrowserConnector
from comfy_ws.buffer import BacklogLimits
from comfy_ws.channel import EventChannel
from comfy_ws.connection import Connection, Connector, Handshake
from comfy_ws.decode import decode
from comfy_ws.errors import (
    ConnectFailedError,
    ConnectionLostError,
    HandshakeAnswer,
    HandshakeRejectedError,
    SlowConsumerError,
    StreamClosedError,
    StreamError,
)
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
    NodeProgress,
    PreviewImage,
    Progress,
    ProgressState,
    ProgressText,
    Reconnected,
    Status,
    UndecodableFrame,
    UnknownEvent,
)
from comfy_ws.inbox import Inbox
from comfy_ws.opening import open_connection
from comfy_ws.reconnect import Backoff, is_retryable
from comfy_ws.stream import EventStream
from comfy_ws.url import websocket_url

__all__ = [
    "AssetScan",
    "BacklogLimits",
    "Backoff",
    "BrowserConnector",
    "ConnectFailedError",
    "Connection",
    "ConnectionLostError",
    "Connector",
    "Event",
    "EventChannel",
    "EventStream",
    "Executed",
    "Executing",
    "ExecutionCached",
    "ExecutionError",
    "ExecutionInterrupted",
    "ExecutionStart",
    "ExecutionSuccess",
    "FeatureFlags",
    "Handshake",
    "HandshakeAnswer",
    "HandshakeRejectedError",
    "Inbox",
    "Logs",
    "NodeProgress",
    "PreviewImage",
    "Progress",
    "ProgressState",
    "ProgressText",
    "Reconnected",
    "SlowConsumerError",
    "Status",
    "StreamClosedError",
    "StreamError",
    "UndecodableFrame",
    "UnknownEvent",
    "decode",
    "is_retryable",
    "open_connection",
    "websocket_url",
]
