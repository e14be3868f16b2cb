"""A server that names files so that they would be written somewhere else: nothing leaves the directory."""

from __future__ import annotations

import json
import os
import sys
import threading
import unicodedata
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy_facade import ComfyUIApiClient, FileReference, PromptResult, SyncOutputFile, UnsafePathError
from comfy_facade.cli import main
from comfy_facade.saving import free_path, safe_name, target_path

CONTENT = b"from the hostile server"
PROMPT_ID = "5f0f38b9-3b0f-4f5c-9d0a-0a2c5c1d9d11"

REFUSED = [
    "../../x",
    "..",
    ".",
    "/etc/cron.d/x",
    "a/b.png",
    "..\\x",
    "\\\\server\\share\\x",
    "C:\\x.png",
    "C:x.png",
    "file.png:stream",
    "a\0b.png",
    "\ud800.png",
]
CHANGED = [
    "NUL",
    "con.png",
    "Com1.tar.gz",
    "LPT\N{SUPERSCRIPT ONE}.txt",
    "aux .png",
    ".bashrc",
    ".ssh",
    "...png",
    "trailing. . ",
    "line\nbreak.png",
    "escape\x1b[2J.png",
    "photo\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "x" * 4000 + ".png",
    "\N{SNOWMAN}" * 4000,
    "a." + "b" * 4000,
]
KEPT = ["ComfyUI_00001_.png", "héllo ☃ (1).webp", "no suffix", "a..b.png", "-rf", "nullable.png", "console.log"]


class Hostile(BaseHTTPRequestHandler):
    """Gives every file it named, and named them as the test wants."""

    names: list[str]

    def do_GET(self) -> None:
        if self.path.startswith("/api/history"):
            files = [{"filename": name, "subfolder": "", "type": "output"} for name in self.names]
            entry = {
                "prompt": [1, PROMPT_ID, {"9": {"class_type": "SaveImage", "inputs": {}}}, {}, ["9"]],
                "outputs": {"9": {"images": files}},
                "status": {"status_str": "success", "completed": True, "messages": []},
            }
            self._answer(json.dumps({PROMPT_ID: entry}).encode(), "application/json")
        elif self.path.startswith("/api/view"):
            self._answer(CONTENT, "image/png")
        else:
            self._answer(b'{"queue_running": [], "queue_pending": []}', "application/json")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Disposition", 'attachment; filename="../../elsewhere"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        return


@pytest.fixture
def hostile() -> Iterator[str]:
    """The server's address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hostile) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """The directory that files are saved to, in one that must not change."""
    directory = tmp_path / "outside" / "inside"
    directory.mkdir(parents=True)
    return directory


def result_of(url: str, *names: str) -> tuple[ComfyUIApiClient, PromptResult[SyncOutputFile]]:
    Hostile.names = list(names)
    client = ComfyUIApiClient(url=url, websocket=False)
    return client, client.get_prompt_result(PROMPT_ID)


def everything(directory: Path) -> set[Path]:
    return {path.relative_to(directory) for path in directory.rglob("*")}


def test_names_that_would_lead_out_are_refused(hostile: str, inside: Path) -> None:
    client, result = result_of(hostile, *REFUSED)
    with client:
        for file in result.files:
            with pytest.raises(UnsafePathError) as caught:
                file.save(inside)
            assert caught.value.filename == file.filename
            with pytest.raises(UnsafePathError):
                client.download(file, f"{inside}/")
        assert len(result.files) == len(REFUSED)
    assert everything(inside.parent) == {Path("inside")}


def test_names_that_are_merely_unfit_are_made_safe(hostile: str, inside: Path) -> None:
    client, result = result_of(hostile, *CHANGED)
    with client:
        saved = [file.save(inside) for file in result.files]
    assert [path.read_bytes() for path in saved] == [CONTENT] * len(CHANGED)
    assert {path.parent for path in saved} == {inside}
    assert len(set(saved)) == len(CHANGED)
    assert everything(inside.parent) == {Path("inside"), *(Path("inside") / path.name for path in saved)}
    for path in saved:
        assert path.name.isprintable()
        assert not path.name.startswith(".")
        assert len(os.fsencode(path.name)) <= 255


def test_ordinary_names_stay(hostile: str, inside: Path) -> None:
    client, result = result_of(hostile, *KEPT)
    with client:
        assert [file.save(inside).name for file in result.files] == KEPT


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_in_the_way_is_replaced_and_not_followed(hostile: str, inside: Path) -> None:
    victim = inside.parent / "victim"
    victim.write_text("precious", encoding="utf-8")
    (inside / "a.png").symlink_to(victim)
    (inside / "b.png").symlink_to(inside.parent / "not there")
    client, result = result_of(hostile, "a.png", "b.png")
    with client:
        saved = [file.save(inside) for file in result.files]
    assert victim.read_text(encoding="utf-8") == "precious"
    assert not (inside.parent / "not there").exists()
    assert [path.is_symlink() for path in saved] == [False, False]
    assert [path.read_bytes() for path in saved] == [CONTENT] * 2


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_free_name_is_not_that_of_a_dangling_link(inside: Path) -> None:
    (inside / "a.png").symlink_to(inside.parent / "not there")
    assert free_path(inside, "a.png") == inside / "a (2).png"


def test_a_directory_in_the_way_is_no_way_in(hostile: str, inside: Path) -> None:
    (inside / "a.png").mkdir()
    client, result = result_of(hostile, "a.png")
    with client, pytest.raises(OSError, match=r"a\.png"):
        result.files[0].save(inside)
    assert everything(inside) == {Path("a.png")}


def test_the_command_line_stays_inside_too(
    hostile: str, inside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMFYUI_CONFIG", str(inside.parent / "none.toml"))
    for name in REFUSED:
        Hostile.names = [name]
        assert main(["wait", PROMPT_ID, "-o", str(inside), "--url", hostile]) == 1
    Hostile.names = CHANGED
    assert main(["wait", PROMPT_ID, "-o", str(inside), "--url", hostile]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(CHANGED)
    assert len(list(inside.iterdir())) == len(CHANGED)
    assert [path.name for path in inside.parent.iterdir()] == ["inside"]


@given(st.text(max_size=400) | st.sampled_from(REFUSED + CHANGED))
def test_whatever_the_name_it_is_refused_or_stays_inside(name: str) -> None:
    try:
        path = target_path(name, "directory/")
    except UnsafePathError:
        return
    assert path.parent == Path("directory")
    assert path.name == safe_name(name)
    assert len(os.fsencode(path.name)) <= 220
    assert not any(unicodedata.category(char).startswith("C") for char in path.name)


def test_references_made_by_hand_are_treated_alike(hostile: str, inside: Path) -> None:
    with ComfyUIApiClient(url=hostile, websocket=False) as client:
        with pytest.raises(UnsafePathError):
            client.download(FileReference("../x", "../..", "output"), inside)
        with pytest.raises(UnsafePathError):
            client.download({"filename": "/etc/x"}, inside)
        assert client.download({"filename": "../x"}, inside / "mine.png") == inside / "mine.png"
