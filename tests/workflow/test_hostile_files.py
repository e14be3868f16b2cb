"""Files made to cost time or memory are refused, and cost neither."""

import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from comfy_facade import InvalidWorkflowError, Workflow
from tests.workflow import media_files
from tests.workflow.media_files import TEXTS


def deep(levels: int) -> str:
    return '{"1": {"class_type": "X", "inputs": {"a": ' + "[" * levels + "]" * levels + "}}}"


def bomb() -> bytes:
    return zlib.compress(b"x" * 100_000_000, 9)


def tables_that_point_at_each_other(size: int) -> bytes:
    """Make tables that overlap, each of as many entries as the block has room for."""
    block = bytearray(b"MM\0\x2a\0\0\0\x08" + bytes(size - 8))
    block[8:10] = b"\x10\0"
    for start in range(8, 1 << 16, 12):
        # The lower half of a pointer is the number of entries of the table behind it.
        struct.pack_into(">HHII", block, start + 2, 0x8769, 4, 1, (start + 12) % (1 << 16))
    return bytes(block)


def texts_that_lie_in_each_other(size: int) -> bytes:
    entries = b"".join(struct.pack(">HHII", 0x0110, 2, size, 8) for _ in range(4000))
    return b"MM\0\x2a\0\0\0\x08" + struct.pack(">H", 4000) + entries + b" " * size


def overlapping_tags(count: int) -> bytes:
    """Make tags of Matroska whose texts reach far beyond the tags they are in."""
    text = b"\x44\x87" + struct.pack(">Q", 15_000_000 | 1 << 56)
    tag = b"\x67\xc8" + struct.pack(">Q", len(text) | 1 << 56) + text
    return b"\x1a\x45\xdf\xa3\x80" + tag * count + bytes(15_000_000)


def overlapping_keys(count: int) -> bytes:
    """Make lists of keys of an MP4 whose names reach far beyond the boxes they are in."""
    keys = media_files.box(b"keys", struct.pack(">III", 0, 1, 15_000_000) + b"mdta")
    return media_files.box(b"ftyp", b"isom") + keys * count + media_files.box(b"mdat", bytes(15_000_000))


def texts_of_other_names(count: int) -> bytes:
    packed = zlib.compress(bytes(15 << 20), 9)
    plain, international = b"other\0\0" + packed, b"other\0\1\0\0\0" + packed
    return media_files.png(
        *(media_files.png_chunk(b"zTXt", plain), media_files.png_chunk(b"iTXt", international)) * count
    )


HOSTILE: dict[str, Callable[[], object]] = {
    "nested": lambda: deep(100_000),
    "nested a little": lambda: deep(500),
    "huge json": lambda: b'{"1": "' + b"x" * 100_000_000 + b'"}',
    "zip bomb": lambda: media_files.png(media_files.png_chunk(b"zTXt", b"prompt\0\0" + bomb())),
    "international zip bomb": lambda: media_files.png(media_files.png_chunk(b"iTXt", b"prompt\0\1\0\0\0" + bomb())),
    "broken zip": lambda: media_files.png(media_files.png_chunk(b"zTXt", b"prompt\0\0nonsense")),
    "size lie": lambda: b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xfftEXtprompt\0{}",
    "safetensors lie": lambda: struct.pack("<Q", 1 << 31) + b'{"a": 1}',
    "endless chunks": lambda: b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0abcd\0\0\0\0" * 200_000,
    "exif loop": lambda: b"RIFF\0\0\0\0WEBPEXIF\x16\0\0\0II*\0\x08\0\0\0\1\0\x69\x87\4\0\1\0\0\0\x08\0\0\0",
    "exif tables": lambda: media_files.webp_with_exif(tables_that_point_at_each_other(1_000_000)),
    "exif texts": lambda: media_files.webp_with_exif(texts_that_lie_in_each_other(15_000_000)),
    "metadata without an end": lambda: b"<svg>" + b"<metadata><![CDATA[" * 50_000,
    "compressed texts of other names": lambda: texts_of_other_names(100),
    "tags that overlap": lambda: overlapping_tags(15_000),
    "keys that overlap": lambda: overlapping_keys(15_000),
    "half a character": lambda: struct.pack("<Q", 38) + b'{"__metadata__": {"prompt": "\\ud800"}}',
    "box of no size": lambda: media_files.box(b"ftyp", b"isom") + b"\0\0\0\1moov" + b"\0" * 8,
    "comments cut": lambda: media_files.flac(TEXTS)[:200],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_within_bounds(name: str) -> None:
    source = HOSTILE[name]()
    tracemalloc.start()
    start = time.process_time()
    try:
        with pytest.raises(InvalidWorkflowError):
            Workflow.load(source)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert time.process_time() - start < 5
    assert peak < 150_000_000
