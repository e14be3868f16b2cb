"""Which container a file is, by its first bytes, and who reads it.

Duty: choose the reader; keep the first text of each name that is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from comfy_facade.raw_json import as_object
from comfy_facade.workflow.embedded.models import glb_texts, safetensors_texts, svg_texts
from comfy_facade.workflow.embedded.pictures import jpeg_texts, png_texts, webp_texts
from comfy_facade.workflow.embedded.reading import Reader, entries, folded
from comfy_facade.workflow.embedded.sounds import flac_texts, id3_texts, ogg_texts
from comfy_facade.workflow.embedded.videos import matroska_texts, mp4_texts
from comfy_facade.workflow.json_kinds import is_object
from comfy_facade.workflow.json_text import parse_json

_Texts = Callable[[Reader], Iterator[tuple[str, bytes]]]

_BY_START: Final[tuple[tuple[bytes, str, _Texts], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "PNG", png_texts),
    (b"\xff\xd8\xff", "JPEG", jpeg_texts),
    (b"fLaC", "FLAC", flac_texts),
    (b"OggS", "Ogg", ogg_texts),
    (b"ID3", "MP3", id3_texts),
    (b"\x1aE\xdf\xa3", "WebM", matroska_texts),
    (b"glTF", "GLB", glb_texts),
    (b"<svg", "SVG", svg_texts),
    (b"<?xml", "SVG", svg_texts),
)
_COMMENT: Final = "comment"
HEAD_SIZE: Final = 16
"""How many bytes of a file tell what it is."""


def is_container(head: bytes) -> bool:
    """Tell whether a file is one of those that may carry a workflow.

    Args:
        head: Its first 16 bytes.

    Returns:
        Whether it is.
    """
    return _reader_of(head) is not None


def embedded_texts(file: BinaryIO, place: str) -> tuple[str, dict[str, bytes]]:
    """Find the prompt and the workflow inside a file.

    Args:
        file: A seekable file.
        place: What to call it in error messages.

    Returns:
        The kind of container, and the texts found: `"prompt"` and `"workflow"`, or neither.

    Raises:
        InvalidWorkflowError: Nothing was found, and the file is broken, or larger inside than any workflow.
    """
    file.seek(0)
    found = _reader_of(file.read(HEAD_SIZE))
    if found is None:
        return "", {}
    kind, texts = found
    reader = Reader(file, place)
    kept: dict[str, bytes] = {}
    comments: dict[str, bytes] = {}
    with reader.passing_over_faults():
        for name, text in texts(reader):
            if reader.wants(name):
                kept[folded(name)] = text
                reader.found(name)
                if reader.is_done:
                    break
            elif folded(name) == _COMMENT:
                with reader.passing_over_faults():
                    comments |= _texts_in_comment(text, f"{place}, comment")
    # A comment may be anybody's: what has a name of its own goes first.
    kept = {name: text for name, text in comments.items() if reader.wants(name)} | kept
    if not kept:
        reader.raise_fault()
    return kind, kept


def _texts_in_comment(text: bytes, place: str) -> dict[str, bytes]:
    """Read the comment in which older versions of VideoHelperSuite keep both texts."""
    if not text.lstrip().startswith(b"{"):
        return {}
    values = as_object(parse_json(text.rstrip(b"\0"), place))
    return {name: text for name, text in entries(values) if is_object(values[name]) or isinstance(values[name], str)}


def _reader_of(head: bytes) -> tuple[str, _Texts] | None:
    for start, kind, texts in _BY_START:
        if head.startswith(start):
            return kind, texts
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP", webp_texts
    if head[4:8] == b"ftyp":
        return "MP4", mp4_texts
    # A safetensors file starts with the size of its header, then the header's brace.
    if len(head) > 8 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 32:
        return "safetensors", safetensors_texts
    return None
