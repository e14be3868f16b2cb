"""The emulator as a program: it says where it listens, and ends when it is told to."""

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import comfy_emulator
from comfy_emulator.__main__ import main
from tests import plain_http

_WITHOUT_SIGNALS = """
import asyncio, sys
from comfy_emulator.__main__ import main

asyncio.SelectorEventLoop.add_signal_handler = asyncio.AbstractEventLoop.add_signal_handler
sys.exit(main())
"""
"""The program on a loop that knows no signals, which is what Windows has."""


@contextlib.contextmanager
def started(*program: str, base_directory: Path) -> Iterator[subprocess.Popen[str]]:
    """The emulator in a process of its own, once it answers."""
    options = ["--port", "0", "--comfyui-version", "0.3.64", "--base-directory", str(base_directory)]
    with subprocess.Popen([sys.executable, *program, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = re.search(r"http://\S+", process.stdout.readline())
            assert url is not None
            stats = plain_http.get(f"{url[0]}/system_stats").json()
            assert stats["system"]["comfyui_version"] == "0.3.64"
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signal to a single process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_ends_on_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    with started("-m", "comfy_emulator", base_directory=tmp_path) as process:
        process.send_signal(number)
        assert process.wait(10) == 0
    assert (tmp_path / "output").is_dir()


def test_it_serves_on_a_loop_without_signals(tmp_path: Path) -> None:
    with started("-c", _WITHOUT_SIGNALS, base_directory=tmp_path) as process:
        assert process.poll() is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signal to a single process")
def test_ctrl_c_ends_it_on_a_loop_without_signals(tmp_path: Path) -> None:
    with started("-c", _WITHOUT_SIGNALS, base_directory=tmp_path) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_a_taken_port_ends_it_with_an_error(
    server: comfy_emulator.RunningServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", str(server.port)]) == 1
    assert "cannot listen" in capsys.readouterr().err
