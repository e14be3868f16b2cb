"""What the exit codes say, that errors are two lines, and that Ctrl-C cancels the prompt on the server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import comfy_emulator
from tests import plain_http, prompts
from tests.cli.conftest import PROGRAM, Program, start, written
from tests.systems import installed_program

NOWHERE = "http://127.0.0.1:9"


def cases() -> list[tuple[str, list[str], int]]:
    slow = prompts.one_image(delay_ms=200, count=100)
    return [
        ("done", ["run", written(prompts.plain_image(5), "plain.json")], 0),
        ("no file", ["run", "absent.json"], 2),
        ("unknown option", ["run", "plain.json", "--nonsense"], 2),
        ("no command", ["nonsense"], 2),
        ("seeds", ["run", "plain.json", "--seed", "1", "--fixed-seed"], 2),
        ("header", ["info", "--header", "nonsense"], 2),
        ("profile", ["info", "--profile", "absent"], 2),
        ("unknown class", ["run", written({"1": {"class_type": "Absent", "inputs": {}}}, "absent_class.json")], 3),
        ("no workflow", ["run", written({"a": 1}, "none.json")], 3),
        ("problems", ["validate", "absent_class.json"], 3),
        ("a node failed", ["run", written(prompts.failing(), "failing.json")], 4),
        ("unreachable", ["info", "--url", NOWHERE], 5),
        ("timed out", ["run", written(slow, "slow.json"), "--timeout", "0.3"], 6),
        ("unknown prompt", ["status", "00000000-0000-4000-8000-000000000000"], 1),
        ("unknown folder", ["models", "absent"], 1),
        ("unknown node", ["nodes", "show", "Absent"], 1),
        ("unknown file", ["download", "absent.png"], 1),
        ("no definitions", ["codegen", "--node-defs", "absent.json"], 2),
    ]


def test_each_kind_of_failure_has_its_code_and_two_lines(program: Program) -> None:
    for name, arguments, code in cases():
        done = program(*arguments)
        assert done.code == code, (name, done)
        assert "Traceback" not in done.err
        if code:
            assert len(done.err.splitlines()) == 2, (name, done.err)
            assert done.err.startswith("comfy-facade: ")


def test_a_port_that_is_none_is_a_usage_error() -> None:
    # In a process of its own, for asyncio leaves the socket that it could not bind to the garbage collector.
    done = subprocess.run([*PROGRAM, "emulator", "--port", "99999"], capture_output=True, text=True, check=False)
    problem, _ = done.stderr.splitlines()
    assert (done.returncode, "port must be 0-65535" in problem) == (2, True), done.stderr


def test_a_file_that_the_server_lacks_is_named(program: Program) -> None:
    done = program("download", "absent.png", "--type", "temp")
    assert (done.code, "no file 'absent.png' in its directory 'temp'" in done.err) == (1, True), done.err


def test_programs_are_told_of_failures_too(program: Program) -> None:
    done = program("run", written(prompts.failing()), "--json")
    error = done.records[-1]
    assert (error["event"], error["error"], error["exit_code"]) == ("error", "NodeExecutionError", 4)
    assert error["traceback"]
    rejected = program("run", written({"1": {"class_type": "Absent", "inputs": {}}}), "--json")
    assert rejected.record("error")["exit_code"] == 3


def test_tracebacks_come_with_debug_alone(program: Program) -> None:
    assert "Traceback" in program("run", written(prompts.failing()), "--debug").err


def test_a_timed_out_run_is_cancelled(program: Program, emulator: comfy_emulator.RunningServer) -> None:
    assert program("run", written(prompts.one_image(delay_ms=200, count=100)), "--timeout", "0.3").code == 6
    queue = plain_http.get(f"{emulator.url}/queue").json()
    assert queue == {"queue_running": [], "queue_pending": []}


def interrupted(emulator: comfy_emulator.RunningServer, number: int, *arguments: str) -> tuple[int, str, str]:
    process = start(["run", written(prompts.one_image(delay_ms=200, count=100)), "--url", emulator.url, *arguments])
    deadline = time.monotonic() + 20
    while not plain_http.get(f"{emulator.url}/queue").json()["queue_running"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are not sent there")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_cancel_the_prompt_on_the_server(
    emulator: comfy_emulator.RunningServer, number: int, code: int
) -> None:
    returned, _, err = interrupted(emulator, number)
    assert (returned, "Traceback" in err) == (code, False), err
    assert plain_http.get(f"{emulator.url}/queue").json() == {"queue_running": [], "queue_pending": []}
    latest = list(plain_http.get(f"{emulator.url}/history").json().values())[-1]
    assert "execution_interrupted" in [message[0] for message in latest["status"]["messages"]]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are not sent there")
def test_standard_output_stays_json_when_interrupted(emulator: comfy_emulator.RunningServer) -> None:
    code, out, _ = interrupted(emulator, signal.SIGINT, "--json")
    assert code == 130
    assert json.loads(out.splitlines()[-1]) == {"event": "interrupted", "exit_code": 130}


def test_a_prompt_interrupted_by_somebody_else(program: Program, emulator: comfy_emulator.RunningServer) -> None:
    emulator.script(comfy_emulator.InterruptPrompt(at_step=1))
    done = program("run", written(prompts.one_image(seed=77)))
    assert done.code == 130
    assert "interrupted" in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes")
def test_a_reader_that_has_enough_is_no_error(emulator: comfy_emulator.RunningServer) -> None:
    process = start(["nodes", "--url", emulator.url])
    with process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_the_missing_extra_is_named() -> None:
    script = "import sys; sys.modules['typer'] = None; from comfy_facade.cli import main; sys.exit(main([]))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "comfy-facade: the command line needs typer, which is not installed",
        'install it with: pip install "comfy-facade[cli]"',
    ]


def test_the_library_needs_neither_typer_nor_rich() -> None:
    script = (
        # httpx loads rich for a command line of its own, where it is installed.
        "import sys, httpx; known = set(sys.modules); import comfy_facade;"
        "[getattr(comfy_facade, name) for name in comfy_facade.__all__];"
        "print([name for name in set(sys.modules) - known if name.partition('.')[0] in ('typer', 'rich')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_program_is_installed(emulator: comfy_emulator.RunningServer) -> None:
    path = installed_program("comfy-facade")
    environment = {**os.environ, "COMFYUI_URL": emulator.url}
    done = subprocess.run([path, "models"], capture_output=True, text=True, check=True, env=environment)
    assert "checkpoints" in done.stdout.splitlines()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "w.json", "-o", "w.json"], "'w.json' is no directory"),
        (["wait", "any", "-o", "w.json"], "'w.json' is no directory"),
        (["download", "any.png", "-o", "w.json"], "'w.json' is no directory"),
        (["upload", "w.json", "--subfolder", "../.."], "no folder below"),
        (["upload", "w.json", "--subfolder", "/etc"], "no folder below"),
        *((["download", name], "no name of a file") for name in ("", "/etc/passwd", "a/", "..", "a\0b")),
        *(([command, name], "no id") for command in ("status", "cancel", "wait") for name in ("", "..")),
        *((["settings", "set", "Some", value], "is no JSON") for value in ("NaN", "1e999", "[-Infinity]")),
        (["settings", "set", "Some", "[" * 50_000], "nested"),
        (["settings", "set", "Some", "\udcff"], "not text"),
        (["info", "--header", ":value"], "no name or no colon"),
        (["run", "w.json", "--set", "1.width="], "'' is no number"),
        (["run", "w.json", "--input", "image="], "the file '' to upload is not there"),
        (["run", "w.json", "--input", "image=."], "the file '.' to upload is no plain file"),
    ],
)
def test_command_lines_that_make_no_sense_send_nothing(
    program: Program, emulator: comfy_emulator.RunningServer, arguments: list[str], words: str
) -> None:
    written(prompts.plain_image(), "w.json")
    before = plain_http.get(f"{emulator.url}/history").json().keys()
    done = program(*arguments)
    assert (done.code, words in done.err, len(done.err.splitlines())) == (2, True, 2), done.err
    assert plain_http.get(f"{emulator.url}/history").json().keys() == before


@pytest.mark.parametrize("arguments", [["run", "w.json", "--timeout", "nan"], ["watch", "--once", "--interval", "nan"]])
def test_what_is_no_number_is_no_time(program: Program, arguments: list[str]) -> None:
    written(prompts.plain_image(), "w.json")
    done = program(*arguments)
    # Newer releases of typer hold it against the bound themselves.
    assert done.code == 2
    assert "nan is no number" in done.err or "greater than or equal" in done.err
