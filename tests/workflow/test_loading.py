"""Workflows from everything that may carry one, and refusals that say what is wrong where."""

import io
import json
import random
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from comfy_facade import InvalidWorkflowError, Workflow
from tests.workflow import media_files
from tests.workflow.definitions import DEFINITIONS
from tests.workflow.interface_files import node, workflow

PROMPT: dict[str, Any] = {"3": {"class_type": "Number", "inputs": {"value": 5, "text": "héllo ☃"}}}
INTERFACE = workflow(node(3, "Number", [5]), pad="x" * 70_000)
TEXTS = {"prompt": json.dumps(PROMPT).encode(), "workflow": json.dumps(INTERFACE).encode()}
SHORT = {"prompt": TEXTS["prompt"]}


@pytest.mark.parametrize(
    "source",
    [
        PROMPT,
        json.dumps(PROMPT),
        json.dumps(PROMPT).encode(),
        b"\xef\xbb\xbf" + json.dumps(PROMPT).encode(),
        io.BytesIO(json.dumps(PROMPT).encode()),
        {"prompt": PROMPT, "client_id": "me"},
    ],
    ids=["dict", "text", "bytes", "byte order mark", "file", "request"],
)
def test_prompts_load_from_any_form(source: object) -> None:
    loaded = Workflow.load(source)

    assert loaded.kind == "api"
    assert loaded.to_prompt() == PROMPT


@pytest.mark.parametrize("as_text", [False, True])
def test_paths_load(tmp_path: Path, as_text: bool) -> None:
    path = tmp_path / "workflow.json"
    path.write_text(json.dumps(INTERFACE))
    loaded = Workflow.load(str(path) if as_text else path)

    assert loaded.kind == "interface"
    assert loaded.interface == INTERFACE
    assert loaded.to_prompt(DEFINITIONS)["3"]["inputs"] == {"value": 5}


@pytest.mark.parametrize("make", media_files.MAKERS)
def test_files_that_comfyui_writes_load(make: Callable[[media_files.Texts], bytes], tmp_path: Path) -> None:
    content = make(SHORT if make is media_files.jpeg else TEXTS)
    (tmp_path / "file.bin").write_bytes(content)

    for source in (content, tmp_path / "file.bin"):
        loaded = Workflow.load(source)
        assert loaded.kind == "api"
        assert loaded.container
        assert loaded.to_prompt()["3"]["inputs"]["value"] == 5
        assert loaded.to_prompt()["3"]["inputs"]["text"] == "héllo ☃"
        assert (loaded.interface is not None) == (make is not media_files.jpeg)


def test_a_file_with_a_workflow_alone_is_of_the_interfaces_kind() -> None:
    loaded = Workflow.load(media_files.png_with_text({"workflow": TEXTS["workflow"]}))

    assert loaded.kind == "interface"
    assert loaded.to_prompt(DEFINITIONS)["3"]["inputs"]["value"] == 5


def test_one_broken_text_of_two_does_no_harm() -> None:
    assert Workflow.load(media_files.png_with_text({**TEXTS, "prompt": b"{"})).kind == "interface"


