"""Users with files of their own, and assets, where the emulator was started with them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import comfy_emulator
from tests import plain_http
from tests.emulator.pictures import png
from tests.recordings import recordings

RECORDING = recordings("protocol") / "0.33.0" / "rest-assets-multi-user.json"


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[httpx.Client]:
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "raw_00001_.png").write_bytes(png())
    with (
        comfy_emulator.running(multi_user=True, enable_assets=True, base_directory=tmp_path) as server,
        plain_http.Client(base_url=server.url) as client,
    ):
        yield client


def test_users_have_settings_and_files_of_their_own(shared: httpx.Client) -> None:
    ids = [shared.post("/users", json={"username": name}).json() for name in ("anna", "bert")]
    assert shared.get("/users").json()["users"] == dict(zip(ids, ("anna", "bert"), strict=True))
    anna, bert = ({"Comfy-User": user_id} for user_id in ids)
    shared.post("/settings", json={"a": 1}, headers=anna)
    assert shared.get("/settings", headers=anna).json() == {"a": 1}
    assert shared.get("/settings", headers=bert).json() == {}
    shared.post("/userdata/notes.txt", content=b"hers", headers=anna)
    assert shared.get("/userdata/notes.txt", headers=anna).content == b"hers"
    assert shared.get("/userdata/notes.txt", headers=bert).status_code == 404
    assert shared.get("/settings").status_code == 401
    assert shared.get("/userdata/notes.txt").status_code == 500
    assert shared.get("/v2/userdata").status_code == 403


def test_users_outlive_the_server(tmp_path: Path) -> None:
    with comfy_emulator.running(multi_user=True, base_directory=tmp_path) as server:
        user_id = plain_http.post(f"{server.url}/users", json={"username": "anna"}).json()
    with comfy_emulator.running(multi_user=True, base_directory=tmp_path) as server:
        assert plain_http.get(f"{server.url}/users").json()["users"] == {user_id: "anna"}


def test_user_files_are_listed_moved_and_kept_inside(shared: httpx.Client) -> None:
    headers = {"Comfy-User": shared.post("/users", json={"username": "anna"}).json()}
    shared.headers.update(headers)
    shared.post("/userdata/workflows%2Fdeep%2Fa.json", content=b"{}")
    shared.post("/userdata/workflows%2Fb.json", content=b"{}")
    assert shared.get("/userdata", params={"dir": "workflows"}).json() == ["b.json"]
    listed = shared.get("/userdata", params={"dir": "workflows", "recurse": "true", "split": "true"}).json()
    assert sorted(listed) == [["b.json", "b.json"], ["deep/a.json", "deep", "a.json"]]
    entries = shared.get("/v2/userdata", params={"path": "workflows"}).json()
    assert [(entry["type"], entry["path"]) for entry in entries] == [
        ("directory", "workflows/deep"),
        ("file", "workflows/deep/a.json"),
        ("file", "workflows/b.json"),
    ]
    assert shared.post("/userdata/workflows%2Fb.json/move/c.json").json() == "c.json"
    assert shared.post("/userdata/c.json?overwrite=false", content=b"").status_code == 409
    assert shared.get("/userdata/..%2F..%2Fusers.json").status_code == 403
    assert shared.delete("/userdata/c.json").status_code == 204


def test_assets_are_absent_unless_enabled() -> None:
    with comfy_emulator.running() as server:
        answer = plain_http.get(f"{server.url}/api/assets")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_DISABLED")
        assert plain_http.get(f"{server.url}/features").json()["assets"] is False
    with comfy_emulator.running(version="0.3.64", enable_assets=True) as server:
        assert plain_http.get(f"{server.url}/api/assets").status_code == 404


def test_assets_are_stored_tagged_and_fetched(shared: httpx.Client) -> None:
    shared.headers.update({"Comfy-User": shared.post("/users", json={"username": "anna"}).json()})
    created = shared.post(
        "/api/assets",
        files={"file": ("a.png", png(), "image/png")},
        data={"tags": "input,mine", "name": "a.png", "user_metadata": '{"k": 1}'},
    )
    asset = created.json()
    assert created.status_code == 201
    assert asset["tags"] == ["input", "mine", "uploaded"]
    assert shared.get(f"/api/assets/{asset['id']}/content").content == png()
    assert shared.get(asset["preview_url"]).content == png()
    assert shared.head(f"/api/assets/hash/{asset['hash']}").status_code == 200
    copy = shared.post("/api/assets/from-hash", json={"hash": asset["hash"], "name": "b.png", "tags": ["mine"]})
    assert copy.json()["created_new"] is False
    assert shared.get("/api/assets", params={"include_tags": "mine"}).json()["total"] == 2
    assert shared.get("/api/assets", params={"tags_none": "input", "name_contains": "B"}).json()["total"] == 1
    page = shared.get("/api/assets", params={"limit": 1, "sort": "name", "order": "asc"}).json()
    assert ([each["name"] for each in page["assets"]], page["has_more"]) == (["a.png"], True)
    assert shared.put(f"/api/assets/{asset['id']}", json={}).status_code == 400
    assert shared.put(f"/api/assets/{asset['id']}", json={"name": "c.png"}).json()["name"] == "c.png"
    assert shared.delete(f"/api/assets/{asset['id']}").status_code == 204
    assert shared.get(f"/api/assets/{asset['id']}").status_code == 404
    # The file went with the asset that it was uploaded with.
    assert shared.get(f"/api/assets/{copy.json()['id']}/content").status_code == 404
    # Content that is known needs no place to go.
    known = shared.post("/api/assets", files={"file": ("a.png", png())}, data={"tags": "x"})
    assert (known.status_code, known.json()["created_new"]) == (200, False)
    unknown = shared.post("/api/assets", files={"file": ("a.png", png("red"))}, data={"tags": "x"})
    assert unknown.status_code == 400


def test_assets_are_listed_page_after_page(shared: httpx.Client) -> None:
    shared.headers.update({"Comfy-User": shared.post("/users", json={"username": "berta"}).json()})
    for colour in ("red", "green", "blue"):
        file, metadata = ("a.png", png(colour)), f'{{"colour": "{colour}"}}'
        data = {"tags": "input,paged", "name": f"{colour}.png", "user_metadata": metadata}
        assert shared.post("/api/assets", files={"file": file}, data=data).status_code == 201
    wanted = {"tags_all": "paged", "sort": "name", "order": "asc", "limit": "2"}
    first = shared.get("/api/assets", params=wanted).json()
    assert [each["name"] for each in first["assets"]] == ["blue.png", "green.png"]
    last = shared.get("/api/assets", params={**wanted, "after": first["next_cursor"]}).json()
    assert [each["name"] for each in last["assets"]] == ["red.png"]
    assert "next_cursor" not in last
    refused = shared.get("/api/assets", params={**wanted, "sort": "size", "after": first["next_cursor"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "INVALID_CURSOR")
    greenish = shared.get("/api/assets", params={"tags_all": "paged", "metadata_filter": '{"colour": ["green", 1]}'})
    assert [each["name"] for each in greenish.json()["assets"]] == ["green.png"]


@pytest.mark.skipif(not RECORDING.exists(), reason="the recordings of real servers are not there")
def test_asset_answers_have_the_recorded_names(shared: httpx.Client) -> None:
    ids: dict[str, str] = {}
    for recorded in json.loads(RECORDING.read_text(encoding="utf-8")):
        request = recorded["request"]
        # The real server scans for seconds, which these two tell of.
        if request["path"] in ("/api/assets/seed/status", "/api/assets/prune"):
            continue
        answer = send(shared, request, ids)
        assert answer.status_code == recorded["status"], (request, answer.text)
        if recorded["body"] is None:
            continue
        learn(ids, recorded["body"], answer)
        if "json" in recorded["headers"].get("content-type", ""):
            assert names(answer.json()) == names(json.loads(recorded["body"])), request


def send(client: httpx.Client, request: dict[str, Any], ids: dict[str, str]) -> httpx.Response:
    def current(text: str) -> str:
        for old, new in ids.items():
            text = text.replace(old, new)
        return text

    options: dict[str, Any] = {"headers": json.loads(current(json.dumps(request.get("headers", {}))))}
    if "json" in request:
        options["json"] = json.loads(current(json.dumps(request["json"])))
    if "files" in request:
        options["files"] = {"file": ("rec.png", png(), "image/png")}
        options["data"] = {"tags": "input", "name": "rec.png", "user_metadata": '{"k": 1}'}
    return client.request(request["method"], current(request["path"]), **options)


def learn(ids: dict[str, str], body: str, answer: httpx.Response) -> None:
    said, says = json.loads(body) if body[:1] in '{["' else body, answer.json() if answer.content[:1] in b'{["' else ""
    if isinstance(said, str) and "_" in said and isinstance(says, str):
        ids[said] = says
    if isinstance(said, dict) and isinstance(says, dict):
        ids.update({str(said[key]): str(says[key]) for key in ("id", "hash") if key in said and key in says})


def names(value: Any) -> Any:
    if not isinstance(value, dict):
        return type(value).__name__
    first = value["assets"][0] if value.get("assets") else {}
    return sorted(value), sorted(first)
