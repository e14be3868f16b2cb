"""Every other command, once for people and once for programs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import comfy_emulator
from tests import plain_http, prompts
from tests.cli.conftest import PROGRAM, Program, start, written

SLOW = prompts.one_image(delay_ms=100, count=100, seed=500)


def test_submit_wait_status(program: Program) -> None:
    submitted = program("submit", written(prompts.plain_image(9)))
    (prompt_id,) = submitted.lines
    waited = program("wait", prompt_id, "-o", "made")
    assert waited.code == 0, waited.err
    assert Path(waited.lines[0]).is_file()
    status = program("status", prompt_id, "--json").records[0]
    assert (status["prompt_id"], status["state"], len(status["files"])) == (prompt_id, "done", 1)


def test_waiting_bears_what_passes(program: Program) -> None:
    # Its own, so that no request of another test gets the failures.
    with comfy_emulator.running() as server:
        (prompt_id,) = program("submit", written(prompts.one_image(count=20, delay_ms=50)), url=server.url).lines
        server.answer_errors(6, 503, "/api/queue")
        done = program("wait", prompt_id, url=server.url)
        assert done.code == 0, done.err


def test_a_failed_prompt(program: Program) -> None:
    (prompt_id,) = program("submit", written(prompts.failing())).lines
    assert program("wait", prompt_id).code == 4
    status = program("status", prompt_id, "--json").records[0]
    assert (status["state"], status["node_id"], bool(status["traceback"])) == ("failed", "2", True)
    assert f"{prompt_id}  failed: node 2 (ProbeFail)" in program("status", prompt_id).out


def test_queue_cancel_and_interrupt(program: Program, emulator: comfy_emulator.RunningServer) -> None:
    running, *pending = program("submit", written(SLOW), "--repeat", "4").lines
    first = program("submit", written(SLOW), "--front").lines[0]
    listed = program("queue", "--json").records
    assert [record["prompt_id"] for record in listed] == [running, first, *pending]
    assert [record["state"] for record in listed] == ["running"] + ["pending"] * 4
    assert program("status", pending[0]).out == f"{pending[0]}  pending, 2 before it\n"
    assert program("queue", "delete", first).code == 0
    assert program("cancel", pending[0]).out == f"{pending[0]}  cancelled\n"
    assert program("cancel", first).code == 1
    assert program("wait", running, "--timeout", "0.2").code == 6
    assert program("queue", "clear").out == "2 prompts deleted\n"
    assert program("interrupt", running).code == 0
    assert program("wait", running).code == 130
    assert program("queue").err == "the queue is empty\n"
    assert program("history", "--json").records[-1]["state"] == "interrupted"


def test_interrupt_whatever_runs(program: Program) -> None:
    (running,) = program("submit", written(SLOW)).lines
    assert program("interrupt").code == 0
    assert program("wait", running).code == 130


def test_history(program: Program) -> None:
    ids = program("submit", written(prompts.plain_image()), "--repeat", "3").lines
    assert program("wait", *ids).code == 0
    assert [record["prompt_id"] for record in program("history", "list", "--max", "2", "--json").records] == ids[1:]
    assert program("history", "delete", ids[2]).code == 0
    assert ids[2] not in program("history").out
    assert ids[1] in program("history").out
    assert program("history", "clear", "--yes").code == 0
    assert program("history").err == "the history is empty\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signal to a single process")
def test_watch_tells_what_changes(program: Program, emulator: comfy_emulator.RunningServer) -> None:
    state = program("watch", "--once", "--json").records[0]
    assert (state["running"], state["pending"], len(state["devices"])) == (None, [], 1)
    watching = start(["watch", "--json", "--interval", "0.1", "--url", emulator.url])
    assert watching.stdout is not None
    assert json.loads(watching.stdout.readline())["running"] is None
    (running,) = program("submit", written(SLOW)).lines
    while (seen := json.loads(watching.stdout.readline()))["value"] < 2:
        pass
    assert (seen["running"], seen["node_title"], seen["max"]) == (running, "ProbeSteps", 100)
    watching.send_signal(2)
    watching.communicate(timeout=20)
    assert watching.returncode == 130
    assert program("cancel", running).code == 0


def test_upload_and_download(program: Program) -> None:
    Path("söme file.bin").write_bytes(b"content")
    uploaded = program("upload", "söme file.bin", "--subfolder", "deep")
    assert uploaded.out == "deep/söme file.bin\n"
    assert program("download", "deep/söme file.bin", "--type", "input", "-o", "back").code == 0
    assert Path("back/söme file.bin").read_bytes() == b"content"
    again = program("download", "deep/söme file.bin", "--type", "input", "-o", "back", "--overwrite")
    assert again.out == str(Path("back/söme file.bin")) + "\n"
    assert program("upload", "absent.bin").code == 2


@pytest.mark.parametrize("name", ["../../x", "..", "sub/..", "C:x"])
def test_download_stays_in_its_directory(program: Program, name: str) -> None:
    done = program("download", name, "-o", "back")
    assert done.code in (1, 2)
    assert not Path("back").exists()


def test_nodes(program: Program) -> None:
    assert "KSampler\tKSampler\tmodel/sampling" in program("nodes", "list").lines
    assert program("nodes", "search", "SAVEIMAGE", "--json").records[0]["name"] == "SaveImage"
    shown = program("nodes", "show", "KSampler")
    assert "cfg\tFLOAT\t\t8.0; 0.0 to 100.0" in shown.lines
    assert program("nodes", "show", "KSampler", "--json").records[0]["output"] == ["LATENT"]
    assert program("nodes", "search", "nothing like it").err == "no node class holds 'nothing like it'\n"


def test_models_and_info(program: Program, emulator: comfy_emulator.RunningServer) -> None:
    assert "checkpoints" in program("models").lines
    assert program("models", "checkpoints", "--json").records[0]["folder"] == "checkpoints"
    info = program("info", "--json").records[0]
    assert (info["url"], info["system"]["comfyui_version"]) == (emulator.url, "0.33.0")
    assert f"address\t{emulator.url}" in program("info").lines


def test_settings(program: Program) -> None:
    assert program("settings", "set", "Comfy.Some", "[1, null]").code == 0
    assert program("settings", "set", "Comfy.Text", "plain text").code == 0
    assert program("settings", "get", "Comfy.Some").out == "[1, null]\n"
    assert program("settings", "get", "Comfy.Text", "--json").records == [{"id": "Comfy.Text", "value": "plain text"}]
    assert 'Comfy.Text\t"plain text"' in program("settings").lines


def test_free(program: Program) -> None:
    assert program("free", "--json").records == [{"event": "freed", "unload_models": True, "free_memory": True}]


def test_validate_and_convert(program: Program, emulator: comfy_emulator.RunningServer) -> None:
    path = written(prompts.one_branch_invalid())
    done = program("validate", path)
    assert done.code == 3
    assert "filename_prefix" in done.out
    assert "would run the rest" in done.err
    definitions = plain_http.get(f"{emulator.url}/object_info").content
    Path("object_info.json").write_bytes(definitions)
    good = written(prompts.plain_image(), "good.json")
    alone = program("validate", good, "--node-defs", "object_info.json", url="http://127.0.0.1:9")
    assert alone.out == "no problems in 2 nodes\n"
    listed = program("validate", good, "--inputs", "--json").records
    assert {"1.width", "2.filename_prefix"} <= {record["key"] for record in listed}
    assert program("convert", good, "-o", "out.json").out == "out.json\n"
    assert json.loads(Path("out.json").read_text(encoding="utf-8")) == prompts.plain_image()


def test_codegen(program: Program, emulator: comfy_emulator.RunningServer) -> None:
    assert program("codegen", "-o", "nodes.py", url=emulator.url.replace("//", "//user:pass@")).out == "nodes.py\n"
    text = Path("nodes.py").read_text(encoding="utf-8")
    compile(text, "nodes.py", "exec")
    assert "KSampler" in text
    assert "pass@" not in text
    assert program("codegen", "--json").record("generated")["module"].count("KSampler") >= 1


def test_the_workflow_may_come_from_standard_input(emulator: comfy_emulator.RunningServer) -> None:
    done = subprocess.run(
        [*PROGRAM, "validate", "-", "--url", emulator.url],
        input=json.dumps(prompts.plain_image()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "no problems in 2 nodes\n", done.stderr


def test_the_emulator_runs_in_the_foreground() -> None:
    process = start(["emulator", "--port", "0"])
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]
    assert plain_http.get(f"{url}/system_stats").status_code == 200
    process.terminate()
    process.communicate(timeout=20)
    # Windows ends it at once.
    assert process.returncode == (1 if sys.platform == "win32" else 0)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, tmp_path: Path) -> None:
    done = subprocess.run([*PROGRAM, "completion", shell], capture_output=True, text=True, check=True)
    assert "_COMFY_FACADE_COMPLETE" in done.stdout
    if shutil.which(shell):
        (tmp_path / "script").write_text(done.stdout, encoding="utf-8")
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)


def completed(line: str, url: str) -> list[str]:
    words = line.split(" ")
    environment = {
        **os.environ,
        "COMFYUI_URL": url,
        "_COMFY_FACADE_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run([*PROGRAM], capture_output=True, text=True, check=False, env=environment)
    return done.stdout.split()


def test_completion_knows_commands_and_asks_the_server(emulator: comfy_emulator.RunningServer) -> None:
    assert completed("comfy-facade su", emulator.url) == ["submit"]
    assert completed("comfy-facade models check", emulator.url) == ["checkpoints"]
    began = time.monotonic()
    assert completed("comfy-facade models check", "http://127.0.0.1:9") == []
    assert time.monotonic() - began < 20


def test_codegen_writes_a_module_that_imports(program: Program, tmp_path: Path) -> None:
    target = tmp_path / "server_nodes.py"
    done = program("codegen", "-o", str(target))
    assert done.code == 0, done.err
    assert str(target) in done.out
    script = "import server_nodes; assert server_nodes.EmptyImage and server_nodes.KSampler"
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
