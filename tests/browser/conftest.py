"""One browser and one page with Python for all tests here; the page takes seconds to begin and a moment to use."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import browser_site
import pytest

import comfy_emulator
from tests.browser.chromium import PATIENCE, Browser, Page, executable, running
from tests.servers import URL_VARIABLE, live_server

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "browser"
PAGES = Path(__file__).with_name("pages")
INSIDE = Path(__file__).with_name("inside.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave these tests to `make test-browser`, which brings what they need."""
    reason = "these run in a browser: make test-browser"
    for item in items:
        if Path(__file__).parent in item.path.parents:
            # Python takes its time to start in a page, above all while other programs want the same processors.
            item.add_marker(pytest.mark.timeout(2 * PATIENCE))
            if os.environ.get("BROWSER_TESTS") != "1":
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    chromium = executable()
    assert chromium is not None, "there is no Chromium here: install Debian's chromium, or name one by CHROMIUM"
    with running(chromium) as browser:
        yield browser


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the example's site, laid out by `make test-browser`, with the pages of these tests beside it."""
    with browser_site.serving([BUILD / "site", PAGES]) as url:
        yield url


class InsidePage:
    """A page with Python in which the functions of `inside.py` can be called."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def start(self, function: str, **given: Any) -> Future[Any]:
        """Call a function, and do not wait; the result is JSON text."""
        return self.page.start(
            "evaluate", f"() => ask('call', {json.dumps(function)}, {json.dumps(json.dumps(given))})"
        )

    def call(self, function: str, **given: Any) -> Any:
        """Call a function and wait for what it returns."""
        return self.result(self.start(function, **given))

    def call_plainly(self, function: str) -> Any:
        """Call a plain function where nothing can be waited for."""
        return json.loads(self.page.do("evaluate", f"() => ask('callPlainly', {json.dumps(function)})"))

    def run(self, code: str) -> Any:
        """Run a piece of code by itself, and give its last value."""
        return self.page.do("evaluate", f"() => ask('run', {json.dumps(code)})")

    @staticmethod
    def result(future: Future[Any]) -> Any:
        """Wait for what a function that was started returns."""
        return json.loads(future.result(PATIENCE))


@pytest.fixture(scope="session")
def inside(browser: Browser, site: str) -> InsidePage:
    """The page that the tests share."""
    page = browser.new_page()
    page.do("goto", f"{site}/harness.html")
    page.do("evaluate", f"() => ask('define', 'inside', {json.dumps(INSIDE.read_text(encoding='utf-8'))})")
    return InsidePage(page)


# Both generations of servers, and a real one where COMFYUI_URL names one that was started with --enable-cors-header.
OLDER = "0.3.64"
SERVERS = [*comfy_emulator.VERSIONS, *(["real"] if URL_VARIABLE in os.environ else [])]


@pytest.fixture
def emulator() -> Iterator[comfy_emulator.RunningServer]:
    """A server that lets in pages of any origin."""
    with comfy_emulator.running(allowed_origin="*") as server:
        yield server


@contextmanager
def address_of(name: str) -> Iterator[str]:
    """The address of a server of that name."""
    if name == "real":
        yield live_server().url
        return
    with comfy_emulator.running(version=name, allowed_origin="*") as server:
        yield server.url


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of each server in turn."""
    with address_of(request.param) as url:
        yield url
