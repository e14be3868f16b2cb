"""Uploading pictures and masks, and showing files whole, in part or changed."""

import io
import json
import uuid
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.contract.servers import SUITE_FOLDER, ContractServer, Prompts, save_of, steps_node
from tests.contract.test_system import JSON


def png(colour: str | tuple[int, ...] = "blue", mode: str = "RGB", size: tuple[int, int] = (8, 8)) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, format="PNG")
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def new_name() -> str:
    return f"{uuid.uuid4().hex}.png"


async def upload(client: httpx.AsyncClient, data: bytes, name: str, **fields: str) -> httpx.Response:
    fields = {"subfolder": SUITE_FOLDER, **fields}
    return await client.post("/upload/image", files={"image": (name, data, "image/png")}, data=fields)


def stored_as(name: str, kind: str = "input") -> dict[str, str]:
    return {"filename": name, "subfolder": SUITE_FOLDER, "type": kind}


async def test_an_upload_is_stored(client: httpx.AsyncClient, server: ContractServer) -> None:
    name = f"café {new_name()}"
    answer = await upload(client, png(), name)
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    stored = answer.json()
    assert ("asset" in stored) is server.has_assets
    assert stored | {"asset": None} == {"name": name, "subfolder": SUITE_FOLDER, "type": "input", "asset": None}
    shown = await client.get("/view", params=stored_as(name))
    assert (shown.status_code, shown.headers["content-type"], shown.content) == (200, "image/png", png())


async def test_uploads_are_kept_apart_by_content(client: httpx.AsyncClient) -> None:
    name = new_name()
    stem = name.removesuffix(".png")
    data = [png("red"), png("red"), png("blue"), png("blue"), png("green")]
    names = [(await upload(client, each, name)).json()["name"] for each in data]
    assert names == [name, name, f"{stem} (1).png", f"{stem} (1).png", f"{stem} (2).png"]
    assert (await upload(client, png("white"), name, overwrite="true")).json()["name"] == name
    assert (await client.get("/view", params=stored_as(name))).content == png("white")


async def test_uploads_go_where_they_are_told(client: httpx.AsyncClient) -> None:
    name = new_name()
    stored = await upload(client, png(), name, type="temp", subfolder=f"{SUITE_FOLDER}/deep")
    params = {"filename": name, "subfolder": f"{SUITE_FOLDER}/deep", "type": "temp"}
    assert (stored.json()["name"], stored.json()["subfolder"], stored.json()["type"]) == tuple(params.values())
    assert (await client.get("/view", params=params)).content == png()


async def test_bad_uploads_are_refused(client: httpx.AsyncClient) -> None:
    outside = await upload(client, png(), new_name(), subfolder="../../x")
    assert (outside.status_code, outside.content) == (400, b"")
    assert (await upload(client, png(), f"../../../{new_name()}")).status_code == 400
    missing = await client.post("/upload/image", files={"other": ("a.png", png())})
    assert (missing.status_code, missing.content) == (400, b"")
    text = await client.post("/upload/image", files={"image": (None, "text")})
    assert text.status_code == 500


async def test_an_upload_can_be_loaded(client: httpx.AsyncClient, prompts: Prompts) -> None:
    name = new_name()
    await upload(client, png("red"), name)
    prompt = {
        "1": {"class_type": "LoadImage", "inputs": {"image": f"{SUITE_FOLDER}/{name}"}},
        "2": save_of("1", "loaded"),
    }
    entry = await prompts.run(prompt)
    (saved,) = entry["outputs"]["2"]["images"]
    assert opened((await client.get("/view", params=saved)).content).convert("RGB").getpixel((0, 0)) == (255, 0, 0)


async def test_a_mask_becomes_the_alpha_of_the_original(client: httpx.AsyncClient) -> None:
    original, masked = new_name(), new_name()
    await upload(client, png("red"), original)
    reference = json.dumps(stored_as(original))
    answer = await client.post(
        "/upload/mask",
        files={"image": (masked, png((0, 0, 0, 77), mode="RGBA"), "image/png")},
        data={"original_ref": reference, "subfolder": SUITE_FOLDER},
    )
    assert (answer.status_code, answer.json()["name"]) == (200, masked)
    shown = opened((await client.get("/view", params=stored_as(masked))).content)
    assert shown.getpixel((0, 0)) == (255, 0, 0, 77)


async def test_masks_of_nothing(client: httpx.AsyncClient) -> None:
    files = {"image": (new_name(), png((0, 0, 0, 77), mode="RGBA"), "image/png")}
    without = await client.post("/upload/mask", files=files, data={"subfolder": SUITE_FOLDER})
    assert without.status_code == 500
    outside = json.dumps({"filename": "../a.png", "type": "input"})
    data = {"original_ref": outside, "subfolder": SUITE_FOLDER}
    answer = await client.post("/upload/mask", files=files, data=data)
    # It is answered as if it were stored, and is not.
    assert answer.status_code == 200
    assert (await client.get("/view", params=stored_as(answer.json()["name"]))).status_code == 404


