"""The files of a result: each lies in a place of its own."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from PIL import Image

import comfy_emulator
from comfy_emulator import Ui
from comfy_fleet import AsyncFleet, FleetFile, StoreFailedError
from comfy_fleet.store import Store, checked

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


def kept_file(store: Store, data: bytes) -> FleetFile:
    written = store.write("a.mp4", data)
    return FleetFile("a.mp4", path="a.mp4", size=written.size, sha256=written.sha256, store=store)


@pytest.mark.parametrize("where", ["directory", "memory"])
async def test_saving_holds_no_whole_file_in_memory(where: str, tmp_path: Path) -> None:
    size = 64 * 2**20
    store = Store(tmp_path / "store" if where == "directory" else f"memory://{tmp_path.name}")
    file = kept_file(store, bytes(size))
    tracemalloc.start()
    try:
        saved = await file.save(tmp_path / "out" / "b.mp4")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < size / 3
    with saved.open("rb") as copy:
        assert hashlib.file_digest(copy, "sha256").hexdigest() == file.sha256
    # What is in memory outlives its test.
    store.write("a.mp4", b"")


async def test_a_file_without_a_suffix_is_kept(tmp_path: Path) -> None:
    def leave() -> Ui:
        (server.base_directory / "output" / "weights").write_bytes(b"0123")
        return Ui({"files": [{"filename": "weights", "subfolder": "", "type": "output"}]})

    with comfy_emulator.running(nodes=[leave]) as server:
        async with AsyncFleet.local([server.url], store=f"memory://{tmp_path.name}") as fleet:
            result = await fleet.run({"1": {"class_type": "leave", "inputs": {}}})
            (file,) = result.files
            assert (file.filename, await file.read()) == ("weights", b"0123")


@pytest.mark.parametrize("where", ["directory", "memory"])
@pytest.mark.parametrize("path", ["../a.mp4", "made/../../a.mp4", "/a.mp4"])
def test_no_path_leads_out_of_the_store(where: str, path: str, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"another's")
    store = Store(tmp_path / "store" if where == "directory" else f"memory://{tmp_path.name}")
    for use in (store.read, store.exists, lambda path: store.write(path, b""), lambda path: list(store.pieces(path))):
        with pytest.raises(StoreFailedError, match="leave the store"):
            use(path)
    assert (tmp_path / "a.mp4").read_bytes() == b"another's"


@pytest.mark.parametrize("path", ["..\\a.mp4", "made\\..\\..\\a.mp4", "\\a.mp4", "D:a.mp4", "D:\\a.mp4"])
def test_on_windows_no_drive_or_backslash_does_either(path: str) -> None:
    with pytest.raises(StoreFailedError, match="leave the store"):
        checked(path, PureWindowsPath)
    # Elsewhere they are characters like others.
    assert checked(path, PurePosixPath) == path


@pytest.mark.parametrize("where", ["directory", "memory"])
@pytest.mark.parametrize("size", [0, 5, 2**23, 2**23 + 1, 2**24])
async def test_saved_files_are_those_that_were_kept(where: str, size: int, tmp_path: Path) -> None:
    store = Store(tmp_path / "store" if where == "directory" else f"memory://{tmp_path.name}")
    file = kept_file(store, b"0123456" * (size // 7) + b"x" * (size % 7))
    assert (await file.save(tmp_path / "out.mp4")).read_bytes() == await file.read()


async def test_nothing_is_left_of_a_file_that_cannot_be_saved(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    file = kept_file(store, b"data")
    target = tmp_path / "out"
    target.mkdir()
    store.write("a.mp4", b"atad")
    with pytest.raises(StoreFailedError, match="not those"):
        await file.save(target)
    (tmp_path / "store" / "a.mp4").unlink()
    with pytest.raises(StoreFailedError, match="FileNotFoundError"):
        await file.save(target)
    assert list(target.iterdir()) == []
    # What fails where it is saved to is no fault of the store's.
    store.write("a.mp4", b"data")
    (target / "taken").write_bytes(b"")
    with pytest.raises(OSError, match="taken"):
        await file.save(target / "taken" / "b.mp4")
