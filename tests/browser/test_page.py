"""The example page, used as its visitors use it; what it looks like is kept in `build/browser/screenshots`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import comfy_emulator
from benchmarks.surroundings import load
from comfy_emulator import FailNode
from tests import prompts
from tests.browser.chromium import Browser, Page
from tests.browser.conftest import BUILD
from tests.chaos.proxy import proxied

WIDE = {"width": 1280, "height": 860}
NARROW = {"width": 360, "height": 740}
READY = "document.querySelector('#server-state').classList.contains('good')"
IDLE = "document.querySelector('#cancel').disabled"
DONE = f"{IDLE} && document.querySelector('#step').textContent.startsWith('Done')"


class Visit:
    """The example, opened in a page of its own."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, site: str, server: str) -> None:
        """Open it for a server and wait until it can be used."""
        self.page.do("goto", f"{site}/?server={server}")
        self.page.until(f"{READY} || !document.querySelector('#error').hidden")

    def connect(self, server: str) -> None:
        """Leave the server for another one."""
        self.page.do("fill", "#server", server)
        self.page.do("press", "#server", "Enter")
        self.page.until(f"{READY} && document.querySelector('#server-state').textContent.includes('{server}')")

    def choose(self, workflow: str) -> None:
        """Choose a workflow of the page's own."""
        self.page.do("selectOption", "#workflow", workflow)
        self.page.until(f"document.querySelector('#form').dataset.open === '{workflow}'")

    def press(self, keys: str) -> None:
        self.page.do("press", "body", keys)

    def value(self, expression: str) -> Any:
        return self.page.do("evaluate", f"() => {expression}")

    def screenshot(self, name: str) -> None:
        self.page.screenshot(BUILD / "screenshots" / f"{name}.png")

    def pictures(self) -> int:
        return int(self.value("document.querySelectorAll('#pictures img').length"))


@pytest.fixture(scope="module")
def server() -> Iterator[comfy_emulator.RunningServer]:
    """A server whose steps can be watched."""
    with comfy_emulator.running(latency=0.05, allowed_origin="*") as server:
        yield server


@pytest.fixture(scope="module")
def opened(browser: Browser, site: str, server: comfy_emulator.RunningServer) -> Iterator[Visit]:
    """A visit that these tests share; how long it took to begin, with a cold cache, is kept and not judged."""
    page = browser.new_page(viewport=WIDE, colorScheme="dark")
    before = browser.processor_seconds()
    visit = Visit(page)
    visit.open(site, server.url)
    told = {
        "ready_ms": round(visit.value("window.studioPage.ready")),
        "processor_seconds": round(browser.processor_seconds() - before, 1),
        "load_average": load(),
    }
    (BUILD / "start.json").write_text(json.dumps(told) + "\n", encoding="utf-8")
    visit.screenshot("1-ready")
    yield visit
    page.close()


@pytest.fixture
def visit(opened: Visit, server: comfy_emulator.RunningServer) -> Visit:
    """The visit, back where it began."""
    opened.page.do("setViewportSize", WIDE)
    opened.connect(server.url)
    opened.choose("text_to_image.json")
    opened.page.do("check", "#random")
    return opened


def test_a_visitor_sees_a_run_grow_and_cancels_it(visit: Visit) -> None:
    # Nearly half a minute, if nobody ended it: time enough to look.
    with comfy_emulator.running(latency=1.0, allowed_origin="*") as server:
        visit.connect(server.url)
        assert "0.33.0" in visit.page.text("#server-state")
        visit.page.do("fill", "#texts textarea", "a harbour in the fog")
        visit.press("Control+Enter")
        visit.page.until("window.studioPage.previews > 1 && document.querySelector('#progress').value > 0")
        visit.screenshot("2-running")
        assert "step" in visit.page.text("#step")
        visit.press("Escape")
        visit.page.until(f"{IDLE} && !document.querySelector('#error').hidden")
        assert visit.page.text("#error-title") == "Cancelled"


def test_a_visitor_runs_a_workflow_to_its_pictures(visit: Visit) -> None:
    before = visit.pictures()
    visit.press("Control+Enter")
    visit.page.until(DONE)
    visit.page.until(f"document.querySelectorAll('#pictures img').length === {before + 2}")
    visit.page.until("[...document.querySelectorAll('#pictures img')].every((image) => image.naturalWidth > 0)")
    assert visit.value("document.querySelector('#progress').value") == 1
    assert visit.value("document.querySelector('#live').textContent") == "Done, 2 pictures"
    visit.screenshot("3-done")


