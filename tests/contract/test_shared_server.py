"""A server that keeps assets and tells users apart."""

import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.contract.conftest import user_headers
from tests.contract.servers import (
    SUITE_FOLDER,
    ContractServer,
    Prompts,
    connected,
    preview_of,
    save_of,
    steps_node,
)
from tests.contract.test_files import png
from tests.contract.test_system import JSON


@pytest.fixture
async def asset_client(shared_server: ContractServer) -> AsyncIterator[httpx.AsyncClient]:
    """A connection in the name of the suite's user."""
    async with connected(shared_server.url, await user_headers(shared_server)) as client:
        yield client


@pytest.fixture
async def asset(asset_client: httpx.AsyncClient) -> AsyncIterator[dict[str, Any]]:
    """An uploaded picture with a tag of its own, deleted at the end."""
    created = await upload(asset_client, f"contract-{uuid.uuid4().hex}")
    yield created
    await asset_client.delete(f"/api/assets/{created['id']}")


def unique_png() -> bytes:
    return png(tuple(uuid.uuid4().bytes[:3]), size=(9, 9))


async def upload(client: httpx.AsyncClient, tag: str, data: bytes | None = None) -> dict[str, Any]:
    answer = await client.post(
        "/api/assets",
        files={"file": ("a.png", data or unique_png(), "image/png")},
        data={"tags": f"input,{tag}", "name": f"{tag}.png", "user_metadata": json.dumps({"k": 1})},
    )
    assert answer.status_code in (200, 201), answer.text
    created: dict[str, Any] = answer.json()
    return created


def own_tag(asset: dict[str, Any]) -> str:
    tags: list[str] = asset["tags"]
    return next(tag for tag in tags if tag.startswith("contract-"))


def error_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == JSON
    return answer.status_code, answer.json()["error"]["code"]


async def test_servers_without_assets_say_so(client: httpx.AsyncClient, server: ContractServer) -> None:
    if server.has_assets:
        pytest.skip("this server keeps assets")
    asset_id = str(uuid.uuid4())
    answers = [
        await client.get("/api/assets"),
        await client.post("/api/assets"),
        await client.post("/api/assets/from-hash", json={}),
        await client.post("/api/assets/prune"),
        await client.post("/api/assets/seed"),
        await client.get("/api/assets/seed/status"),
        await client.post("/api/assets/seed/cancel"),
        await client.get("/api/assets/tags/refine"),
        await client.get(f"/api/assets/{asset_id}"),
        await client.put(f"/api/assets/{asset_id}", json={}),
        await client.delete(f"/api/assets/{asset_id}"),
        await client.get(f"/api/assets/{asset_id}/content"),
        await client.post(f"/api/assets/{asset_id}/tags", json={}),
        await client.delete(f"/api/assets/{asset_id}/tags"),
        await client.get("/api/tags"),
    ]
    if server.is_old:
        assert {answer.status_code for answer in answers} == {404, 405}
    else:
        assert {error_of(answer) for answer in answers} == {(503, "SERVICE_DISABLED")}


async def test_an_uploaded_asset(asset_client: httpx.AsyncClient, asset: dict[str, Any]) -> None:
    assert asset["created_new"] is True
    assert asset["hash"].startswith("blake3:")
    assert set(asset["tags"]) >= {"input", "uploaded", own_tag(asset)}
    assert asset["user_metadata"]["k"] == 1
    shown = await asset_client.get(f"/api/assets/{asset['id']}")
    assert (shown.status_code, shown.headers["content-type"]) == (200, JSON)
    assert shown.json()["name"] == asset["name"]
    assert (await asset_client.head(f"/api/assets/hash/{asset['hash']}")).status_code == 200


async def test_the_content_of_an_asset(asset_client: httpx.AsyncClient) -> None:
    data = unique_png()
    created = await upload(asset_client, f"contract-{uuid.uuid4().hex}", data)
    try:
        content = await asset_client.get(f"/api/assets/{created['id']}/content")
        assert (content.status_code, content.headers["content-type"], content.content) == (200, "image/png", data)
        assert content.headers["content-disposition"].startswith("attachment")
        inline = await asset_client.get(f"/api/assets/{created['id']}/content", params={"disposition": "inline"})
        assert inline.headers["content-disposition"].startswith("inline")
    finally:
        await asset_client.delete(f"/api/assets/{created['id']}")


