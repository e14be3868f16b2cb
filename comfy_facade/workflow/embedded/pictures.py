"""Texts inside PNG, WebP and JPEG files.

Duty: PNG text chunks of all three kinds, the chunk of animated PNGs, and the EXIF strings of WebP and JPEG.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.workflow.embedded.reading import Reader, inflate

_PNG_TEXTS: Final = {b"tEXt", b"zTXt", b"iTXt", b"comf"}
_SUB_TABLES: Final = {0x8769, 0x8825}
_TEXT_TYPES: Final = {2, 7, 129}
_MOST_TABLES: Final = 64
_MOST_ENTRIES: Final = 4096


def png_texts(reader: Reader) -> Iterator[tuple[str, bytes]]:
    """Find the texts of a PNG file.

    Args:
        reader: The file.

    Yields:
        Name and text of each text chunk that is looked for.
    """
    reader.go(8)
    while reader.left >= 12:
        size, kind = reader.number(4), reader.take(4)
        after = reader.position + size + 4
        if kind == b"IEND":
            return
        with reader.passing_over_faults():
            if kind in _PNG_TEXTS:
                name, _, rest = reader.take(size).partition(b"\0")
                title = name.decode("latin-1")
                # A text of another name is never unpacked: that could take a thousand times as long as reading it.
                if reader.wants(title):
                    yield title, _png_text(kind, rest, f"{reader.place}, chunk {name[:40]!r}")
            elif kind == b"eXIf":
                yield from exif_texts(reader.take(size), reader.place)
        reader.go(after)


def _png_text(kind: bytes, rest: bytes, place: str) -> bytes:
    if kind == b"zTXt":
        return inflate(rest[1:], place)
    if kind != b"iTXt":
        # Python writes JSON in ASCII, so the two encodings that writers use here read the same.
        return rest
    is_compressed = rest[:1] == b"\x01"
    text = rest[2:].split(b"\0", 2)
    if len(text) < 3:
        raise InvalidWorkflowError(f"{place}: its header is cut short")
    return inflate(text[2], place) if is_compressed else text[2]


def webp_texts(reader: Reader) -> Iterator[tuple[str, bytes]]:
    """Find the texts of a WebP file.

    Args:
        reader: The file.

    Yields:
        Name and text of each EXIF string.
    """
    reader.go(12)
    while reader.left >= 8:
        kind, size = reader.take(4), reader.number(4, little=True)
        after = reader.position + size + size % 2
        if kind == b"EXIF":
            with reader.passing_over_faults():
                yield from exif_texts(reader.take(size), reader.place)
        reader.go(after)


def jpeg_texts(reader: Reader) -> Iterator[tuple[str, bytes]]:
    """Find the texts of a JPEG file.

    Args:
        reader: The file.

    Yields:
        Name and text of each EXIF string.
    """
    reader.go(2)
    while reader.left >= 4:
        if reader.number(1) != 0xFF:
            return
        marker = reader.number(1)
        if marker == 0xFF:
            reader.go(reader.position - 1)
            continue
        if marker in {0xD9, 0xDA}:
            return
        if 0xD0 <= marker <= 0xD7 or marker == 0x01:
            continue
        size = reader.number(2)
        after = reader.position + size - 2
        if marker == 0xE1:
            with reader.passing_over_faults():
                yield from exif_texts(reader.take(max(0, size - 2)), reader.place)
        reader.go(after)


def exif_texts(data: bytes, place: str) -> Iterator[tuple[str, bytes]]:
    """Find the texts of an EXIF block, which ComfyUI writes as `name:text` into tags of another purpose.

    Args:
        data: The block.
        place: What to call it in error messages.

    Yields:
        Name and text of each string that has a name.

    Raises:
        InvalidWorkflowError: It points beyond its own end, or has more tables, entries or text than there is room for.
    """
    block = data.removeprefix(b"Exif\0\0")
    order = {b"II": "little", b"MM": "big"}.get(block[:2])
    if order is None:
        return
    is_little = order == "little"

    def number(start: int, size: int) -> int:
        if start < 0 or start + size > len(block):
            raise InvalidWorkflowError(f"{place}: its EXIF block points beyond its own end")
        return int.from_bytes(block[start : start + size], "little" if is_little else "big")

    tables, seen = [number(4, 4)], set[int]()
    # Tables and texts may lie in each other, so that their places alone bound neither.
    entries_left, text_left = _MOST_ENTRIES, len(block)
    while tables:
        table = tables.pop()
        if table in seen or table == 0:
            continue
        seen.add(table)
        count = number(table, 2)
        entries_left -= count
        if len(seen) > _MOST_TABLES or entries_left < 0:
            raise InvalidWorkflowError(f"{place}: its EXIF block has more tables or entries than any picture's")
        for entry in range(table + 2, table + 2 + 12 * count, 12):
            tag, kind, length = number(entry, 2), number(entry + 2, 2), number(entry + 4, 4)
            if tag in _SUB_TABLES:
                tables.append(number(entry + 8, 4))
            elif kind in _TEXT_TYPES:
                start = entry + 8 if length <= 4 else number(entry + 8, 4)
                text = block[start : start + length]
                text_left -= len(text)
                if text_left < 0:
                    raise InvalidWorkflowError(f"{place}: the texts of its EXIF block are longer than the block")
                name, colon, rest = text.rstrip(b"\0").removeprefix(b"ASCII\0\0\0").partition(b":")
                if colon and name.isalpha():
                    yield name.decode("ascii", "replace"), rest