def test_the_seed_that_is_given_is_the_seed_that_runs(visit: Visit) -> None:
    visit.page.do("uncheck", "#random")
    visit.page.do("fill", "#seed", str(2**64 - 1))
    visit.page.do("click", "#run")
    visit.page.until(DONE)
    assert visit.value("document.querySelector('#seed').value") == str(2**64 - 1)


def test_a_run_survives_a_cut_socket(visit: Visit, server: comfy_emulator.RunningServer) -> None:
    before = visit.pictures()
    with proxied(server.url) as proxy:
        visit.connect(proxy.url)
        proxy.cut_at_event(9)
        visit.page.do("click", "#run")
        visit.page.until(DONE)
        visit.page.until(f"document.querySelectorAll('#pictures img').length === {before + 2}")
        assert proxy.cut_at is not None
        visit.screenshot("4-after-a-cut")
        assert proxy.websockets_opened >= 2
        visit.connect(server.url)


def test_a_failing_node_is_told_in_words(visit: Visit, server: comfy_emulator.RunningServer) -> None:
    server.script(FailNode(node="3", message="the paint ran out"))
    visit.page.do("click", "#run")
    visit.page.until("!document.querySelector('#error').hidden")
    assert visit.page.text("#error-title") == "KSampler failed (node 3)"
    assert "the paint ran out" in visit.page.text("#error-text")
    assert "Traceback" in visit.page.text("#error-trace") or "File" in visit.page.text("#error-trace")
    assert visit.value("document.activeElement.id") == "error"
    visit.screenshot("5-a-node-fails")


def test_a_refused_workflow_is_told_in_words(visit: Visit, tmp_path: Path) -> None:
    workflow = prompts.plain_image()
    workflow["1"]["inputs"]["width"] = -5
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(workflow), encoding="utf-8")
    visit.page.do("selectOption", "#workflow", "own file")
    visit.page.until("document.querySelector('#run').disabled")
    visit.page.do("setInputFiles", "#file", str(path))
    visit.page.until("!document.querySelector('#run').disabled")
    visit.page.do("click", "#run")
    visit.page.until("!document.querySelector('#error').hidden")
    assert visit.page.text("#error-title") == "The server refused this workflow"
    assert "node 1 (EmptyImage)" in visit.page.text("#error-list")
    visit.screenshot("6-refused")


def test_everything_fits_a_narrow_screen(visit: Visit) -> None:
    visit.page.do("setViewportSize", NARROW)
    visit.page.do("emulateMedia", {"colorScheme": "light"})
    visit.choose("plain_colour.json")
    visit.page.do("click", "#run")
    visit.page.until(DONE)
    assert visit.value("document.documentElement.scrollWidth <= window.innerWidth")
    visit.screenshot("7-narrow")


def test_every_field_has_a_name_and_the_keyboard_reaches_it(visit: Visit) -> None:
    nameless = visit.value(
        "[...document.querySelectorAll('input, select, textarea, button, progress')]"
        ".filter((field) => !field.labels?.length && !field.textContent.trim() && !field.ariaLabel)"
        ".map((field) => field.id)"
    )
    assert nameless == []
    visit.page.do("focus", "#server")
    reached = []
    for _ in range(6):
        visit.page.do("press", ":focus", "Tab")
        reached.append(visit.value("document.activeElement.id"))
    assert [name for name in ("connect", "workflow", "run") if name in reached] == ["connect", "workflow", "run"]


def test_a_server_that_is_not_there_is_told_in_words(visit: Visit) -> None:
    visit.page.do("fill", "#server", "http://127.0.0.1:9")
    visit.page.do("click", "#connect")
    visit.page.until("document.querySelector('#server-state').classList.contains('bad')")
    assert "cannot reach ComfyUI at http://127.0.0.1:9" in visit.page.text("#error-text")
    visit.screenshot("8-no-server")


def test_nothing_went_wrong_unseen(visit: Visit) -> None:
    bad = [line for line in visit.page.said() if line.startswith("uncaught")]
    assert bad == []
