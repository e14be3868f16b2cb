"""Workflows from the files that ComfyUI writes, whole or broken."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from comfy_facade import InvalidWorkflowError, Workflow
from tests.workflow import media_files
from tests.workflow.definitions import DEFINITIONS
from tests.workflow.interface_files import node, workflow
from tests.workflow.media_files import INTERFACE, PROMPT, SHORT, TEXTS


@pytest.mark.parametrize("make", media_files.MAKERS)
def test_files_that_comfyui_writes_load(make: Callable[[media_files.Texts], bytes], tmp_path: Path) -> None:
    content = make(SHORT if make is media_files.jpeg else TEXTS)
    (tmp_path / "file.bin").write_bytes(content)

    for source in (content, tmp_path / "file.bin"):
        loaded = Workflow.load(source)
        assert loaded.kind == "api"
        assert loaded.container
        assert loaded.to_prompt()["3"]["inputs"]["value"] == 5
        assert loaded.to_prompt()["3"]["inputs"]["text"] == "héllo ☃"
        assert (loaded.interface is not None) == (make is not media_files.jpeg)


def test_a_file_with_a_workflow_alone_is_of_the_interfaces_kind() -> None:
    loaded = Workflow.load(media_files.png_with_text({"workflow": TEXTS["workflow"]}))

    assert loaded.kind == "interface"
    assert loaded.to_prompt(DEFINITIONS)["3"]["inputs"]["value"] == 5


def test_one_broken_text_of_two_does_no_harm() -> None:
    assert Workflow.load(media_files.png_with_text({**TEXTS, "prompt": b"{"})).kind == "interface"


GOOD = media_files.png_chunk(b"tEXt", b"prompt\0" + TEXTS["prompt"])
ODD_EXIF = b"MM\0\x2a\0\0\xff\xff"
PARTLY_BROKEN = {
    "broken text of another name": media_files.png(GOOD, media_files.png_chunk(b"zTXt", b"other\0\0garbage")),
    "broken text of the other name": media_files.png(GOOD, media_files.png_chunk(b"zTXt", b"workflow\0\0garbage")),
    "broken text of the same name": media_files.png(media_files.png_chunk(b"zTXt", b"prompt\0\0garbage"), GOOD),
    "header cut short": media_files.png(media_files.png_chunk(b"iTXt", b"workflow\0\0"), GOOD),
    "odd EXIF behind": media_files.png(GOOD, media_files.png_chunk(b"eXIf", ODD_EXIF)),
    "odd EXIF before": media_files.png(media_files.png_chunk(b"eXIf", ODD_EXIF), GOOD),
    "cut off": media_files.png(GOOD, b"\0\0\1\0tEXtworkflow"),
    "size lie": media_files.png(GOOD, b"\xff\xff\xff\xfftEXtworkflow\0{}"),
    "endless chunks": media_files.png(GOOD, b"\0\0\0\0abcd\0\0\0\0" * 30_000),
    "odd EXIF of a WebP": media_files.webp(SHORT)[:12]
    + media_files.webp_with_exif(ODD_EXIF)[12:]
    + media_files.webp(SHORT)[12:],
    "odd EXIF of a JPEG": b"\xff\xd8\xff\xe1\0\x10Exif\0\0" + ODD_EXIF + media_files.jpeg(SHORT)[2:],
    "comment that lies": media_files.flac({**SHORT, "x": b"y" * 98}).replace(b"\x64\0\0\0x=", b"\xff\0\0\0x="),
}


@pytest.mark.parametrize("name", PARTLY_BROKEN)
def test_what_is_whole_in_a_broken_file_is_used(name: str) -> None:
    assert Workflow.load(PARTLY_BROKEN[name]).to_prompt() == PROMPT


@pytest.mark.parametrize("is_text", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        media_files.mp4_with_comment,
        media_files.mov_with_comment,
        lambda text: media_files.mp4({"comment": text}),
        lambda text: media_files.webm({"comment": text}),
        lambda text: media_files.webm({"title": b"{}", "comment": text}),
    ],
    ids=["MP4", "MOV", "MP4 with keys", "WebM", "WebM with a title"],
)
def test_both_may_be_in_the_comment_of_a_video(make: Callable[[bytes], bytes], is_text: bool) -> None:
    values: dict[str, Any] = {"prompt": PROMPT, "workflow": INTERFACE, "CreationTime": "2024-02-19 21:02:15"}
    comment = {**values, "prompt": json.dumps(PROMPT)} if is_text else values
    loaded = Workflow.load(make(json.dumps(comment).encode()))

    assert loaded.to_prompt() == PROMPT
    assert loaded.interface == INTERFACE


@pytest.mark.parametrize("comment", [b"", b"by hand", b"{", b"{}", b'{"prompt": null}', b"[1]", b"\xff", b"{" * 999])
def test_a_comment_may_say_anything(comment: bytes) -> None:
    assert Workflow.load(media_files.webm({"comment": comment, **TEXTS})).to_prompt() == PROMPT
    for make in (media_files.mp4_with_comment, media_files.mov_with_comment):
        with pytest.raises(InvalidWorkflowError):
            Workflow.load(make(comment))


@pytest.mark.parametrize("make", media_files.MAKERS)
def test_damaged_files_never_raise_anything_else(make: Callable[[media_files.Texts], bytes]) -> None:
    content = make({**SHORT, "workflow": json.dumps(workflow(node(3, "Number", [5]))).encode()})
    chance = random.Random(7)
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        damaged = damaged[: chance.randint(0, len(damaged))] if chance.random() < 0.3 else damaged
        try:
            Workflow.load(bytes(damaged))
        except InvalidWorkflowError:
            continue
