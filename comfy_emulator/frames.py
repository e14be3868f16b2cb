"""Websocket frames as bytes and text.

Pure packing. Who gets a frame is decided in `comfy_emulator.sockets`.
"""

import io
import json
import struct
from dataclasses import dataclass
from typing import Literal, TypeAlias

from PIL import Image as PillowImage
from PIL import ImageOps

from comfy_emulator.json_types import JsonObject

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


def encode_preview(image: PillowImage.Image, kind: PreviewFormat, max_size: int | None) -> EncodedPreview:
    """Encode a preview picture.

    Args:
        image: The picture.
        kind: The wanted encoding.
        max_size: Longer edge in pixels that the picture is scaled to, up or down; None leaves it as it is.
    """
    if max_size is not None:
        image = ImageOps.contain(image, (max_size, max_size), PillowImage.Resampling.BILINEAR)
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
