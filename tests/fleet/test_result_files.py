"""The files of a result: each lies in a place of its own."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

import comfy_emulator
from comfy_emulator import Ui
from comfy_fleet import AsyncFleet

pytestmark = [pytest.mark.timeout(120)]


async def test_files_of_one_result_never_share_a_place(tmp_path: Path) -> None:
    # Alike but for the directory, for case and for how an accent is written; like those made apart; like a streamed
    # image's.
    names = ["x/a.png", "3-a.png", "y/a.png", "z/A.png", "4-a.png", "caf\u00e9.png", "z/cafe\u0301.png"]
    names += ["Streamed-1.png", "2-streamed-1.png"]
    colours = {name: (number, 0, 0) for number, name in enumerate(names)}

    def leave() -> Ui:
        output = server.base_directory / "output"
        for name, colour in colours.items():
            (output / name).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (4, 4), colour).save(output / name)
        parts = [name.rpartition("/") for name in names]
        return Ui({"images": [{"filename": name, "subfolder": folder, "type": "output"} for folder, _, name in parts]})

    prompt = {
        "1": {"class_type": "leave", "inputs": {}},
        "2": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 2, "color": 255}},
        "3": {"class_type": "ProbeWebsocketImage", "inputs": {"images": ["2", 0]}},
    }
    with comfy_emulator.running(nodes=[leave]) as server:
        async with AsyncFleet.local([server.url], store=tmp_path) as fleet:
            result = await fleet.run(prompt)
            assert [file.filename for file in result.files] == [name.rpartition("/")[2] for name in names]
            for file, colour in zip(result.files, colours.values(), strict=True):
                with Image.open(io.BytesIO(await file.read())) as image:
                    assert image.getpixel((0, 0)) == colour
            assert [image.to_pil().size for image in result.streamed_images] == [(8, 8), (8, 8)]
    kept = [path.name for path in (tmp_path / result.prompt_id).iterdir()]
    assert len({name.casefold() for name in kept}) == len(kept) == len(names) + 2
    # The first of a name keeps it.
    assert {"a.png", "3-a.png", "Streamed-1.png"} <= set(kept)
