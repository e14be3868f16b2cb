"""Outputs of every kind: what they are, which node made them, and images decoded where Pillow and numpy are there."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import comfy_emulator
from comfy_emulator import Ui
from comfy_facade import AsyncComfyUIApiClient, ComfyUIApiClient, StreamedImage
from comfy_facade.file_kinds import FileKind, kind_of_file
from comfy_facade.outputs import files_of
from tests import prompts


@pytest.mark.parametrize(
    ("filename", "output_name", "kind"),
    [
        ("a.PNG", "images", "image"),
        ("a.webp", "images", "image"),
        ("a.gif", "images", "animation"),
        ("a.mp4", "gifs", "video"),
        ("a.webm", "images", "video"),
        ("a.mkv", "video", "video"),
        ("a.flac", "audio", "audio"),
        ("a.opus", "audio", "audio"),
        ("a.glb", "3d", "3d"),
        ("a.obj", "result", "3d"),
        ("a.txt", "text", "text"),
        ("a.latent", "latents", "latent"),
        ("a.zip", "files", "other"),
        ("no suffix", "images", "image"),
        ("no suffix", "audio", "audio"),
        ("no suffix", "", "other"),
    ],
)
def test_kinds(filename: str, output_name: str, kind: FileKind) -> None:
    assert kind_of_file(filename, output_name) == kind


def test_images_that_move_are_told_from_others() -> None:
    images: Any = [{"filename": f"{name}.webp", "subfolder": "", "type": "output"} for name in "abc"]

    def kinds_of(*flags: bool) -> list[FileKind]:
        outputs: dict[str, dict[str, Any]] = {"1": {"images": images, "animated": list(flags)}}
        return [file.kind for file in files_of(outputs)]

    assert kinds_of(True, False, True) == ["animation", "image", "animation"]
    assert kinds_of(True) == ["animation"] * 3
    assert kinds_of() == ["image"] * 3


def test_files_name_their_node_and_directory() -> None:
    prompt: dict[str, Any] = {
        "1": {"class_type": "SaveImage", "inputs": {}, "_meta": {"title": "The final picture"}},
        "2": {"class_type": "PreviewImage", "inputs": {}},
    }
    made: dict[str, dict[str, Any]] = {
        "1": {"images": [{"filename": "a.png", "type": "output"}]},
        "2": {"images": [{"filename": "a.png", "type": "temp"}]},
        "2.0.0.1": {"images": [{"filename": "b.png", "type": "temp"}]},
        "9": {"odd_name": {"filename": "c.bin", "subfolder": None, "type": 5}},
    }
    files = list(files_of(made, prompt))
    assert [file.node_title for file in files] == ["The final picture", "PreviewImage", "PreviewImage", ""]
    assert [file.is_temporary for file in files] == [False, True, True, False]


@comfy_emulator.node(name="Everything")
def everything(seed: int = 0) -> Ui:
    def entry(name: str) -> dict[str, str]:
        return {"filename": name, "subfolder": "deep", "type": "output"}

    return Ui(
        {
            "images": [entry("a.webp")],
            "animated": [True],
            "gifs": [{**entry("b.mp4"), "format": "video/h264-mp4"}],
            "audio": [entry("c.flac")],
            "3d": [entry("d.glb")],
            "my_own_name": entry("e.safetensors"),
            "text": ["words"],
        }
    )


@pytest.mark.parametrize("version", comfy_emulator.VERSIONS)
def test_a_run_gives_all_of_them(version: str) -> None:
    with (
        comfy_emulator.running(nodes=[everything], version=version) as server,
        ComfyUIApiClient(url=server.url) as client,
    ):
        result = client.run_prompt(
            {"1": {"class_type": "Everything", "inputs": {"seed": 1}, "_meta": {"title": "All"}}}
        )
    kinds = [file.kind for file in result.files]
    assert kinds == ["animation", "video", "audio", "3d", "other"]
    assert {file.node_title for file in result.files} == {"All"}
    assert [image.filename for image in result.images] == ["a.webp"]
    assert list(result.texts) == ["words"]


async def test_images_are_decoded(tmp_path: Path) -> None:
    with comfy_emulator.running() as server:
        async with AsyncComfyUIApiClient(url=server.url) as client:
            result = await client.run_prompt(prompts.plain_image(0x102030))
            image = await result.images[0].to_pil()
            assert (image.size, image.getpixel((0, 0))) == ((16, 16), (0x10, 0x20, 0x30))
            pixels = await result.images[0].to_numpy()
            assert (pixels.shape, pixels.dtype.name, pixels[0, 0].tolist()) == ((16, 16, 3), "uint8", [16, 32, 48])
        with ComfyUIApiClient(url=server.url) as sync_client:
            sync_result = sync_client.run_prompt(prompts.over_websocket())
            (streamed,) = sync_result.streamed_images
            assert streamed.to_pil().size == (32, 32)
            assert streamed.to_numpy().shape == (32, 32, 3)
            path = streamed.save(tmp_path / "new" / "streamed.png")
            with Image.open(path) as saved:
                assert saved.size == (32, 32)
            file = sync_client.run_prompt(prompts.plain_image(5)).images[0]
            assert file.to_pil().size == (16, 16)
            assert file.to_numpy().shape == (16, 16, 3)


def test_streamed_images_survive_copying_and_pickling() -> None:
    image = StreamedImage(b"data", "7", "image/png")
    for other in (copy.copy(image), copy.deepcopy(image), pickle.loads(pickle.dumps(image))):
        assert (other, other.node_id, other.mime_type) == (image, "7", "image/png")
    assert repr(image) == "<StreamedImage image/png 4 bytes of node 7>"


@pytest.mark.parametrize(("missing", "package"), [("PIL", "Pillow"), ("numpy", "numpy")])
def test_what_is_not_installed_is_named(missing: str, package: str) -> None:
    script = (
        f"import sys; sys.modules[{missing!r}] = sys.modules[{missing + '.Image'!r}] = None\n"
        "from comfy_facade import StreamedImage\n"
        "try: StreamedImage(b'', '1', 'image/png').to_numpy()\n"
        "except ModuleNotFoundError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"this needs {package}, which is not installed: pip install {package}\n"
