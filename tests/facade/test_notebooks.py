"""How results and progress show themselves in notebooks and plain terminals."""

from __future__ import annotations

import base64
import io
import os
import re
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, ComfyUIApiClient, FileReference, ProgressDisplay, RunProgress
from comfy_facade.notebook import Shown, data_url, file_html, result_html
from tests import prompts

PNG = b"\x89PNG\r\n\x1a\n"


def test_a_synchronous_result_shows_all_its_images_and_texts() -> None:
    with comfy_emulator.running() as server, ComfyUIApiClient(url=server.url) as client:
        result = client.run_prompt(prompts.two_images_and_text("<script>alert(1)</script>"))
        html = result._repr_html_()
        png = result.images[0]._repr_png_()
    embedded = [base64.b64decode(data) for data in re.findall(r'src="data:image/png;base64,([^"]+)"', html)]
    assert len(embedded) == 2
    assert png in embedded
    assert all(data.startswith(PNG) for data in embedded)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_images_from_the_socket_are_shown() -> None:
    with comfy_emulator.running() as server, ComfyUIApiClient(url=server.url) as client:
        result = client.run_prompt(prompts.over_websocket())
    assert result._repr_html_().count('src="data:image/') == 1
    assert set(result.streamed_images[0]._repr_mimebundle_()) == {"image/png", "text/plain"}


async def test_an_asynchronous_result_shows_addresses() -> None:
    with comfy_emulator.running() as server:
        async with AsyncComfyUIApiClient(url=server.url) as client:
            result = await client.run_prompt(prompts.one_image())
    assert result._repr_html_().count(f'<img src="{server.url}/api/view?') == 1
    assert "<img" in result.images[0]._repr_html_()


def test_a_server_that_is_gone_does_not_keep_results_from_showing() -> None:
    with comfy_emulator.running() as server, ComfyUIApiClient(url=server.url) as client:
        file = client.run_prompt(prompts.one_image()).images[0]
    assert file._repr_png_() is None
    assert server.url in (file._repr_html_() or "")


def test_nothing_of_a_server_becomes_markup() -> None:
    name = '"><img src=x onerror=alert(1)>.mp4'
    for suffix in ("", ".png", ".mp3", ".zip"):
        file = FileReference(name + suffix)
        html = file_html(Shown(file, "http://server/view?a=1&b=\"'<"))
        assert "<img src=x" not in html
        assert "\"'<" not in html
    assert "javascript:" not in file_html(Shown(FileReference("a.png"), "javascript:alert(1)"))
    page = result_html('"><b>', [], [b"<svg onload=alert(1)>"], ["</pre><script>"])
    assert "<b>" not in page
    assert "<svg" not in page
    assert "<script>" not in page


def test_what_is_large_is_linked_and_not_embedded() -> None:
    assert data_url(PNG + bytes(9 * 1024 * 1024)) is None
    assert (data_url(PNG) or "").startswith("data:image/png;base64,")


STEPS = [
    RunProgress(nodes_total=2),
    RunProgress(0.25, "1", "Sam\x1bpler", 5, 10, 0, 2, elapsed=2.0, remaining=6.0),
    RunProgress(0.5, "2", "Save <b>", 0, 0, 1, 2),
    RunProgress(1.0, None, None, 0, 0, 2, 2),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_line_that_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream, times = Terminal(), iter(range(100))
    display = ProgressDisplay(stream, clock=lambda: float(next(times)))
    for progress in STEPS:
        display(progress)
    lines = stream.getvalue().split("\r")[1:]
    assert (
        lines[1].rstrip() == "[#######.....................]  25% 2 s, 6 s left Sam\N{REPLACEMENT CHARACTER}pler 5/10"
    )
    assert lines[-1].startswith("[############################] 100%")
    assert stream.getvalue().count("\n") == 1


@pytest.mark.parametrize("columns", [1, 8, 20, 40, 80, 200])
def test_the_line_fits_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    stream, times = Terminal(), iter(range(100))
    display = ProgressDisplay(stream, clock=lambda: float(next(times)))
    long = RunProgress(0.25, "1", "A node of a long title " * 4, 12, 20, 1, 2, elapsed=123.0, remaining=456.0)
    for progress in [long, STEPS[0], long, STEPS[-1]]:
        display(progress)
    lines = stream.getvalue().removesuffix("\n").split("\r")[1:]
    assert max(map(len, lines)) < max(columns, 2)
    assert all(line.strip() for line in lines)
    if columns >= 80:
        assert lines[0].startswith("[##")
        assert "25% 123 s, 456 s left A node of a long title" in lines[0]
        assert lines[0].endswith(" 12/20")


def test_wide_characters_take_two_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    stream = Terminal()
    ProgressDisplay(stream)(RunProgress(0.25, "1", "放大图像" * 10, 0, 0, 1, 2, elapsed=1.0))
    line = stream.getvalue().removeprefix("\r")
    assert 48 <= sum(2 if char in "放大图像" else 1 for char in line) < 50


def test_the_stream_s_own_terminal_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    termios = pytest.importorskip("termios")
    monkeypatch.setenv("COLUMNS", "200")
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as stream, os.fdopen(ours, "rb") as reader:
        termios.tcsetwinsize(theirs, (24, 40))
        ProgressDisplay(stream)(RunProgress(0.25, "1", "A node of a long title " * 4, 12, 20, 1, 2))
        assert len(reader.read1().strip()) < 40


def test_a_log_gets_a_line_for_each_node() -> None:
    stream, times = io.StringIO(), iter(range(100))
    display = ProgressDisplay(stream, clock=lambda: float(next(times)))
    for progress in [*STEPS[:2], *STEPS[1:]]:
        display(progress)
    assert [line[5:] for line in stream.getvalue().splitlines()] == [
        "Sam\N{REPLACEMENT CHARACTER}pler",
        "Save <b>",
        "done",
    ]


def test_what_nobody_could_read_is_left_out() -> None:
    stream = Terminal()
    display = ProgressDisplay(stream, clock=lambda: 5.0)
    for progress in [STEPS[0], *[STEPS[1]] * 50, STEPS[-1]]:
        display(progress)
    assert stream.getvalue().count("\r") == 2


def test_a_notebook_gets_one_display_that_is_updated(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[str, dict[str, Any]]] = []
    handle = SimpleNamespace(update=lambda content, raw: shown.append(("update", content)))

    def display(content: dict[str, Any], *, raw: bool, display_id: bool) -> SimpleNamespace:
        shown.append(("display", content))
        return handle

    ipython, displays = ModuleType("IPython"), ModuleType("IPython.display")
    vars(ipython)["get_ipython"] = lambda: SimpleNamespace(kernel=object())
    vars(displays)["display"] = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", displays)
    times = iter(range(100))
    progress_display = ProgressDisplay(clock=lambda: float(next(times)))
    for progress in STEPS:
        progress_display(progress)
    assert [how for how, _ in shown] == ["display", "update", "update", "update"]
    assert shown[2][1]["text/html"].startswith('<progress value="0.5000" max="1"></progress>')
    assert "<b>" not in shown[2][1]["text/html"]


def test_it_works_as_a_callback() -> None:
    stream = Terminal()
    with comfy_emulator.running() as server, ComfyUIApiClient(url=server.url) as client:
        client.run_prompt(prompts.one_image(), on_progress=ProgressDisplay(stream))
    assert "100%" in stream.getvalue()
