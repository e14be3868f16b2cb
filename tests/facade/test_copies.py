"""What a run gave goes to other processes as data: results and files do, clients and jobs say why they do not."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, ClientClosedError, ComfyUIApiClient, OutputFile, SyncOutputFile
from tests import prompts


async def test_results_survive_pickling_as_data(emulator: comfy_emulator.RunningServer, tmp_path: Path) -> None:
    async with AsyncComfyUIApiClient(url=emulator.url) as client:
        result = await client.run_prompt(prompts.two_images_and_text("hello"))
        same = pickle.loads(pickle.dumps(result))
        assert same == result
        assert [image.url for image in same.images] == [image.url for image in result.images]
        with pytest.raises(ClientClosedError, match=r"client\.download"):
            await same.images[0].read()
        with pytest.raises(ClientClosedError, match=r"client\.download"):
            await same.images[0].save(tmp_path)
        path = await client.download(same.images[0], tmp_path)
        assert path.read_bytes() == await result.images[0].read()


@pytest.mark.usefixtures("who_drives")
def test_results_of_the_synchronous_client_do_too(emulator: comfy_emulator.RunningServer, tmp_path: Path) -> None:
    with ComfyUIApiClient(url=emulator.url) as client:
        result = client.run_prompt(prompts.two_images_and_text("hello"))
        same = pickle.loads(pickle.dumps(result))
        assert same == result
        assert [image.url for image in same.images] == [image.url for image in result.images]
        with pytest.raises(ClientClosedError, match=r"client\.download"):
            same.images[0].read()
        with pytest.raises(ClientClosedError, match=r"client\.download"):
            same.images[0].save(tmp_path)
        assert same.images[0]._repr_html_()
        assert client.download(same.images[0], tmp_path).read_bytes() == result.images[0].read()


async def test_copies_within_the_process_can_still_be_read(emulator: comfy_emulator.RunningServer) -> None:
    async with AsyncComfyUIApiClient(url=emulator.url) as client:
        result = await client.run_prompt(prompts.two_images_and_text())
        for same in (copy.copy(result), copy.deepcopy(result)):
            assert same == result
            assert await same.images[0].read() == await result.images[0].read()
        assert copy.deepcopy(result).prompt is not result.prompt


@pytest.mark.usefixtures("who_drives")
def test_copies_of_the_synchronous_client_s_can_too(emulator: comfy_emulator.RunningServer) -> None:
    with ComfyUIApiClient(url=emulator.url) as client:
        result = client.run_prompt(prompts.two_images_and_text())
        for same in (copy.copy(result), copy.deepcopy(result)):
            assert same.images[0].read() == result.images[0].read()


@pytest.mark.parametrize("kind", [OutputFile, SyncOutputFile])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_field_survives(kind: type[OutputFile | SyncOutputFile], protocol: int) -> None:
    file = kind("a.webp", "sub", "temp", "7", "images", "Save", True, url="http://127.0.0.1:8188/view")
    same = pickle.loads(pickle.dumps(file, protocol))
    assert type(same) is kind
    assert same == file
    assert repr(same) == repr(file)


@pytest.mark.usefixtures("who_drives")
def test_clients_and_jobs_say_why_they_cannot_be_pickled(emulator: comfy_emulator.RunningServer) -> None:
    with ComfyUIApiClient(url=emulator.url) as client:
        job = client.submit(prompts.two_images_and_text())
        for what in (client, job, client.events()):
            with pytest.raises(TypeError, match="prompt_id"):
                pickle.dumps(what)
        job.result()
