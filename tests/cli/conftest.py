"""The command line against an emulated server: in this process where that is enough, as a process of its own else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import comfy_emulator
from comfy_facade.cli import main

PROGRAM = [sys.executable, "-m", "comfy_facade.cli"]


@dataclass(frozen=True)
class Done:
    """How the program ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of its standard output."""
        return self.out.splitlines()

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its standard output as JSON objects, one a line and nothing else."""
        records = [json.loads(line) for line in self.lines]
        assert all(isinstance(record, dict) for record in records)
        return records

    def record(self, event: str) -> dict[str, Any]:
        """The one record of an event."""
        (found,) = [record for record in self.records if record.get("event") == event]
        return found


Program = Callable[..., Done]


@pytest.fixture(scope="module")
def emulator() -> Iterator[comfy_emulator.RunningServer]:
    """A server."""
    with comfy_emulator.running() as server:
        yield server


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without profiles and without anything in the environment; the directory of the profiles."""
    for name in [name for name in os.environ if name.startswith("COMFYUI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "config" / "comfy-facade"


@pytest.fixture
def program(emulator: comfy_emulator.RunningServer, capfd: pytest.CaptureFixture[str]) -> Program:
    """Runs the program in this process, at the emulated server."""

    def run(*arguments: str, url: str | None = emulator.url) -> Done:
        capfd.readouterr()
        code = main([*(["--url", url] if url else []), *arguments])
        said = capfd.readouterr()
        return Done(code, said.out, said.err)

    return run


def start(
    arguments: Sequence[str], *, environment: Mapping[str, str] | None = None, options: Sequence[str] = ()
) -> subprocess.Popen[str]:
    """Start the program as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", *options, *PROGRAM[1:], *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )


def written(prompt: Mapping[str, Any], name: str = "workflow.json") -> str:
    """Write a workflow into the working directory and give its path."""
    Path(name).write_text(json.dumps(prompt), encoding="utf-8")
    return name
