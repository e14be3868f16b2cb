"""The code blocks of `docs/browser.md` run where they are meant to run: in a page."""

from __future__ import annotations

from pathlib import Path

import browser_site
import pytest

import comfy_emulator
from tests.browser.chromium import Browser
from tests.browser.conftest import BUILD, InsidePage
from tests.test_documents import IN_A_PAGE, Block

DEFAULT_SERVER = "http://127.0.0.1:8188"


@pytest.mark.parametrize("block", [block for block in IN_A_PAGE if block.language == "python"], ids=str)
def test_python_block(block: Block, inside: InsidePage, emulator: comfy_emulator.RunningServer) -> None:
    code = f"import os\nos.environ['COMFYUI_URL'] = {emulator.url!r}\nwritten = []\n{_printing(block.text)}\n"
    assert inside.run(code + "'\\n'.join(written)").strip()


def _printing(text: str) -> str:
    return f"print = lambda *parts: written.append(' '.join(map(str, parts)))\n{text}"


@pytest.mark.parametrize("block", [block for block in IN_A_PAGE if block.language == "html"], ids=str)
def test_page_block(block: Block, browser: Browser, emulator: comfy_emulator.RunningServer, tmp_path: Path) -> None:
    assert DEFAULT_SERVER in block.text
    (tmp_path / "block.html").write_text(block.text.replace(DEFAULT_SERVER, emulator.url), encoding="utf-8")
    with browser_site.serving([BUILD / "site", tmp_path]) as url:
        page = browser.new_page()
        page.do("goto", f"{url}/block.html")
        page.until("document.querySelector('img')?.naturalWidth === 64")
        page.close()
