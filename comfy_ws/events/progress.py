"""What a running node shows of itself: its steps, its pictures and its text.

They may be missed, for the next one replaces them; nothing about how a prompt ended is said here. What is not told,
above all which prompt is meant, stays `None` rather than guessed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar, Literal, cast

from attrs import field, frozen

from comfy_ws._fields import NO_DATA, RawMapping, number, text


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
    data: RawMapping = field(default=NO_DATA, repr=False)


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
    data: RawMapping = field(default=NO_DATA, repr=False)


def _payload(source: str | RawMapping) -> RawMapping:
    if not isinstance(source, str):
        return source
    try:
        frame: object = json.loads(source)
    except (ValueError, RecursionError):
        return NO_DATA
    payload = cast("RawMapping", frame).get("data") if isinstance(frame, dict) else None
    return cast("RawMapping", payload) if isinstance(payload, dict) else NO_DATA


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
                    state=text(raw, "state") or "",
                    value=number(raw, "value") or 0.0,
                    max=number(raw, "max") or 0.0,
                    display_node_id=text(raw, "display_node_id"),
                    data=raw,
                )
        return nodes


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
    metadata: RawMapping = field(default=NO_DATA, repr=False)


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
