"""The emulator as a program: it says where it listens, and ends when it is told to."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import comfy_emulator
from comfy_emulator.__main__ import main


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_ends_on_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "comfy_emulator", "--port", "0", "--comfyui-version", "0.3.64"]
    with subprocess.Popen([*command, "--base-directory", str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = re.search(r"http://\S+", process.stdout.readline())
        assert url is not None
        stats = httpx.get(f"{url[0]}/system_stats").json()
        assert stats["system"]["comfyui_version"] == "0.3.64"
        process.send_signal(number)
        assert process.wait(10) == 0
    assert (tmp_path / "output").is_dir()


def test_a_taken_port_ends_it_with_an_error(
    server: comfy_emulator.RunningServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", str(server.port)]) == 1
    assert "cannot listen" in capsys.readouterr().err