async def test_assets_are_listed_by_tag_and_name(asset_client: httpx.AsyncClient, asset: dict[str, Any]) -> None:
    tag = own_tag(asset)
    listed = (await asset_client.get("/api/assets", params={"include_tags": tag})).json()
    assert ([each["id"] for each in listed["assets"]], listed["total"]) == ([asset["id"]], 1)
    without = {"include_tags": tag, "exclude_tags": "input"}
    assert (await asset_client.get("/api/assets", params=without)).json()["total"] == 0
    named = {"include_tags": tag, "name_contains": tag[10:20].upper()}
    assert (await asset_client.get("/api/assets", params=named)).json()["total"] == 1
    refined = await asset_client.get("/api/assets/tags/refine", params={"include_tags": tag})
    assert refined.json()["tag_counts"][tag] == 1
    tags = (await asset_client.get("/api/tags", params={"prefix": tag})).json()
    assert tags["tags"] == [{"name": tag, "count": 1}]


async def test_uploaded_pictures_are_assets(asset_client: httpx.AsyncClient) -> None:
    data, name = unique_png(), f"{uuid.uuid4().hex}.png"
    files = {"image": (name, data, "image/png")}
    for kind, tags in (("input", ["input", "uploaded"]), ("temp", ["input", "temp", "uploaded"])):
        fields = {"type": kind, "subfolder": SUITE_FOLDER}
        stored = (await asset_client.post("/upload/image", files=files, data=fields)).json()
        assert stored["asset"].keys() == {"id", "name", "asset_hash", "size", "mime_type", "tags"}
        assert (stored["asset"]["name"], stored["asset"]["size"]) == (name, len(data))
        assert sorted(stored["asset"]["tags"]) == tags
        again = (await asset_client.post("/upload/image", files=files, data=fields)).json()
        assert again["asset"]["id"] == stored["asset"]["id"]
        by_hash = await asset_client.get("/view", params={"filename": stored["asset"]["asset_hash"]})
        assert (by_hash.status_code, by_hash.content) == (200, data)
        assert (await asset_client.delete(f"/api/assets/{stored['asset']['id']}")).status_code == 204


async def test_saved_pictures_are_assets(asset_client: httpx.AsyncClient) -> None:
    prompts = Prompts(asset_client)
    try:
        entry = await prompts.run({"1": steps_node(), "2": save_of("1", uuid.uuid4().hex), "3": preview_of("1")})
    finally:
        await prompts.take_away()
    for node_id, kind in (("2", "output"), ("3", "temp")):
        (picture,) = entry["outputs"][node_id]["images"]
        asset = (await asset_client.get(f"/api/assets/{picture['id']}")).json()
        assert asset["name"] == picture["filename"]
        assert sorted(asset["tags"]) == sorted([kind, "uploaded"])
        content = await asset_client.get(f"/api/assets/{picture['id']}/content")
        shown = await asset_client.get("/view", params={key: picture[key] for key in ("filename", "subfolder", "type")})
        assert content.content == shown.content
        assert (await asset_client.delete(f"/api/assets/{picture['id']}")).status_code == 204


async def test_a_second_reference_to_the_same_bytes(asset_client: httpx.AsyncClient, asset: dict[str, Any]) -> None:
    body = {"hash": asset["hash"], "name": "again.png", "tags": [own_tag(asset)]}
    answer = await asset_client.post("/api/assets/from-hash", json=body)
    assert answer.status_code == 201
    assert answer.json()["created_new"] is False
    assert answer.json()["id"] != asset["id"]
    assert (await asset_client.delete(f"/api/assets/{answer.json()['id']}")).status_code == 204
    unknown = {"hash": f"blake3:{'0' * 64}", "name": "x"}
    assert (await asset_client.post("/api/assets/from-hash", json=unknown)).status_code == 404


async def test_tags_come_and_go(asset_client: httpx.AsyncClient, asset: dict[str, Any]) -> None:
    path = f"/api/assets/{asset['id']}/tags"
    added = (await asset_client.post(path, json={"tags": ["contract-more", "input"]})).json()
    assert (added["added"], added["already_present"]) == (["contract-more"], ["input"])
    removed = await asset_client.request("DELETE", path, json={"tags": ["contract-more", "nope"]})
    assert (removed.json()["removed"], removed.json()["not_present"]) == (["contract-more"], ["nope"])
    assert error_of(await asset_client.post(path, json={"tags": []})) == (400, "INVALID_BODY")
    assert error_of(await asset_client.delete(path)) == (400, "INVALID_JSON")


