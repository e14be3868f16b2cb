"""Chromium, driven from Python through a program in Node, since Playwright's driver is to be had there."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TOOLS = Path(__file__).with_name("tools")
PATIENCE = 240.0
"""Seconds for one action of a page: a busy machine may take long to start Python in it."""


def executable() -> str | None:
    """The Chromium of this machine, or the one that `CHROMIUM` names."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def _fields(pid: int) -> list[int]:
    """What Linux tells of a process after its name, numbers only: the 12th to 15th are times, children included."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return []
    return [int(part) if part.lstrip("-").isdigit() else 0 for part in text.rpartition(")")[2].split()]


def _family(pid: int) -> Iterator[int]:
    yield pid
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = path.read_text(encoding="utf-8").split()
        except OSError:
            continue
        for child in children:
            yield from _family(int(child))


class BrowserError(Exception):
    """What Playwright, or the page, said of an action."""


class Browser:
    """A running browser."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[Any]] = {0: Future()}
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.version: str = self._waiting[0].result(PATIENCE)
        self.pid = process.pid

    def start(self, on: str, action: str, *values: Any) -> Future[Any]:
        """Ask for an action without waiting for it."""
        future: Future[Any] = Future()
        assert self._process.stdin is not None
        with self._lock:
            number = next(self._numbers)
            self._waiting[number] = future
            self._process.stdin.write(json.dumps({"id": number, "on": on, "do": action, "with": values}) + "\n")
            self._process.stdin.flush()
        return future

    def do(self, on: str, action: str, *values: Any) -> Any:
        """Ask for an action and wait for what it gives."""
        return self.start(on, action, *values).result(PATIENCE)

    def new_page(self, **options: Any) -> Page:
        """Open a page with an empty cache of its own."""
        return Page(self, self.do("browser", "newPage", options))

    def processor_seconds(self) -> float:
        """The time that the browser's processes have computed so far, those that ended among them."""
        if sys.platform != "linux":
            raise NotImplementedError
        ticks = sum(sum(_fields(pid)[11:15]) for pid in _family(self.pid))
        return ticks / os.sysconf("SC_CLK_TCK")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            future = self._waiting[answer["id"]]
            if "error" in answer:
                future.set_exception(BrowserError(answer["error"]))
            else:
                future.set_result(answer["value"])
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(BrowserError("the browser ended"))


class Page:
    """A page of a browser; its methods are Playwright's."""

    def __init__(self, browser: Browser, name: str) -> None:
        self._browser = browser
        self._name = name

    def do(self, action: str, *values: Any) -> Any:
        """Do what Playwright's page has under a name, `click` say."""
        return self._browser.do(self._name, action, *values)

    def start(self, action: str, *values: Any) -> Future[Any]:
        """The same, without waiting."""
        return self._browser.start(self._name, action, *values)

    def until(self, condition: str) -> None:
        """Wait until an expression in JavaScript holds."""
        self.do("waitForFunction", f"() => {condition}", None, {"timeout": PATIENCE * 1000})

    def text(self, selector: str) -> str:
        """The text of an element."""
        return str(self.do("textContent", selector)).strip()

    def said(self) -> list[str]:
        """What the page wrote to its console, uncaught errors included."""
        found: list[str] = self.do("said")
        return found

    def screenshot(self, path: Path) -> None:
        """Keep a picture of the whole page."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.do("screenshot", {"path": str(path), "fullPage": True})

    def close(self) -> None:
        """Close it."""
        self.do("close")


@contextmanager
def running(chromium: str) -> Iterator[Browser]:
    """A browser, for as long as the block lasts."""
    command = ["node", str(TOOLS / "driver.mjs"), chromium]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Browser(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
