"""Worker processes of the tests' own, started by the command line as a user would, and killed as nobody should."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from comfy_fleet import AsyncFleet

PATIENCE = 40.0
"""Seconds until a process that does not get ready, or a prompt that does not end, fails the test."""

VISIBILITY = 2.0
"""Seconds after which Redis gives back what a killed worker had."""

GRACE = 3.0
"""Seconds of silence after which workers take over what a dead one had."""


class WorkerProcess:
    """A worker; it may be killed and started again."""

    def __init__(
        self,
        url: str,
        *,
        broker: str,
        results: str,
        store: Path,
        name: str,
        tags: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        self.name = name
        self.log = store / f"{name}.log"
        self._environment = {
            **os.environ,
            "COMFYUI_URL": url,
            # Out of the process list, as the guide says.
            "COMFY_FLEET_BROKER": broker,
            "COMFY_FLEET_RESULTS": results,
            "COMFY_FLEET_STORE": str(store),
            "PYTHONUNBUFFERED": "1",
            **(environment or {}),
        }
        values = {"grace": GRACE, "visibility": VISIBILITY, "lost-after": 2, "drain": 5, **options}
        self._command = [sys.executable, "-m", "comfy_facade.cli", "fleet", "worker", "--name", name]
        self._command += [word for tag in tags for word in ("--tag", tag)]
        self._command += [word for option, value in values.items() for word in (f"--{option}", str(value))]
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0

    def start(self, *, is_awaited: bool = True) -> None:
        """Start it, and wait until it takes prompts."""
        self._read = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        if is_awaited:
            self.wait_for(f"worker {self.name} is ready")

    def wait_for(self, text: str) -> None:
        """Wait until it logs something after its last start."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.text():
            assert self._process is None or self._process.poll() is None, self.text()
            assert time.monotonic() < deadline, f"{text!r} was not logged:\n{self.text()}"
            time.sleep(0.05)

    def text(self) -> str:
        """What it logged since its last start."""
        return self.log.read_bytes()[self._read :].decode(errors="replace")

    def kill(self) -> None:
        """Kill it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None

    def stop(self) -> int:
        """Tell it to stop, and wait until it has."""
        return self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code = self._process.wait(PATIENCE)
        self._process = None
        return code


class Place:
    """A broker, a result backend and a store, and what runs on them."""

    def __init__(self, broker: str, results: str, store: Path) -> None:
        self.broker = broker
        self.results = results
        self.store = store
        self._workers: list[WorkerProcess] = []
        self._numbers = 0

    def fleet(self, **options: Any) -> AsyncFleet:
        """A fleet on this place."""
        return AsyncFleet(self.broker, self.results, self.store, visibility_timeout=VISIBILITY, **options)

    def tag(self) -> str:
        """A tag that no other test has, so that tests share a broker without sharing workers."""
        self._numbers += 1
        return f"tag{self._numbers}"

    def worker(self, url: str, *, name: str, **options: Any) -> WorkerProcess:
        """A worker that is not started yet; it is killed in the end."""
        settings = {"broker": self.broker, "results": self.results, "store": self.store, **options}
        worker = WorkerProcess(url, name=name, **settings)
        self._workers.append(worker)
        return worker

    @contextlib.contextmanager
    def working(self, *workers: WorkerProcess) -> Iterator[None]:
        """Let workers work for as long as the block lasts; they start at the same time."""
        try:
            _start(workers)
            yield
        finally:
            for worker in workers:
                worker.kill()

    @contextlib.asynccontextmanager
    async def at_work(self, *workers: WorkerProcess) -> AsyncIterator[None]:
        """The same for a test that runs beside others."""
        try:
            await asyncio.to_thread(_start, workers)
            yield
        finally:
            for worker in workers:
                await asyncio.to_thread(worker.kill)

    def close(self) -> None:
        """Kill what is left."""
        for worker in self._workers:
            worker.kill()


def _start(workers: Sequence[WorkerProcess]) -> None:
    for worker in workers:
        worker.start(is_awaited=False)
    for worker in workers:
        worker.wait_for(f"worker {worker.name} is ready")
