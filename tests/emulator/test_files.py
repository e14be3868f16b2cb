"""Files that are uploaded, made and viewed, and what is refused of them, as a real server has it."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

import comfy_emulator
from tests import plain_http
from tests.emulator.pictures import opened, png
from tests.emulator.wire import finished, post


async def upload(client: httpx.AsyncClient, data: bytes, name: str = "a.png", **fields: str) -> httpx.Response:
    return await client.post("/upload/image", files={"image": (name, data, "image/png")}, data=fields)


async def test_uploads_are_kept_apart_by_content(client: httpx.AsyncClient) -> None:
    names = [(await upload(client, data)).json()["name"] for data in (png("red"), png("red"), png("blue"), png("blue"))]
    assert names == ["a.png", "a.png", "a (1).png", "a (1).png"]
    assert (await upload(client, png("green"), overwrite="true")).json()["name"] == "a.png"
    shown = await client.get("/view", params={"filename": "a.png", "type": "input"})
    assert opened(shown.content).getpixel((0, 0)) == (0, 128, 0)


async def test_uploads_go_into_subfolders_but_not_outside(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    stored = await upload(client, png(), subfolder="x/y", type="temp")
    assert stored.json() == {"name": "a.png", "subfolder": "x/y", "type": "temp"}
    assert (server.base_directory / "temp/x/y/a.png").is_file()
    assert (await upload(client, png(), subfolder="../..")).status_code == 400
    assert (await upload(client, png(), name="../../evil.png")).status_code == 400
    assert not list(server.base_directory.glob("*.png"))


async def test_a_mask_becomes_the_alpha_of_the_original(client: httpx.AsyncClient) -> None:
    await upload(client, png("red"), name="photo.png")
    mask = png((0, 0, 0, 77), mode="RGBA")
    reference = json.dumps({"filename": "photo.png", "subfolder": "", "type": "input"})
    answer = await client.post(
        "/upload/mask", files={"image": ("masked.png", mask, "image/png")}, data={"original_ref": reference}
    )
    assert answer.json()["name"] == "masked.png"
    shown = await client.get("/view", params={"filename": "masked.png [input]"})
    assert opened(shown.content).getpixel((0, 0)) == (255, 0, 0, 77)


def test_too_large_uploads_are_refused() -> None:
    with comfy_emulator.running(max_upload_size=1000) as server:
        answer = plain_http.post(f"{server.url}/upload/image", files={"image": ("a.png", b"x" * 2000, "image/png")})
        assert answer.status_code == 413
        assert plain_http.get(f"{server.url}/features").json()["max_upload_size"] == 1000


async def test_views_come_whole_in_part_and_changed(client: httpx.AsyncClient) -> None:
    data = png((1, 2, 3, 128), mode="RGBA")
    await upload(client, data)
    params = {"filename": "a.png", "type": "input"}
    assert (await client.get("/view", params=params)).content == data
    part = await client.get("/view", params=params, headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, data[2:6])
    webp = await client.get("/view", params=params | {"preview": "webp;50"})
    assert opened(webp.content).format == "WEBP"
    jpeg = await client.get("/view", params=params | {"preview": "jpeg"})
    assert jpeg.headers["content-type"] == "image/jpeg"
    colours = await client.get("/view", params=params | {"channel": "rgb"})
    assert opened(colours.content).getpixel((0, 0)) == (1, 2, 3)
    alpha = await client.get("/view", params=params | {"channel": "a"})
    assert opened(alpha.content).getpixel((0, 0)) == (0, 0, 0, 128)


async def test_files_with_scripts_are_served_as_downloads(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    (server.base_directory / "output" / "page.html").write_text("<script></script>", encoding="utf-8")
    shown = await client.get("/view", params={"filename": "page.html"})
    assert shown.headers["content-type"] == "application/octet-stream"
    assert shown.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({}, 404),
        ({"filename": ""}, 400),
        ({"filename": "../a.png"}, 400),
        ({"filename": "/etc/passwd"}, 400),
        ({"filename": "a.png", "type": "etc"}, 400),
        ({"filename": "a.png", "subfolder": "../.."}, 403),
        ({"filename": "a.png"}, 404),
    ],
)
async def test_bad_views_are_refused(client: httpx.AsyncClient, params: dict[str, str], status: int) -> None:
    assert (await client.get("/view", params=params)).status_code == status


def text_to_image(**sampler: object) -> dict[str, Any]:
    inputs = {
        "model": ["1", 0],
        "positive": ["2", 0],
        "negative": ["3", 0],
        "latent_image": ["4", 0],
        "seed": 7,
        "steps": 4,
        "cfg": 7.0,
        "sampler_name": "euler",
        "scheduler": "normal",
        "denoise": 1.0,
    } | sampler
    return {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "v1-5-pruned-emaonly.safetensors"}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse", "clip": ["1", 1]}},
        "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "rain", "clip": ["1", 1]}},
        "4": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 48, "batch_size": 2}},
        "5": {"class_type": "KSampler", "inputs": inputs},
        "6": {"class_type": "VAEDecode", "inputs": {"samples": ["5", 0], "vae": ["1", 2]}},
        "7": {"class_type": "SaveImage", "inputs": {"images": ["6", 0], "filename_prefix": "sub/out_%width%"}},
    }


async def test_pictures_depend_on_the_prompt_alone(client: httpx.AsyncClient) -> None:
    first = await painted(client, text_to_image())
    await client.post("/free", json={"free_memory": True})
    again = await painted(client, text_to_image())
    other = await painted(client, text_to_image(seed=8))
    assert [opened(data).tobytes() for data in first] == [opened(data).tobytes() for data in again]
    assert opened(first[0]).tobytes() != opened(first[1]).tobytes()
    assert opened(first[0]).tobytes() != opened(other[0]).tobytes()
    assert opened(first[0]).size == (64, 48)


async def painted(client: httpx.AsyncClient, prompt: dict[str, Any]) -> list[bytes]:
    record = await finished(client, (await post(client, prompt))["prompt_id"])
    images = record["outputs"]["7"]["images"]
    assert all(image["subfolder"] == "sub" for image in images)
    return [(await client.get("/view", params=image)).content for image in images]


async def test_saved_pictures_carry_prompt_and_workflow(client: httpx.AsyncClient) -> None:
    prompt, workflow = text_to_image(), {"nodes": [1, 2]}
    posted = await post(client, prompt, extra_data={"extra_pnginfo": {"workflow": workflow}})
    record = await finished(client, posted["prompt_id"])
    images = record["outputs"]["7"]["images"]
    assert [image["filename"] for image in images] == ["out_64_00001_.png", "out_64_00002_.png"]
    picture = opened((await client.get("/view", params=images[0])).content)
    assert json.loads(picture.info["prompt"]) == prompt
    assert json.loads(picture.info["workflow"]) == workflow


async def test_loaded_pictures_pass_through_the_image_nodes(client: httpx.AsyncClient) -> None:
    await upload(client, png("red", size=(10, 20)), name="photo.png")
    prompt: dict[str, Any] = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "photo.png"}},
        "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
        "3": {
            "class_type": "ImageScale",
            "inputs": {"image": ["2", 0], "upscale_method": "bilinear", "width": 30, "height": 0, "crop": "center"},
        },
        "4": {"class_type": "EmptyImage", "inputs": {"width": 30, "height": 60, "batch_size": 1, "color": 0}},
        "5": {
            "class_type": "ImageBlend",
            "inputs": {"image1": ["3", 0], "image2": ["4", 0], "blend_factor": 1.0, "blend_mode": "normal"},
        },
        "7": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "sub/a"}},
        "8": {"class_type": "PreviewImage", "inputs": {"images": ["5", 0]}},
    }
    scaled = opened((await painted(client, prompt))[0])
    assert (scaled.size, scaled.getpixel((0, 0))) == ((30, 60), (0, 255, 255))
    await upload(client, png("white", size=(10, 20)), name="photo.png", overwrite="true")
    changed = opened((await painted(client, prompt))[0])
    assert changed.getpixel((0, 0)) == (0, 0, 0)


async def test_a_prefix_that_leads_outside_fails_the_prompt(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    prompt: dict[str, Any] = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "../../evil"}},
    }
    record = await finished(client, (await post(client, prompt))["prompt_id"])
    assert record["status"]["status_str"] == "error"
    assert not list(Path(server.base_directory).parent.glob("evil*"))


async def test_the_checkpoint_is_listed_and_described(client: httpx.AsyncClient) -> None:
    name = "v1-5-pruned-emaonly.safetensors"
    assert (await client.get("/models/checkpoints")).json() == [name]
    metadata = await client.get("/view_metadata/checkpoints", params={"filename": name})
    assert metadata.json()["format"] == "pt"
    described = (await client.get("/experiment/models/checkpoints")).json()
    assert described[0]["name"] == name
    info = (await client.get("/object_info/CheckpointLoaderSimple")).json()
    assert info["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"][0] == [name]


async def test_model_previews_are_webp(client: httpx.AsyncClient, server: comfy_emulator.RunningServer) -> None:
    (server.base_directory / "models/checkpoints/v1-5-pruned-emaonly.preview.png").write_bytes(png())
    answer = await client.get("/experiment/models/preview/checkpoints/0/v1-5-pruned-emaonly.safetensors")
    assert opened(answer.content).format == "WEBP"


async def test_other_origins_are_refused(client: httpx.AsyncClient, server: comfy_emulator.RunningServer) -> None:
    assert (await client.get("/queue", headers={"Origin": "http://example.com"})).status_code == 403
    assert (await client.get("/queue", headers={"Origin": server.url})).status_code == 200
