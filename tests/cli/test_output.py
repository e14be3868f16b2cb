"""Where the words go: terminals, pipes, pipes that nobody reads, and streams that were closed from the start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import comfy_emulator
from tests import plain_http, prompts
from tests.cli.conftest import PROGRAM, start, written

NOWHERE = "http://127.0.0.1:9"
COLOURFUL = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLORTERM": "truecolor"}

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="no such pipes")


def said(arguments: list[str], environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    process = start(arguments, environment=environment)
    out, err = process.communicate(timeout=40)
    return process.returncode, out, err


def unheard(stream: str, end: str, *arguments: str) -> tuple[int, str, str]:
    """Run the program with a stream that is closed, or a pipe whose reader is gone; what it says on the other."""
    descriptor = {"stdout": 1, "stderr": 2}[stream]
    closing = ["/bin/sh", "-c", f'exec "$@" {descriptor}>&-', "sh"] if end == "closed" else []
    reading, writing = os.pipe()
    os.close(reading)
    streams = {name: writing if name == stream else subprocess.PIPE for name in ("stdout", "stderr")}
    try:
        process = subprocess.Popen(
            [*closing, *PROGRAM, *arguments], text=True, stdout=streams["stdout"], stderr=streams["stderr"]
        )
    finally:
        os.close(writing)
    out, err = process.communicate(timeout=40)
    return process.returncode, out or "", err or ""


def test_colour_that_is_forced_changes_no_line_of_a_pipe(emulator: comfy_emulator.RunningServer) -> None:
    code, out, err = said(["run", written(prompts.plain_image()), "--url", emulator.url], COLOURFUL)
    assert (code, "view?filename=" in out) == (0, True), err
    assert "\x1b" not in out
    # Colour is what was asked for; a display that moves is not.
    assert "\x1b[?25l" not in err
    assert "done in" in err
    (prompt_id,) = plain_http.get(f"{emulator.url}/history?max_items=1").json()
    code, out, _ = said(["history", "list", "--max", "1", "--url", emulator.url], COLOURFUL)
    assert out.split("\t")[:2] == [prompt_id, "done"]
    assert len(out.splitlines()) == 1


@pytest.mark.parametrize("environment", [{}, COLOURFUL])
def test_errors_have_colour_only_where_it_is_forced(environment: dict[str, str]) -> None:
    code, _, err = said(["info", "--url", NOWHERE], environment)
    assert code == 5
    assert ("\x1b" in err) is bool(environment)
    assert len(err.splitlines()) == 2


def test_a_pipe_gets_utf_8_whatever_the_encoding_of_terminals(emulator: comfy_emulator.RunningServer) -> None:
    definitions = {"生成 é": {"input": {"required": {"größe": ["INT", {}]}}, "output": ["IMAGE"]}}
    Path("object_info.json").write_text(json.dumps(definitions), encoding="utf-8")
    arguments = ["codegen", "--node-defs", "object_info.json"]
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    piped = subprocess.run([*PROGRAM, *arguments], capture_output=True, check=True, env=environment)
    subprocess.run([*PROGRAM, *arguments, "-o", "nodes.py"], check=True, stdout=subprocess.DEVNULL)
    assert piped.stdout.replace(b"\r\n", b"\n") == Path("nodes.py").read_bytes()


@posix_only
@pytest.mark.parametrize("end", ["unread", "closed"])
def test_an_error_is_told_though_nobody_reads_the_result(end: str) -> None:
    code, _, err = unheard("stdout", end, "info", "--json", "--url", "http://h:99999999")
    problem, advice = err.splitlines()
    assert code == 2
    assert problem.startswith("comfy-facade: ")
    assert "--url" in advice


@posix_only
@pytest.mark.parametrize("arguments", [["models"], ["models", "--json"], ["info"], ["codegen"]])
@pytest.mark.parametrize("end", ["unread", "closed"])
def test_a_result_that_nobody_reads_is_no_error(
    emulator: comfy_emulator.RunningServer, end: str, arguments: list[str]
) -> None:
    assert unheard("stdout", end, *arguments, "--url", emulator.url) == (1, "", "")


@posix_only
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("arguments", [["models"], ["models", "--json"]])
def test_a_result_that_cannot_be_written_is_an_error(
    emulator: comfy_emulator.RunningServer, arguments: list[str]
) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, *arguments, "--url", emulator.url], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "comfy-facade: standard output: No space left on device"
    assert len(done.stderr.splitlines()) == 2


@posix_only
@pytest.mark.parametrize("end", ["unread", "closed"])
def test_a_result_is_given_though_nobody_reads_the_notes(emulator: comfy_emulator.RunningServer, end: str) -> None:
    code, out, _ = unheard("stderr", end, "run", written(prompts.plain_image()), "--url", emulator.url)
    assert (code, out.startswith(f"{emulator.url}/api/view?")) == (0, True)
    code, out, _ = unheard("stderr", end, "info", "--url", "http://h:99999999")
    assert (code, out) == (2, "")
