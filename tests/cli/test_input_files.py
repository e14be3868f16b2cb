"""Workflows and node definitions from files, pipes and standard input, and what is none of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import comfy_emulator
from comfy_facade.cli import input_files
from tests import plain_http, prompts
from tests.cli.conftest import PROGRAM, Done, Program, written

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="no such pipes")


def piped(content: bytes, *arguments: str) -> Done:
    done = subprocess.run([*PROGRAM, *arguments], input=content, capture_output=True, check=False, timeout=40)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def fifo() -> Path:
    """A pipe with a name, as a shell gives for `<(...)`."""
    path = Path("pipe")
    os.mkfifo(path)
    return path


def feed(path: Path, content: bytes) -> threading.Thread:
    """Write into a pipe as soon as it is read; its reader may leave when it has enough."""

    def write() -> None:
        try:
            path.write_bytes(content)
        except BrokenPipeError:
            return

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


@posix_only
def test_a_workflow_may_come_from_a_pipe_with_a_name(program: Program, fifo: Path) -> None:
    thread = feed(fifo, json.dumps(prompts.plain_image()).encode())
    assert program("validate", str(fifo)).out == "no problems in 2 nodes\n"
    thread.join(20)
    picture = Path(program("run", written(prompts.plain_image(8)), "-o", "made").lines[0])
    thread = feed(fifo, picture.read_bytes())
    assert program("convert", str(fifo), "--json").records[0]["1"]["class_type"] == "EmptyImage"
    thread.join(20)


@posix_only
def test_node_definitions_may_come_from_a_pipe_with_a_name(
    program: Program, emulator: comfy_emulator.RunningServer, fifo: Path
) -> None:
    thread = feed(fifo, plain_http.get(f"{emulator.url}/object_info").content)
    assert program("codegen", "-o", "nodes.py", "--node-defs", str(fifo)).code == 0
    thread.join(20)
    assert "KSampler" in Path("nodes.py").read_text(encoding="utf-8")


@posix_only
@pytest.mark.parametrize("arguments", [("validate",), ("codegen", "-o", "nodes.py", "--node-defs")])
def test_a_pipe_without_end_is_left_in_time(
    program: Program, fifo: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr(input_files, "_LONGEST", 1 << 20)
    thread = feed(fifo, bytes(4 << 20))
    done = program(*arguments, str(fifo))
    thread.join(20)
    assert (done.code, "more than 1.0 MiB" in done.err) == (2, True), done.err


@pytest.mark.parametrize("content", [b"", b"nothing"])
def test_standard_input_that_holds_no_workflow(content: bytes) -> None:
    done = piped(content, "validate", "-", "--url", "http://127.0.0.1:9")
    assert done.code == 3
    assert done.err.startswith("comfy-facade: standard input")


@posix_only
def test_standard_input_that_is_closed(emulator: comfy_emulator.RunningServer) -> None:
    script = ["/bin/sh", "-c", 'exec "$@" <&-', "sh"]
    done = subprocess.run([*script, *PROGRAM, "validate", "-"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "comfy-facade: standard input is closed")


@posix_only
@pytest.mark.parametrize("command", ["validate", "submit"])
def test_ctrl_c_ends_the_wait_for_standard_input(command: str, emulator: comfy_emulator.RunningServer) -> None:
    reading, writing = os.pipe()
    # Whether standard input is being read shows in nothing but that its pipe gets empty.
    process = subprocess.Popen(
        [*PROGRAM, command, "-", "--url", emulator.url], stdin=reading, stderr=subprocess.PIPE, text=True
    )
    os.close(reading)
    fcntl = pytest.importorskip("fcntl")
    termios = pytest.importorskip("termios")
    try:
        os.write(writing, b"{")
        deadline = time.monotonic() + 30
        left = bytearray(b"some")
        while any(left):
            assert time.monotonic() < deadline
            time.sleep(0.05)
            fcntl.ioctl(writing, termios.FIONREAD, left)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    finally:
        os.close(writing)
    assert (process.returncode, err) == (130, "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "holds no node definitions"),
        ("{}", "holds no node definitions"),
        ('{"error": "no"}', "'error' is no definition"),
        ('{"A": {"input": []}}', "'A' is no definition"),
        ('{"A": {"inputs": {}}}', "'A' is no definition"),
        ("{", "is no JSON"),
        ('{"a":' * 50_000, "nested"),
        ('{"A":{"input":' + '{"a":' * 200 + "1" + "}" * 202, "nested"),
        ("\udcff", "is no JSON"),
    ],
)
@pytest.mark.parametrize("command", ["codegen", "validate"])
def test_what_holds_no_node_definitions_is_a_usage_error(
    program: Program, command: str, content: str, words: str
) -> None:
    Path("nodes.py").write_text("old", encoding="utf-8")
    Path("object_info.json").write_bytes(content.encode(errors="surrogateescape"))
    arguments = ["-o", "nodes.py"] if command == "codegen" else [written(prompts.plain_image())]
    done = program(command, *arguments, "--node-defs", "object_info.json")
    assert (done.code, words in done.err, len(done.err.splitlines())) == (2, True, 2), done.err
    assert Path("nodes.py").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("arguments", [("validate", "."), ("codegen", "--node-defs", ".")])
def test_a_directory_is_no_file(program: Program, arguments: tuple[Any, ...]) -> None:
    done = program(*arguments)
    assert (done.code, done.err.splitlines()[0]) == (2, "comfy-facade: '.' is a directory"), done.err