async def test_views_of_a_part(client: httpx.AsyncClient) -> None:
    name = new_name()
    await upload(client, png(), name)
    part = await client.get("/view", params=stored_as(name), headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, png()[2:6])
    assert part.headers["content-range"] == f"bytes 2-5/{len(png())}"
    rest = await client.get("/view", params=stored_as(name), headers={"Range": "bytes=10-"})
    assert (rest.status_code, rest.content) == (206, png()[10:])
    beyond = await client.get("/view", params=stored_as(name), headers={"Range": "bytes=100000-"})
    assert beyond.status_code == 416


async def test_views_tell_when_nothing_changed(client: httpx.AsyncClient) -> None:
    name = new_name()
    await upload(client, png(), name)
    first = await client.get("/view", params=stored_as(name))
    assert first.headers["accept-ranges"] == "bytes"
    assert first.headers["content-disposition"] == f'filename="{name}"'
    again = await client.get("/view", params=stored_as(name), headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_views_as_previews(client: httpx.AsyncClient) -> None:
    name = new_name()
    await upload(client, png((1, 2, 3, 128), mode="RGBA"), name)
    for wanted, media_type, picture_format in (
        ("webp;50", "image/webp", "WEBP"),
        ("jpeg", "image/jpeg", "JPEG"),
        ("bogus", "image/webp", "WEBP"),
    ):
        answer = await client.get("/view", params=stored_as(name) | {"preview": wanted})
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
        assert opened(answer.content).format == picture_format


async def test_views_of_channels(client: httpx.AsyncClient) -> None:
    name = new_name()
    await upload(client, png((1, 2, 3, 128), mode="RGBA"), name)
    colours = await client.get("/view", params=stored_as(name) | {"channel": "rgb"})
    assert opened(colours.content).getpixel((0, 0)) == (1, 2, 3)
    alpha = await client.get("/view", params=stored_as(name) | {"channel": "a"})
    assert opened(alpha.content).getpixel((0, 0)) == (0, 0, 0, 128)
    whole = await client.get("/view", params=stored_as(name) | {"channel": "rgba"})
    assert opened(whole.content).getpixel((0, 0)) == (1, 2, 3, 128)


async def test_annotated_names(client: httpx.AsyncClient) -> None:
    name = new_name()
    await upload(client, png(), name)
    params = {"filename": f"{name} [input]", "subfolder": SUITE_FOLDER, "type": "output"}
    assert (await client.get("/view", params=params)).content == png()


async def test_files_with_scripts_are_made_harmless(client: httpx.AsyncClient, server: ContractServer) -> None:
    name = f"{uuid.uuid4().hex}.html"
    await upload(client, b"<script></script>", name)
    shown = await client.get("/view", params=stored_as(name))
    assert shown.headers["content-type"] == "application/octet-stream"
    expected = f'filename="{name}"' if server.is_old else f'attachment; filename="{name}"'
    assert shown.headers["content-disposition"] == expected


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({}, 404),
        ({"filename": ""}, 400),
        ({"filename": "../a.png"}, 400),
        ({"filename": "/etc/passwd"}, 400),
        ({"filename": "a.png", "type": "etc"}, 400),
        ({"filename": "a.png", "subfolder": "../.."}, 403),
        ({"filename": "no such file.png"}, 404),
    ],
)
async def test_bad_views_are_refused(client: httpx.AsyncClient, params: dict[str, str], status: int) -> None:
    answer = await client.get("/view", params=params)
    assert (answer.status_code, answer.content) == (status, b"")


async def test_saved_pictures_carry_prompt_and_workflow(client: httpx.AsyncClient, prompts: Prompts) -> None:
    prompt = {"1": steps_node(size=24), "2": save_of("1", "with notes")}
    workflow: dict[str, Any] = {"nodes": [], "links": []}
    entry = await prompts.run(prompt, extra_data={"extra_pnginfo": {"workflow": workflow}})
    (saved,) = entry["outputs"]["2"]["images"]
    assert saved["filename"].startswith("with notes_")
    picture = opened((await client.get("/view", params=saved)).content)
    assert picture.size == (24, 24)
    assert json.loads(picture.info["prompt"]) == prompt
    assert json.loads(picture.info["workflow"]) == workflow


async def test_saved_pictures_are_counted(client: httpx.AsyncClient, prompts: Prompts) -> None:
    label = uuid.uuid4().hex
    names = []
    for _ in range(2):
        entry = await prompts.run({"1": steps_node(), "2": save_of("1", label)})
        names.append(entry["outputs"]["2"]["images"][0]["filename"])
    assert names == [f"{label}_00001_.png", f"{label}_00002_.png"]
