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
    path.write_text(json.dumps(INTERFACE), encoding="utf-8")
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
