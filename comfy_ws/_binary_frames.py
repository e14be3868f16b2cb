"""Binary frames: previews, with metadata and without, and the text that a node shows.

A frame begins with its type, four bytes, and what follows is measured before it is cut. As `decode`, whose part this
is, it is pure and never raises; the pixels themselves are not looked at beyond their first bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, cast

from comfy_ws._fields import RawMapping, text
from comfy_ws.events import Event, PreviewImage, ProgressText, UndecodableFrame, UnknownEvent

_UNSIGNED: Final = struct.Struct(">I")
_PREVIEW: Final = 1
_TEXT: Final = 3
_PREVIEW_WITH_METADATA: Final = 4
_FORMATS: Final[Mapping[int, str]] = {1: "image/jpeg", 2: "image/png"}
# Metadata of a preview that is longer is parsed each time rather than kept.
_METADATA_KEPT: Final = 4_096
# In the order of the fields of `PreviewImage`.
_Identity = tuple[str | None, str | None, str | None, str | None, str | None]


def decode_binary(frame: bytes) -> Event:
    """Turn one binary message into an event.

    Args:
        frame: The message.

    Returns:
        The event; `UnknownEvent` for types without a class here, `UndecodableFrame` for lengths that do not fit.
    """
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
        text(metadata, "node_id"),
        text(metadata, "prompt_id"),
        text(metadata, "display_node_id"),
        text(metadata, "parent_node_id"),
        text(metadata, "real_node_id"),
    )
    return text(metadata, "image_type"), identity, metadata


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
