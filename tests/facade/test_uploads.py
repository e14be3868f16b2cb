"""What can be uploaded: bytes of any kind, and Pillow's pictures of any mode."""

from __future__ import annotations

import io
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from PIL import Image

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient
from comfy_facade.uploads import UploadSource


async def uploaded(server: comfy_emulator.RunningServer, data: UploadSource) -> bytes:
    async with AsyncComfyUIApiClient(url=server.url, websocket=False) as client:
        file = await client.upload_image(data, "a.png")
        with TemporaryDirectory() as directory:
            return (await client.download(file, directory)).read_bytes()


@pytest.mark.parametrize(
    "data",
    [bytearray(b"\x01\x02\x03"), memoryview(b"\x01\x02\x03"), memoryview(b"\x01\0\x02\0\x03")[::2]],
    ids=["array", "view", "steps"],
)
async def test_bytes_of_any_kind_are_sent(emulator: comfy_emulator.RunningServer, data: Any) -> None:
    assert await uploaded(emulator, data) == b"\x01\x02\x03"


@pytest.mark.parametrize(
    ("mode", "held"),
    [
        *((mode, mode) for mode in ("1", "L", "LA", "I;16", "P", "RGB", "RGBA")),
        *((mode, "RGB") for mode in ("CMYK", "F", "HSV", "LAB", "RGBX", "YCbCr")),
        *((mode, "RGBA") for mode in ("PA", "RGBa")),
        *((mode, "I;16") for mode in ("I", "I;16B", "I;16L")),
        ("La", "LA"),
    ],
)
async def test_pictures_of_any_mode_are_sent(emulator: comfy_emulator.RunningServer, mode: str, held: str) -> None:
    picture = Image.new(mode, (3, 2), 7) if mode.startswith("I") else Image.new(mode, (3, 2))
    with Image.open(io.BytesIO(await uploaded(emulator, picture))) as back:
        assert (back.format, back.size) == ("PNG", (3, 2))
        # Older versions of Pillow read 16 bits into 32.
        assert back.mode in ({held, "I"} if held == "I;16" else {held})
        if mode.startswith("I"):
            assert back.getpixel((0, 0)) == 7
    assert picture.mode == mode


async def test_colours_stay_and_a_profile_that_no_longer_fits_goes(emulator: comfy_emulator.RunningServer) -> None:
    picture = Image.new("CMYK", (2, 2), (0, 255, 255, 0))
    picture.info["icc_profile"] = b"of a printer"
    with Image.open(io.BytesIO(await uploaded(emulator, picture))) as back:
        assert back.getpixel((0, 0)) == (255, 0, 0)
        assert "icc_profile" not in back.info
    assert "icc_profile" in picture.info