async def test_an_asset_is_changed(asset_client: httpx.AsyncClient, asset: dict[str, Any]) -> None:
    changed = await asset_client.put(
        f"/api/assets/{asset['id']}", json={"name": "renamed.png", "user_metadata": {"k": 2}}
    )
    assert (changed.status_code, changed.json()["name"]) == (200, "renamed.png")
    assert changed.json()["user_metadata"]["k"] == 2
    assert error_of(await asset_client.put(f"/api/assets/{asset['id']}", json={})) == (400, "INVALID_BODY")


async def test_assets_that_are_not_there(asset_client: httpx.AsyncClient) -> None:
    path = f"/api/assets/{uuid.uuid4()}"
    assert error_of(await asset_client.get(path)) == (404, "ASSET_NOT_FOUND")
    assert error_of(await asset_client.put(path, json={"name": "x"})) == (404, "ASSET_NOT_FOUND")
    assert error_of(await asset_client.delete(path)) == (404, "ASSET_NOT_FOUND")
    assert error_of(await asset_client.get(f"{path}/content")) == (404, "ASSET_NOT_FOUND")
    assert error_of(await asset_client.post(f"{path}/tags", json={"tags": ["x"]})) == (404, "ASSET_NOT_FOUND")
    assert (await asset_client.head(f"/api/assets/hash/blake3:{'0' * 64}")).status_code == 404
    assert (await asset_client.head("/api/assets/hash/odd")).status_code == 400


async def test_bad_uploads_of_assets(asset_client: httpx.AsyncClient) -> None:
    nowhere = await asset_client.post(
        "/api/assets", files={"file": ("a.png", unique_png(), "image/png")}, data={"tags": "x"}
    )
    assert error_of(nowhere) == (400, "INVALID_BODY")
    missing = await asset_client.post("/api/assets", files={"other": ("a.png", b"x")}, data={"tags": "input"})
    assert error_of(missing) == (400, "MISSING_FILE")


async def test_bad_lists_of_assets(asset_client: httpx.AsyncClient) -> None:
    assert error_of(await asset_client.get("/api/assets", params={"limit": "0"})) == (400, "INVALID_QUERY")
    assert error_of(await asset_client.get("/api/assets", params={"limit": "x"})) == (400, "INVALID_QUERY")
    assert error_of(await asset_client.get("/api/tags", params={"limit": "0"})) == (400, "INVALID_QUERY")


async def test_scans_for_files(asset_client: httpx.AsyncClient) -> None:
    status = await asset_client.get("/api/assets/seed/status")
    assert (status.status_code, status.json().keys()) == (200, {"state", "progress", "errors"})
    cancelled = await asset_client.post("/api/assets/seed/cancel")
    assert (cancelled.status_code, "status" in cancelled.json()) == (200, True)
    started = await asset_client.post("/api/assets/seed", json={"roots": ["input"]})
    assert started.status_code in (202, 409)
    waited = await asset_client.post("/api/assets/seed/cancel")
    assert waited.status_code == 200


async def test_users_have_settings_and_files_of_their_own(shared_server: ContractServer) -> None:
    async with connected(shared_server.url) as client:
        names = ("contract suite one", "contract suite two")
        for name in names:
            await client.post("/users", json={"username": name})
        users = {name: user_id for user_id, name in (await client.get("/users")).json()["users"].items()}
        one, two = ({"Comfy-User": users[name]} for name in names)
        assert users[names[0]].startswith("contract-suite-one_")
        await client.post("/settings", json={"a": 1}, headers=one)
        await client.post("/settings", json={"a": 2}, headers=two)
        assert (await client.get("/settings", headers=one)).json()["a"] == 1
        await client.post("/userdata/notes.txt", content=b"hers", headers=one)
        assert (await client.get("/userdata/notes.txt", headers=one)).content == b"hers"
        assert (await client.get("/userdata/notes.txt", headers=two)).status_code == 404
        assert (await client.delete("/userdata/notes.txt", headers=one)).status_code == 204


async def test_requests_have_to_name_their_user(shared_server: ContractServer) -> None:
    async with connected(shared_server.url) as client:
        for headers in ({}, {"Comfy-User": "nobody"}):
            assert (await client.get("/settings", headers=headers)).status_code == 401
            assert (await client.post("/settings", json={}, headers=headers)).status_code == 401
            assert (await client.get("/userdata/a.txt", headers=headers)).status_code == 500
            assert (await client.get("/v2/userdata", headers=headers)).status_code == 403
        assert (await client.get("/queue")).status_code == 200
