"""Texts inside FLAC, Ogg and MP3 files.

Duty: Vorbis comments, in FLAC blocks or in the first packets of an Ogg stream, and ID3 text frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.workflow.embedded.reading import Reader
from comfy_facade.workflow.json_text import LONGEST_TEXT

_COMMENT_BLOCK: Final = 4
_OGG_HEADS: Final = (b"OpusTags", b"\x03vorbis", b"\x81theora")
_ID3_ENCODINGS: Final = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}


def flac_texts(reader: Reader) -> Iterator[tuple[str, bytes]]:
    """Find the texts of a FLAC file.

    Args:
        reader: The file.

    Yields:
        Name and text of each comment.
    """
    reader.go(4)
    is_last = False
    while not is_last and reader.left >= 4:
        head = reader.number(1)
        is_last, size = bool(head & 0x80), reader.number(3)
        after = reader.position + size
        if head & 0x7F == _COMMENT_BLOCK:
            yield from vorbis_comments(reader.take(size), reader.place)
        reader.go(after)


def ogg_texts(reader: Reader) -> Iterator[tuple[str, bytes]]:
    """Find the texts of an Ogg file.

    Args:
        reader: The file.

    Yields:
        Name and text of each comment.
    """
    reader.go(0)
    packet = bytearray()
    while reader.left >= 27:
        if reader.take(4) != b"OggS":
            raise InvalidWorkflowError(f"{reader.place}: no Ogg page at byte {reader.position - 4}")
        reader.take(22)
        sizes = reader.take(reader.number(1))
        for size in sizes:
            packet += reader.take(size)
            if len(packet) > LONGEST_TEXT:
                raise InvalidWorkflowError(f"{reader.place}: its comments have more than {LONGEST_TEXT:,} bytes")
            if size == 255:
                continue
            head = next((head for head in _OGG_HEADS if packet.startswith(head)), None)
            if head is not None:
                yield from vorbis_comments(bytes(packet[len(head) :]), reader.place)
                return
            packet.clear()
        reader.go(reader.position)


def vorbis_comments(data: bytes, place: str) -> Iterator[tuple[str, bytes]]:
    """Read a block of Vorbis comments.

    Args:
        data: The block.
        place: What to call it in error messages.

    Yields:
        Name and text of each comment.
    """
    position = 4 + int.from_bytes(data[:4], "little")
    count = int.from_bytes(data[position : position + 4], "little")
    position += 4
    for _ in range(count):
        size = int.from_bytes(data[position : position + 4], "little")
        comment = data[position + 4 : position + 4 + size]
        if position + 4 > len(data) or len(comment) < size:
            raise InvalidWorkflowError(f"{place}: its comments end in the middle of one")
        name, _, text = comment.partition(b"=")
        yield name.decode("ascii", "replace"), text
        position += 4 + size


def id3_texts(reader: Reader) -> Iterator[tuple[str, bytes]]:
    """Find the texts of an MP3 file that starts with an ID3 tag.

    Args:
        reader: The file.

    Yields:
        Name and text of each text frame that has a name of its own.
    """
    reader.go(3)
    version = reader.number(1)
    reader.take(2)
    end = 10 + _seven_bit(reader.take(4))
    while reader.position + 10 <= min(end, reader.end):
        name = reader.take(4)
        size = _seven_bit(reader.take(4)) if version >= 4 else reader.number(4)
        reader.take(2)
        after = reader.position + size
        if not name.strip(b"\0") or size == 0:
            return
        if name == b"TXXX":
            encoding = _ID3_ENCODINGS.get(reader.number(1))
            body = reader.take(size - 1)
            if encoding is not None:
                title, _, text = body.decode(encoding, "replace").partition("\0")
                yield title, text.lstrip("\ufeff").rstrip("\0").encode()
        reader.go(after)


def _seven_bit(data: bytes) -> int:
    number = 0
    for byte in data:
        number = number << 7 | byte & 0x7F
    return number