def in_webp(exif: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBPEXIF" + struct.pack("<I", len(exif)) + exif


GOOD = media_files.png_chunk(b"tEXt", b"prompt\0" + TEXTS["prompt"])
ODD_EXIF = b"MM\0\x2a\0\0\xff\xff"
PARTLY_BROKEN = {
    "broken text of another name": media_files.png(GOOD, media_files.png_chunk(b"zTXt", b"other\0\0garbage")),
    "broken text of the other name": media_files.png(GOOD, media_files.png_chunk(b"zTXt", b"workflow\0\0garbage")),
    "broken text of the same name": media_files.png(media_files.png_chunk(b"zTXt", b"prompt\0\0garbage"), GOOD),
    "header cut short": media_files.png(media_files.png_chunk(b"iTXt", b"workflow\0\0"), GOOD),
    "odd EXIF behind": media_files.png(GOOD, media_files.png_chunk(b"eXIf", ODD_EXIF)),
    "odd EXIF before": media_files.png(media_files.png_chunk(b"eXIf", ODD_EXIF), GOOD),
    "cut off": media_files.png(GOOD, b"\0\0\1\0tEXtworkflow"),
    "size lie": media_files.png(GOOD, b"\xff\xff\xff\xfftEXtworkflow\0{}"),
    "endless chunks": media_files.png(GOOD, b"\0\0\0\0abcd\0\0\0\0" * 30_000),
    "odd EXIF of a WebP": media_files.webp(SHORT)[:12] + in_webp(ODD_EXIF)[12:] + media_files.webp(SHORT)[12:],
    "odd EXIF of a JPEG": b"\xff\xd8\xff\xe1\0\x10Exif\0\0" + ODD_EXIF + media_files.jpeg(SHORT)[2:],
    "comment that lies": media_files.flac({**SHORT, "x": b"y" * 98}).replace(b"\x64\0\0\0x=", b"\xff\0\0\0x="),
}


@pytest.mark.parametrize("name", PARTLY_BROKEN)
def test_what_is_whole_in_a_broken_file_is_used(name: str) -> None:
    assert Workflow.load(PARTLY_BROKEN[name]).to_prompt() == PROMPT


@pytest.mark.parametrize("is_text", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        media_files.mp4_with_comment,
        media_files.mov_with_comment,
        lambda text: media_files.mp4({"comment": text}),
        lambda text: media_files.webm({"comment": text}),
        lambda text: media_files.webm({"title": b"{}", "comment": text}),
    ],
    ids=["MP4", "MOV", "MP4 with keys", "WebM", "WebM with a title"],
)
def test_both_may_be_in_the_comment_of_a_video(make: Callable[[bytes], bytes], is_text: bool) -> None:
    values: dict[str, Any] = {"prompt": PROMPT, "workflow": INTERFACE, "CreationTime": "2024-02-19 21:02:15"}
    comment = {**values, "prompt": json.dumps(PROMPT)} if is_text else values
    loaded = Workflow.load(make(json.dumps(comment).encode()))

    assert loaded.to_prompt() == PROMPT
    assert loaded.interface == INTERFACE


@pytest.mark.parametrize("comment", [b"", b"by hand", b"{", b"{}", b'{"prompt": null}', b"[1]", b"\xff", b"{" * 999])
def test_a_comment_may_say_anything(comment: bytes) -> None:
    assert Workflow.load(media_files.webm({"comment": comment, **TEXTS})).to_prompt() == PROMPT
    for make in (media_files.mp4_with_comment, media_files.mov_with_comment):
        with pytest.raises(InvalidWorkflowError):
            Workflow.load(make(comment))


def test_nan_becomes_nothing() -> None:
    text = '{"1": {"class_type": "X", "inputs": {}, "is_changed": [NaN]}}'

    assert Workflow.load(text).to_prompt()["1"]["is_changed"] == [None]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('{"1": {"class_type": ', "line 1, column"),
        ("[1]", "JSON object, not an array"),
        ("{}", "neither a prompt"),
        ('{"a": 1}', "neither a prompt"),
        ({"1": {"class_type": "X", "inputs": {}}, "2": 5}, "node '2' is a number"),
        ({"1": {"class_type": "X", "inputs": []}}, "node '1': 'inputs' is an array"),
        ({"1": {"class_type": 5, "inputs": {}}}, "node '1': 'class_type' is a number"),
        ({"nodes": 5, "links": []}, "'nodes' is a number"),
        ({"nodes": [{"id": 1, "type": "X"}, 7]}, r"nodes\[1\] is a number"),
        ({"nodes": [{"type": "X"}]}, r"nodes\[0\] has no 'id'"),
        ({"nodes": [], "definitions": {"subgraphs": [5]}}, r"subgraphs\[0\] is a number"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"", "line 1"),
        ("no/such/file.json", "cannot read"),
        (5, "not int"),
        (media_files.png(), "carries no prompt"),
        (media_files.png_with_text({"prompt": b"{"}), "'prompt': no JSON, at line 1"),
    ],
)
def test_what_is_no_workflow_is_refused_with_the_place(source: object, message: str) -> None:
    with pytest.raises(InvalidWorkflowError, match=message):
        Workflow.load(source)


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
    "exif tables": lambda: in_webp(tables_that_point_at_each_other(1_000_000)),
    "exif texts": lambda: in_webp(texts_that_lie_in_each_other(15_000_000)),
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


@pytest.mark.parametrize("make", media_files.MAKERS)
def test_damaged_files_never_raise_anything_else(make: Callable[[media_files.Texts], bytes]) -> None:
    content = make({**SHORT, "workflow": json.dumps(workflow(node(3, "Number", [5]))).encode()})
    chance = random.Random(7)
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        damaged = damaged[: chance.randint(0, len(damaged))] if chance.random() < 0.3 else damaged
        try:
            Workflow.load(bytes(damaged))
        except InvalidWorkflowError:
            continue
