"""The client's methods beside runs, on any server."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from comfy_facade import (
    AlreadyExistsError,
    AsyncComfyUIApiClient,
    FileReference,
    NotFoundError,
    UnexpectedResponseError,
    UploadTooLargeError,
)
from tests import prompts
from tests.servers import ServerUnderTest

ODD_NAMES = [
    "plain.json",
    "with space.json",
    "é ☃.json",
    "100%.json",
    "a#b?c.json",
    "one+two.json",
    "percent%2Fslash.json",
    "deep/er/still.json",
    "semi;colon,comma&and=.json",
]


def png(color: int = 0, size: int = 8) -> bytes:
    """A small picture with an alpha channel."""
    file = io.BytesIO()
    Image.new("RGBA", (size, size), (color % 256, 40, 80, 255)).save(file, format="PNG")
    return file.getvalue()


class MethodBehaviour:
    """Every documented method that is no run."""

    @pytest.fixture
    async def client(self, server: ServerUnderTest) -> AsyncIterator[AsyncComfyUIApiClient]:
        async with AsyncComfyUIApiClient(url=server.url, websocket=False) as client:
            yield client

    async def test_system_stats_and_features(self, client: AsyncComfyUIApiClient, server: ServerUnderTest) -> None:
        stats = await client.get_system_stats()
        assert stats.system.comfyui_version == server.version
        assert stats.devices[0].type_ == "cpu"
        features = await client.get_features()
        assert features.max_upload_size == 100 * 1024 * 1024

    async def test_lists(self, client: AsyncComfyUIApiClient) -> None:
        assert all(path.endswith(".js") for path in await client.get_extensions())
        assert await client.get_embeddings() == []
        assert "euler" in await client.get_samplers()
        assert "normal" in await client.get_schedulers()
        for models in (
            await client.get_sd_models(),
            await client.get_loras(),
            await client.get_vaes(),
            await client.get_cnet_models(),
            await client.get_upscale_models(),
            await client.get_hypernetworks(),
        ):
            assert all(isinstance(model, str) for model in models)

    async def test_models(self, client: AsyncComfyUIApiClient) -> None:
        folders = await client.get_model_folders()
        assert {"checkpoints", "loras", "vae"} <= set(folders)
        assert await client.get_models("checkpoints") == await client.get_sd_models()
        with pytest.raises(NotFoundError):
            await client.get_models("no-such-folder")
        with pytest.raises(NotFoundError):
            await client.view_metadata("checkpoints", "no-such-model.safetensors")

    async def test_node_definitions(self, client: AsyncComfyUIApiClient) -> None:
        definitions = await client.get_node_defs()
        sampler = definitions["KSampler"]
        assert (sampler.name, sampler.is_output) == ("KSampler", False)
        seed = sampler.inputs["seed"]
        assert (seed.type, seed.required, seed.default) == ("INT", True, 0)
        assert seed.options["max"] == 2**64 - 1
        assert sampler.inputs["sampler_name"].type == "COMBO"
        assert list(sampler.inputs["sampler_name"].choices) == await client.get_samplers()
        assert [(output.name, output.type) for output in sampler.outputs] == [("LATENT", "LATENT")]
        assert definitions["SaveImage"].is_output
        assert "NoSuchNode" not in definitions
        prompt = prompts.one_image()
        seeds = client.randomize_prompt(prompt)
        assert prompt["1"]["inputs"]["seed"] == seeds["1", "seed"]

    async def test_settings(self, client: AsyncComfyUIApiClient) -> None:
        name = f"Suite.{uuid.uuid4().hex}"
        values: list[Any] = [1, "two", None, True, [1, {"x": None}], {"y": 2.5}, "", 0]
        for value in values:
            await client.store_setting(name, value)
            assert await client.get_setting(name) == value
        await client.store_settings({f"{name}.a": 1, f"{name}.b": {"c": []}})
        settings = await client.get_settings()
        assert (settings[name], settings[f"{name}.a"], settings[f"{name}.b"]) == (0, 1, {"c": []})
        assert await client.get_setting(f"{name}.unknown") is None

    @pytest.mark.parametrize("name", ODD_NAMES)
    async def test_user_data_under_any_name(self, client: AsyncComfyUIApiClient, name: str) -> None:
        folder = f"suite-{uuid.uuid4().hex}"
        file, content = f"{folder}/{name}", json.dumps({"name": name}).encode()
        stored = await client.store_user_data(file, content)
        assert stored.path == file
        assert await client.get_user_data(file) == content
        assert await client.list_user_data(folder, recurse=True) == [name]
        (info,) = await client.list_user_data(folder, recurse=True, full_info=True)
        assert (info.path, info.size) == (name, len(content))
        assert await client.list_user_data(folder, recurse=True, split=True) == [[name, *name.split("/")]]
        moved = await client.move_user_data(file, f"{folder}/moved {name}")
        assert await client.get_user_data(moved.path) == content
        with pytest.raises(NotFoundError):
            await client.get_user_data(file)
        await client.delete_user_data(moved.path)
        with pytest.raises(NotFoundError):
            await client.delete_user_data(moved.path)

    async def test_user_data_is_kept_where_it_shall_be(self, client: AsyncComfyUIApiClient) -> None:
        folder = f"suite-{uuid.uuid4().hex}"
        await client.store_user_data(f"{folder}/a.txt", "one ☃")
        await client.store_user_data(f"{folder}/b.txt", "two")
        with pytest.raises(AlreadyExistsError):
            await client.store_user_data(f"{folder}/a.txt", "three", overwrite=False)
        with pytest.raises(AlreadyExistsError):
            await client.move_user_data(f"{folder}/a.txt", f"{folder}/b.txt", overwrite=False)
        assert await client.get_user_data(f"{folder}/a.txt") == "one ☃".encode()
        await client.move_user_data(f"{folder}/a.txt", f"{folder}/b.txt")
        assert await client.list_user_data(folder) == ["b.txt"]
        await client.delete_user_data(f"{folder}/b.txt")
        with pytest.raises(NotFoundError):
            await client.list_user_data(f"{folder}-none")

    async def test_users(self, client: AsyncComfyUIApiClient) -> None:
        config = await client.get_user_config()
        assert config.storage == "server"

    async def test_queue_and_history_are_emptied(self, client: AsyncComfyUIApiClient) -> None:
        running = await client.queue_prompt(
            0, prompt=prompts.one_image(count=80, delay_ms=10, seed=uuid.uuid4().int % 10**9)
        )
        pending = [await client.queue_prompt(0, prompt=prompts.one_image()) for _ in range(3)]
        await client.delete_item("queue", pending[1].prompt_id)
        left = [item.prompt_id for item in (await client.get_items("queue")).pending]
        assert left == [pending[0].prompt_id, pending[2].prompt_id]
        await client.clear_items("queue")
        assert (await client.get_items("queue")).pending == ()
        await client.wait_for_prompt(running.prompt_id, timeout=20)
        assert running.prompt_id in await client.get_items("history")
        await client.delete_item("history", running.prompt_id)
        assert running.prompt_id not in await client.get_items("history")
        await client.clear_items("history")
        assert len(await client.get_history()) == 0

    async def test_the_history_is_paged(self, client: AsyncComfyUIApiClient) -> None:
        queued = [await client.queue_prompt(0, prompt=prompts.one_image()) for _ in range(3)]
        for prompt in queued:
            await client.wait_for_prompt(prompt.prompt_id, timeout=20)
        assert list(await client.get_history(2)) == [prompt.prompt_id for prompt in queued[1:]]
        assert len(await client.get_history(1, offset=0)) == 1

    async def test_logs(self, client: AsyncComfyUIApiClient) -> None:
        assert "\n" in await client.get_logs()

    async def test_memory_is_freed(self, client: AsyncComfyUIApiClient) -> None:
        await client.free(unload_models=True, free_memory=True)

    async def test_uploads_from_anything(self, client: AsyncComfyUIApiClient, tmp_path: Path) -> None:
        name = f"suite {uuid.uuid4().hex} é.png"
        data = png()
        path = tmp_path / name
        path.write_bytes(data)
        first = await client.upload_image(path)
        assert (first.filename, first.subfolder, first.type) == (name, "", "input")
        assert await client.upload_image(data, name) == first
        assert await client.upload_image(io.BytesIO(data), name) == first
        with path.open("rb") as file:
            assert await client.upload_image(file, name) == first
        other = await client.upload_image(png(color=200), name)
        assert other.filename != name
        picture = Image.open(io.BytesIO(data))
        pillow = await client.upload_image(picture, name, subfolder="a/b", type="temp", overwrite=True)
        assert (pillow.filename, pillow.subfolder, pillow.type) == (name, "a/b", "temp")
        saved = await client.download(first, tmp_path / "back.png")
        assert saved.read_bytes() == data
        with pytest.raises(ValueError, match="name"):
            await client.upload_image(data)

    async def test_an_uploaded_image_runs_through_a_prompt(self, client: AsyncComfyUIApiClient) -> None:
        uploaded = await client.upload_image(png(size=24), f"suite-{uuid.uuid4().hex}.png", subfolder="suite")
        prompt = {
            "1": {"class_type": "LoadImage", "inputs": {"image": uploaded.name_for_input}},
            "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        }
        result = await client.run_prompt(prompt)
        assert Image.open(io.BytesIO(await result.images[0].read())).size == (24, 24)

    async def test_a_mask_is_put_into_an_image(self, client: AsyncComfyUIApiClient, tmp_path: Path) -> None:
        name = uuid.uuid4().hex
        original = await client.upload_image(png(), f"{name}.png")
        mask = io.BytesIO()
        Image.new("RGBA", (8, 8), (0, 0, 0, 99)).save(mask, format="PNG")
        masked = await client.upload_mask(mask.getvalue(), f"{name}-mask.png", original=original)
        back = await client.download(masked, tmp_path / "masked.png")
        assert Image.open(back).getpixel((0, 0)) == (0, 40, 80, 99)

    async def test_too_large_a_file_is_told_before_it_is_sent(
        self, client: AsyncComfyUIApiClient, tmp_path: Path
    ) -> None:
        path = tmp_path / "huge.png"
        with path.open("wb") as file:
            file.truncate(100 * 1024 * 1024 + 1)
        with pytest.raises(UploadTooLargeError) as caught:
            await client.upload_image(path)
        assert (caught.value.size, caught.value.limit) == (100 * 1024 * 1024 + 1, 100 * 1024 * 1024)
        assert "104,857,601" in str(caught.value)
        assert "104,857,600" in str(caught.value)

    async def test_a_path_out_of_the_folder_is_refused(self, client: AsyncComfyUIApiClient) -> None:
        with pytest.raises(UnexpectedResponseError) as caught:
            await client.upload_image(png(), "a.png", subfolder="../../x")
        assert caught.value.status == 400

    async def test_a_missing_file_leaves_nothing(self, client: AsyncComfyUIApiClient, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError):
            await client.download(FileReference("no such file.png"), tmp_path / "x.png")
        assert list(tmp_path.iterdir()) == []
