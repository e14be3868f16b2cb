"""Workflows from everything that can be read, and refusals that say what is wrong where."""

import io
import json
import os
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile, SpooledTemporaryFile
from threading import Thread
from types import SimpleNamespace
from typing import IO, TextIO
from zipfile import ZipFile

import pytest

from comfy_facade import InvalidWorkflowError, Workflow
from tests.workflow import media_files
from tests.workflow.definitions import DEFINITIONS
from tests.workflow.media_files import INTERFACE, PROMPT, TEXTS


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


class OnlyRead:
    """A file that can do nothing else, and gives a few bytes at a time."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def read(self, size: int) -> bytes:
        return self._content.read(min(size, 5))


class Endless:
    """A file without an end."""

    def __init__(self, start: bytes) -> None:
        self._start = start

    def read(self, size: int) -> bytes:
        part, self._start = self._start or b" " * size, b""
        return part


def opened_text(path: Path) -> Iterator[TextIO]:
    with path.open(encoding="utf-8") as file:
        yield file


def temporary(path: Path) -> Iterator[object]:
    with NamedTemporaryFile(dir=path.parent) as file:
        file.write(path.read_bytes())
        file.seek(0)
        yield file


def spooled(path: Path) -> Iterator[object]:
    with SpooledTemporaryFile() as file:
        file.write(path.read_bytes())
        file.seek(0)
        yield file


def zipped(path: Path) -> Iterator[IO[bytes]]:
    with ZipFile(path.parent / "a.zip", "w") as archive:
        archive.write(path, "a.json")
        with archive.open("a.json") as file:
            yield file


def opened_binary(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        yield file
    with path.open("r+b") as file:
        yield file
    with path.open("rb", buffering=0) as file:
        yield file


def behind_a_start(path: Path) -> Iterator[IO[bytes]]:
    file = io.BytesIO(b"start" + path.read_bytes())
    file.seek(5)
    yield file


def fifo(path: Path) -> Iterator[Path]:
    name = path.parent / "fifo"
    os.mkfifo(name)
    writer = Thread(target=lambda: name.write_bytes(path.read_bytes()), daemon=True)
    writer.start()
    yield name
    writer.join()


@pytest.mark.parametrize(
    "open_file",
    [
        opened_text,
        opened_binary,
        temporary,
        spooled,
        zipped,
        behind_a_start,
        pytest.param(fifo, marks=pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in directories")),
        lambda path: iter([OnlyRead(path.read_bytes())]),
        lambda path: iter([memoryview(path.read_bytes())]),
        lambda path: iter([memoryview(b" ".join(bytes([byte]) for byte in path.read_bytes()))[::2]]),
        lambda path: iter([bytearray(path.read_bytes())]),
    ],
    ids=[
        "text",
        "binary",
        "temporary",
        "spooled",
        "zipped",
        "start",
        "fifo",
        "read alone",
        "view",
        "steps",
        "bytearray",
    ],
)
@pytest.mark.parametrize("make", [lambda texts: texts["prompt"], media_files.png_with_text], ids=["JSON", "PNG"])
def test_whatever_can_be_read_loads(
    open_file: Callable[[Path], Iterator[object]], make: Callable[[media_files.Texts], bytes], tmp_path: Path
) -> None:
    if open_file is opened_text and make is media_files.png_with_text:
        pytest.skip("a picture is no text")
    path = tmp_path / "file.bin"
    path.write_bytes(make(TEXTS))
    for file in open_file(path):
        assert Workflow.load(file).to_prompt() == PROMPT


@pytest.mark.parametrize("start", [b"{", b"\x89PNG\r\n\x1a\n"], ids=["JSON", "PNG"])
def test_a_file_without_an_end_is_given_up(start: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comfy_facade.workflow.source.LARGEST_IN_MEMORY", 20_000_000)
    with pytest.raises(InvalidWorkflowError, match="more than"):
        Workflow.load(Endless(start))


def test_an_open_file_of_any_size_is_read_here_and_there(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    with path.open("w+b") as file:
        file.write(media_files.box(b"ftyp", b"isom") + struct.pack(">I", 1 << 30) + b"mdat")
        file.seek(12 + (1 << 30))
        file.write(media_files.mp4(TEXTS))
        file.seek(0)

        assert Workflow.load(file).to_prompt() == PROMPT


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_a_device_without_an_end_is_given_up() -> None:
    with pytest.raises(InvalidWorkflowError, match="more than"):
        Workflow.load("/dev/zero")


@pytest.mark.parametrize("read", [lambda _: None, lambda _: 5])
def test_what_reads_no_bytes_is_refused(read: Callable[[int], object]) -> None:
    with pytest.raises(InvalidWorkflowError, match="not SimpleNamespace"):
        Workflow.load(SimpleNamespace(read=read))


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
