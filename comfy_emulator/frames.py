"""Websocket frames as bytes and text.

Pure packing. Who gets a frame is decided in `comfy_emulator.sockets`.
"""

import io
import json
import struct
from dataclasses import dataclass
from typing import Literal, TypeAlias

from PIL import Image as PillowImage

from comfy_emulator.json_types import JsonObject
from comfy_emulator.pixels import scaled

PreviewFormat: TypeAlias = Literal["JPEG", "PNG"]

_PREVIEW = 1
_TEXT = 3
_PREVIEW_WITH_METADATA = 4
_FORMAT_NUMBERS: dict[PreviewFormat, int] = {"JPEG": 1, "PNG": 2}
_MIME_TYPES: dict[PreviewFormat, str] = {"JPEG": "image/jpeg", "PNG": "image/png"}


@dataclass(frozen=True, slots=True)
class EncodedPreview:
    """A preview picture ready to be sent.

    Attributes:
        data: The encoded picture.
        kind: How it is encoded.
    """

    data: bytes
    kind: PreviewFormat


def shown_size(size: tuple[int, int], longer_edge: int) -> tuple[int, int]:
    """Say how large a picture is as a preview.

    A picture of one colour is best made as large as that: to scale it takes longer than to encode it.

    Args:
        size: Its width and height in pixels.
        longer_edge: What its longer edge is scaled to in pixels, up or down.

    Returns:
        Width and height in pixels.
    """
    width, height = size
    if width < height:
        return max(1, round(width / height * longer_edge)), longer_edge
    return longer_edge, max(1, round(height / width * longer_edge))


def encode_preview(image: PillowImage.Image, kind: PreviewFormat, max_size: int | None) -> EncodedPreview:
    """Encode a preview picture.

    Args:
        image: The picture.
        kind: The wanted encoding.
        max_size: Longer edge in pixels that the picture is scaled to, up or down; None leaves it as it is.
    """
    if max_size is not None and (size := shown_size(image.size, max_size)) != image.size:
        image = scaled(image, size, PillowImage.Resampling.BILINEAR)
    if kind == "JPEG" and image.mode != "RGB":
        image = image.convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, format=kind, quality=95, compress_level=1)
    return EncodedPreview(buffer.getvalue(), kind)


def text_frame(kind: str, data: object) -> str:
    """Write an event as the text frame that carries it."""
    return json.dumps({"type": kind, "data": data})


def plain_preview_frame(preview: EncodedPreview) -> bytes:
    """Pack a preview for clients that did not ask for metadata."""
    return struct.pack(">II", _PREVIEW, _FORMAT_NUMBERS[preview.kind]) + preview.data


def described_preview_frame(preview: EncodedPreview, metadata: JsonObject) -> bytes:
    """Pack a preview together with what it belongs to."""
    described = json.dumps({**metadata, "image_type": _MIME_TYPES[preview.kind]}).encode()
    return struct.pack(">II", _PREVIEW_WITH_METADATA, len(described)) + described + preview.data


def progress_text_frame(text: str, node_id: str) -> bytes:
    """Pack a line of text that a node shows while it runs."""
    name = node_id.encode()
    return struct.pack(">II", _TEXT, len(name)) + name + text.encode()
