"""The events of ComfyUI's websocket as small frozen values, in one union that `match` can take apart.

They hold what a frame says and nothing more: no I/O, no run logic, no guesses. Payloads stay the raw mappings
that the server sent (`data`), so fields of newer servers survive; costly ones are parsed on first access.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal, cast

from attrs import field, frozen

RawMapping = Mapping[str, Any]
"""A JSON object as it came from the server."""

_NO_DATA: Final[RawMapping] = {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    return None


@frozen
class Status:
    """The queue changed, or the connection was just accepted (then `sid` is set).

    Attributes:
        queue_remaining: Prompts pending or running, or `None` if the server did not say.
        sid: The client id under which the server knows this socket; in the first frame only.
        data: The raw payload.
    """

    type: ClassVar[Literal["status"]] = "status"
    queue_remaining: int | None = None
    sid: str | None = None
    data: RawMapping = field(default=_NO_DATA, repr=False)


@frozen
class FeatureFlags:
    """The server's answer to the feature flags that this client sent.

    Attributes:
        data: The server's own flags, as in `GET /features`.
    """

    type: ClassVar[Literal["feature_flags"]] = "feature_flags"
    data: RawMapping


@frozen
class ExecutionStart:
    """A prompt left the queue and runs.

    Attributes:
        prompt_id: Which.
        timestamp: The server's clock, in milliseconds since 1970, or `None`.
        data: The raw payload.
    """

    type: ClassVar[Literal["execution_start"]] = "execution_start"
    prompt_id: str
    timestamp: float | None = None
    data: RawMapping = field(default=_NO_DATA, repr=False)


@frozen
class ExecutionCached:
    """The nodes whose results the server still had.

    Attributes:
        prompt_id: Of which prompt.
        nodes: Their node ids.
        timestamp: The server's clock, in milliseconds since 1970, or `None`.
        data: The raw payload.
    """

    type: ClassVar[Literal["execution_cached"]] = "execution_cached"
    prompt_id: str
    nodes: tuple[str, ...] = ()
    timestamp: float | None = None
    data: RawMapping = field(default=_NO_DATA, repr=False)


@frozen
class Executing:
    """A node starts; with `node` None, the server is done with the prompt.

    Attributes:
        prompt_id: Of which prompt; `None` in the frame that greets a reconnecting client.
        node: The node id.
        display_node: The node to show for it (they differ inside expanded nodes).
        data: The raw payload.
    """

    type: ClassVar[Literal["executing"]] = "executing"
    prompt_id: str | None
    node: str | None
    display_node: str | None = None
    data: RawMapping = field(default=_NO_DATA, repr=False)


@frozen
class Progress:
    """Steps within the running node.

    Attributes:
        prompt_id: Of which prompt, or `None`.
        node: The node id, or `None`.
        value: Steps done.
        max: Steps in all.
        data: The raw payload.
    """

    type: ClassVar[Literal["progress"]] = "progress"
    prompt_id: str | None
    node: str | None
    value: float
    max: float
    data: RawMapping = field(default=_NO_DATA, repr=False)


@frozen
class NodeProgress:
    """How far one node is, out of a `ProgressState`.

    Attributes:
        node_id: The node.
        state: `"pending"`, `"running"`, `"finished"` or `"error"`, as the server spells it.
        value: Steps done.
        max: Steps in all.
        display_node_id: The node to show for it, or `None`.
        data: The raw entry.
    """

    node_id: str
    state: str
    value: float
    max: float
    display_node_id: str | None = None
    data: RawMapping = field(default=_NO_DATA, repr=False)


def _payload(source: str | RawMapping) -> RawMapping:
    if not isinstance(source, str):
        return source
    try:
        frame: object = json.loads(source)
    except (ValueError, RecursionError):
        return _NO_DATA
    payload = cast("RawMapping", frame).get("data") if isinstance(frame, dict) else None
    return cast("RawMapping", payload) if isinstance(payload, dict) else _NO_DATA


@frozen
class ProgressState:
    """How far each node is that was touched so far; pending and cached ones upstream are missing.

    The frame grows with the graph and comes at every step, so it is kept as text until `data` or `nodes` is read.

    Attributes:
        prompt_id: Of which prompt, or `None`.
    """

    type: ClassVar[Literal["progress_state"]] = "progress_state"
    prompt_id: str | None
    # Compared by what it says, so that an event equals its like whether or not somebody read it.
    _source: str | RawMapping = field(repr=False, eq=_payload)

    @property
    def data(self) -> RawMapping:
        """The raw payload."""
        if isinstance(self._source, str):
            object.__setattr__(self, "_source", _payload(self._source))
        return cast("RawMapping", self._source)

    @property
    def nodes(self) -> Mapping[str, NodeProgress]:
        """The nodes by id; entries that make no sense are left out."""
        entries = self.data.get("nodes")
        if not isinstance(entries, Mapping):
            return {}
        nodes: dict[str, NodeProgress] = {}
        for node_id, entry in cast("RawMapping", entries).items():
            if isinstance(entry, dict):
                raw = cast("RawMapping", entry)
                nodes[node_id] = NodeProgress(
                    node_id=node_id,
                    state=_text(raw.get("state")) or "",
                    value=_number(raw.get("value")) or 0.0,
                    max=_number(raw.get("max")) or 0.0,
                    display_node_id=_text(raw.get("display_node_id")),
                    data=raw,
                )
        return nodes


@frozen
class Executed:
    """A node returned data for the interface (files, text ...). It does not mean that the prompt is done.

    Attributes:
        prompt_id: Of which prompt.
        node: The node id.
        display_node: The node to show for it.
        output: What it returned, raw: usually lists under `images`, `text` and the like.
        data: The raw payload.
    """

    type: ClassVar[Literal["executed"]] = "executed"
    prompt_id: str
    node: str
    display_node: str | None = None
    output: RawMapping = _NO_DATA
    data: RawMapping = field(default=_NO_DATA, repr=False)


@frozen
class ExecutionSuccess:
    """Every output of the prompt is done. The server writes its history only after this.

    Attributes:
        prompt_id: Which prompt.
        timestamp: The server's clock, in milliseconds since 1970, or `None`.
        data: The raw payload.
    """

    type: ClassVar[Literal["execution_success"]] = "execution_success"
    prompt_id: str
    timestamp: float | None = None
    data: RawMapping = field(default=_NO_DATA, repr=False)


@frozen
class ExecutionError:
    """A node raised, and the prompt is over.

    Attributes:
        prompt_id: Which prompt.
        node_id: The node that raised, or `None`.
        node_type: Its class, or `None`.
        exception_type: The class of the exception on the server.
        exception_message: Its message.
        traceback: Its lines on the server.
        executed: The nodes that were done before.
        timestamp: The server's clock, in milliseconds since 1970, or `None`.
        data: The raw payload; holds `current_inputs` too.
    """

    type: ClassVar[Literal["execution_error"]] = "execution_error"
    prompt_id: str
    node_id: str | None = None
    node_type: str | None = None
    exception_type: str = ""
    exception_message: str = ""
    traceback: tuple[str, ...] = field(default=(), repr=False)
    executed: tuple[str, ...] = ()
    timestamp: float | None = None
    data: RawMapping = field(default=_NO_DATA, repr=False)


@frozen
class ExecutionInterrupted:
    """Somebody interrupted the prompt, and it is over.

    Attributes:
        prompt_id: Which prompt.
        node_id: The node that was running, or `None`.
        node_type: Its class, or `None`.
        executed: The nodes that were done before.
        timestamp: The server's clock, in milliseconds since 1970, or `None`.
        data: The raw payload.
    """

    type: ClassVar[Literal["execution_interrupted"]] = "execution_interrupted"
    prompt_id: str
    node_id: str | None = None
    node_type: str | None = None
    executed: tuple[str, ...] = ()
    timestamp: float | None = None
    data: RawMapping = field(default=_NO_DATA, repr=False)


@frozen
class PreviewImage:
    """A frame of pixels: a preview of the running node, or an image that an output node sends over the socket.

    Attributes:
        data: The encoded image.
        mime_type: `"image/jpeg"`, `"image/png"` ...
        node_id: The node it comes from, where the server says so (it does to clients that sent
            `supports_preview_metadata`), else `None`.
        prompt_id: The prompt it belongs to, where the server says so, else `None`.
        display_node_id: The node to show for it, or `None`.
        parent_node_id: The node that expanded into this one, or `None`.
        real_node_id: The node id inside the expansion, or `None`.
        metadata: The raw metadata of the frame.
    """

    type: ClassVar[Literal["preview_image"]] = "preview_image"
    data: bytes = field(repr=lambda value: f"<{len(value)} bytes>")
    mime_type: str
    node_id: str | None = None
    prompt_id: str | None = None
    display_node_id: str | None = None
    parent_node_id: str | None = None
    real_node_id: str | None = None
    metadata: RawMapping = field(default=_NO_DATA, repr=False)


@frozen
class ProgressText:
    """A line of text that a node shows while or after it runs.

    Attributes:
        text: The text.
        node_id: The node.
        prompt_id: The prompt, if it is known; the frame itself does not carry it.
    """

    type: ClassVar[Literal["progress_text"]] = "progress_text"
    text: str
    node_id: str
    prompt_id: str | None = None


@frozen
class Logs:
    """New lines of the server's log, for those who subscribed to it over REST.

    Attributes:
        entries: The lines, each a mapping with its time `t` and text `m`.
        size: `cols` and `rows` of the server's terminal if they changed, else `None`.
        data: The raw payload.
    """

    type: ClassVar[Literal["logs"]] = "logs"
    entries: tuple[RawMapping, ...] = ()
    size: RawMapping | None = None
    data: RawMapping = field(default=_NO_DATA, repr=False)


@frozen
class AssetScan:
    """How the server's scan for assets gets on; only servers with assets switched on send it.

    Attributes:
        type: `"assets.seed."` and one of `started`, `progress`, `paused`, `resumed`, `fast_complete`,
            `enrich_complete`, `completed`, `cancelled` and `error`. What each carries differs.
        phase: `"fast"`, `"enrich"` or `"full"`, or `None`.
        roots: The folders scanned.
        scanned: Files looked at, or `None`.
        total: Files found, or `None`.
        created: Assets that are new, or `None`.
        enriched: Assets that got metadata, or `None`.
        skipped: Files that were known, or `None`.
        elapsed: Seconds, or `None`.
        message: What went wrong, or `None`.
        data: The raw payload.
    """

    type: str
    phase: str | None = None
    roots: tuple[str, ...] = ()
    scanned: float | None = None
    total: float | None = None
    created: float | None = None
    enriched: float | None = None
    skipped: float | None = None
    elapsed: float | None = None
    message: str | None = None
    data: RawMapping = field(default=_NO_DATA, repr=False)


@frozen
class Reconnected:
    """The stream has a socket again; what was sent in between is lost, so ask over REST.

    Attributes:
        attempts: How many attempts it took.
        downtime: Seconds without a socket.
        reason: Why the last one ended.
        by_request: Whether this side dropped the last one on purpose, because it seemed deaf.
    """

    type: ClassVar[Literal["reconnected"]] = "reconnected"
    attempts: int
    downtime: float
    reason: str
    by_request: bool = False


@frozen
class UnknownEvent:
    """Something this library has no class for: an event of a custom node or of a newer server.

    Attributes:
        type: The event's name; `"binary:N"` for a binary frame of type N.
        data: The raw payload: any JSON value, or `bytes` for a binary frame.
    """

    type: str
    data: Any = field(default=None, repr=False)


@frozen
class UndecodableFrame:
    """A frame that is none: broken JSON, wrong lengths.

    Attributes:
        raw: The frame as it came.
        reason: What is wrong with it.
    """

    type: ClassVar[Literal["undecodable_frame"]] = "undecodable_frame"
    raw: str | bytes = field(repr=lambda value: f"<{len(value)} long>")
    reason: str


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
