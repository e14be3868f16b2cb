"""Texts inside MP4 and WebM files.

Duty: the `keys` and `ilst` boxes of MP4, the comments of MP4 and QuickTime, and the tags of Matroska, wherever in the
file they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.workflow.embedded.reading import Reader

_ENTERED_BOXES: Final = {b"moov", b"udta", b"meta", b"trak"}
_COMMENT: Final = b"\xa9cmt"
_DEEPEST: Final = 12

_SEGMENT, _TAGS, _TAG, _SIMPLE_TAG = 0x18538067, 0x1254C367, 0x7373, 0x67C8
_TAG_NAME, _TAG_STRING, _CLUSTER = 0x45A3, 0x4487, 0x1F43B675
_ENTERED_ELEMENTS: Final = {_SEGMENT, _TAGS, _TAG}


def mp4_texts(reader: Reader) -> Iterator[tuple[str, bytes]]:
    """Find the texts of an MP4 or MOV file.

    Args:
        reader: The file.

    Yields:
        Name and text of each tag.
    """
    names: dict[int, str] = {}
    yield from _boxes(reader, 0, reader.end, names, 0)


def _boxes(reader: Reader, start: int, end: int, names: dict[int, str], depth: int) -> Iterator[tuple[str, bytes]]:
    position = start
    while position + 8 <= end and depth < _DEEPEST:
        reader.go(position)
        size, kind = reader.number(4), reader.take(4)
        if size == 1:
            size = reader.number(8)
        after = end if size == 0 else position + size
        if after <= position or after > end:
            raise InvalidWorkflowError(f"{reader.place}: the box at byte {position} has an impossible size")
        inside = reader.position
        if kind in _ENTERED_BOXES:
            yield from _boxes(reader, inside + _full_box_header(reader, kind), after, names, depth + 1)
        elif kind == b"keys":
            _read_keys(reader, names, after)
        elif kind == b"ilst":
            yield from _tags(reader, inside, after, names)
        elif kind == _COMMENT:
            # QuickTime's own form has no boxes inside: a size, which long texts overflow, a language, and the text.
            reader.take(min(4, after - inside))
            yield "comment", reader.take(max(0, after - inside - 4))
        position = after


def _full_box_header(reader: Reader, kind: bytes) -> int:
    """Tell the version field of a `meta` box, which QuickTime leaves out, from its first inner box."""
    if kind != b"meta" or reader.left < 8:
        return 0
    return 0 if reader.take(8)[4:] == b"hdlr" else 4


def _read_keys(reader: Reader, names: dict[int, str], end: int) -> None:
    reader.take(4)
    count = reader.number(4)
    names.clear()
    for index in range(1, count + 1):
        if reader.position + 8 > end:
            return
        size = reader.number(4)
        reader.take(4)
        name = _inside(reader, max(0, size - 8), end)
        names[index] = name.decode("utf-8", "replace")


def _tags(reader: Reader, start: int, end: int, names: dict[int, str]) -> Iterator[tuple[str, bytes]]:
    position = start
    while position + 24 <= end:
        reader.go(position)
        size, item = reader.number(4), reader.take(4)
        data_size, kind = reader.number(4), reader.take(4)
        reader.take(8)
        name = "comment" if item == _COMMENT else names.get(int.from_bytes(item))
        if kind == b"data" and 16 <= data_size <= size and name is not None:
            yield name, _inside(reader, data_size - 16, end)
        if size < 8:
            return
        position += size


def matroska_texts(reader: Reader) -> Iterator[tuple[str, bytes]]:
    """Find the texts of a WebM or Matroska file.

    Args:
        reader: The file.

    Yields:
        Name and text of each tag.
    """
    ends = [reader.end]
    reader.go(0)
    while reader.left >= 2:
        kind = _vint(reader, keep_marker=True)
        size = _vint(reader)
        start = reader.position
        if kind in _ENTERED_ELEMENTS or size is None:
            if size is None and kind not in _ENTERED_ELEMENTS and kind != _CLUSTER:
                return
            reader.go(start)
            continue
        if kind == _SIMPLE_TAG:
            text = _simple_tag(reader, min(start + size, ends[-1]))
            if text is not None:
                yield text
        reader.go(start + size)


def _simple_tag(reader: Reader, end: int) -> tuple[str, bytes] | None:
    name, text = b"", b""
    while reader.position + 2 <= end:
        kind = _vint(reader, keep_marker=True)
        size = _vint(reader) or 0
        start = reader.position
        if kind == _TAG_NAME:
            name = _inside(reader, size, end)
        elif kind == _TAG_STRING:
            text = _inside(reader, size, end)
        reader.go(start + size)
    return (name.decode("utf-8", "replace"), text.rstrip(b"\0")) if name else None


def _inside(reader: Reader, size: int, end: int) -> bytes:
    """Take what lies within its box: else every box of a file could claim all that follows it."""
    if reader.position + size > end:
        raise InvalidWorkflowError(f"{reader.place}: the text at byte {reader.position} is larger than what it is in")
    return reader.take(size)


def _vint(reader: Reader, *, keep_marker: bool = False) -> int | None:
    """Read a number of variable length; `None` is the size that says "unknown"."""
    first = reader.number(1)
    if first == 0:
        raise InvalidWorkflowError(f"{reader.place}: no element at byte {reader.position - 1}")
    length = 9 - first.bit_length()
    number = first if keep_marker else first & (0x7F >> (length - 1))
    number = int.from_bytes(bytes([number]) + reader.take(length - 1))
    return None if not keep_marker and number == (1 << 7 * length) - 1 else number
