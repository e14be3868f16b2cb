"""Settings and files of a user."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.contract.servers import ContractServer
from tests.contract.test_system import JSON


@pytest.fixture
async def folder(client: httpx.AsyncClient) -> AsyncIterator[str]:
    """A folder of the test's own; what is in it is deleted at the end."""
    name = f"contract-suite-{uuid.uuid4().hex}"
    yield name
    left = await client.get("/userdata", params={"dir": name, "recurse": "true"})
    for file in left.json() if left.status_code == 200 else []:
        await client.delete(f"/userdata/{name}%2F{file.replace('/', '%2F')}")


async def write(client: httpx.AsyncClient, folder: str, name: str, content: bytes = b"{}", **query: str) -> Any:
    answer = await client.post(f"/userdata/{folder}%2F{name}", content=content, params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON), answer.text
    return answer.json()


async def test_a_file_is_written_read_and_deleted(client: httpx.AsyncClient, folder: str) -> None:
    path = f"/userdata/{folder}%2Fn%C3%A4me%20%2B.json"
    stored = await client.post(path, content=b'{"a":1}')
    assert (stored.status_code, stored.json()) == (200, f"{folder}/näme +.json")
    read = await client.get(path)
    assert (read.status_code, read.content) == (200, b'{"a":1}')
    deleted = await client.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    gone = await client.get(path)
    assert (gone.status_code, gone.content) == (404, b"")


async def test_files_are_downloads_in_newer_servers(
    client: httpx.AsyncClient, folder: str, server: ContractServer
) -> None:
    await write(client, folder, "a.json")
    read = await client.get(f"/userdata/{folder}%2Fa.json")
    assert read.headers["content-type"] == "application/json"
    assert read.headers.get("content-disposition") == (None if server.is_old else "attachment")
    await write(client, folder, "a.html", b"<script></script>")
    page = await client.get(f"/userdata/{folder}%2Fa.html")
    assert page.headers["content-type"] == ("text/html" if server.is_old else "application/octet-stream")


async def test_an_existing_file_is_kept_if_asked(client: httpx.AsyncClient, folder: str) -> None:
    await write(client, folder, "a.json", b"1")
    refused = await client.post(f"/userdata/{folder}%2Fa.json", params={"overwrite": "false"}, content=b"2")
    assert (refused.status_code, refused.text) == (409, "File already exists")
    assert (await client.get(f"/userdata/{folder}%2Fa.json")).content == b"1"
    await write(client, folder, "a.json", b"2")
    assert (await client.get(f"/userdata/{folder}%2Fa.json")).content == b"2"


async def test_what_is_told_of_a_file(client: httpx.AsyncClient, folder: str, server: ContractServer) -> None:
    told = await write(client, folder, "a.json", b"12345", full_info="true")
    assert (told["path"], told["size"]) == (f"{folder}/a.json", 5)
    for time in (told["modified"], told["created"]):
        assert isinstance(time, float if server.is_old else int)
        assert (time > 1e11) is not server.is_old


async def test_files_are_listed(client: httpx.AsyncClient, folder: str) -> None:
    for name in ("b.json", "deep%2Fa.json"):
        await write(client, folder, name)
    flat = await client.get("/userdata", params={"dir": folder})
    assert (flat.status_code, flat.json()) == (200, ["b.json"])
    deep = await client.get("/userdata", params={"dir": folder, "recurse": "true"})
    assert sorted(deep.json()) == ["b.json", "deep/a.json"]
    split = await client.get("/userdata", params={"dir": folder, "recurse": "true", "split": "true"})
    assert sorted(split.json()) == [["b.json", "b.json"], ["deep/a.json", "deep", "a.json"]]
    full = await client.get("/userdata", params={"dir": folder, "recurse": "true", "full_info": "true"})
    assert {each["path"] for each in full.json()} == {"b.json", "deep/a.json"}


async def test_bad_lists(client: httpx.AsyncClient, folder: str) -> None:
    nowhere = await client.get("/userdata")
    assert (nowhere.status_code, nowhere.text) == (400, "Directory not provided")
    missing = await client.get("/userdata", params={"dir": folder})
    assert (missing.status_code, missing.text) == (404, "Directory not found")
    outside = await client.get("/userdata", params={"dir": "../.."})
    assert (outside.status_code, outside.text) == (403, "Invalid directory")


async def test_entries_are_listed(client: httpx.AsyncClient, folder: str) -> None:
    for name in ("b.json", "deep%2Fa.json"):
        await write(client, folder, name)
    entries = (await client.get("/v2/userdata", params={"path": folder})).json()
    listed = sorted((entry["type"], entry["path"]) for entry in entries)
    assert listed == [
        ("directory", f"{folder}/deep"),
        ("file", f"{folder}/b.json"),
        ("file", f"{folder}/deep/a.json"),
    ]
    file = next(entry for entry in entries if entry["type"] == "file")
    assert file.keys() == {"name", "path", "type", "size", "modified"}
    whole = (await client.get("/v2/userdata")).json()
    assert folder in [entry["path"] for entry in whole]


async def test_bad_entry_lists(client: httpx.AsyncClient, folder: str) -> None:
    missing = await client.get("/v2/userdata", params={"path": folder})
    assert (missing.status_code, missing.text) == (404, "Requested path not found")
    outside = await client.get("/v2/userdata", params={"path": "../.."})
    assert outside.status_code == 400
    await write(client, folder, "a.json")
    file = await client.get("/v2/userdata", params={"path": f"{folder}/a.json"})
    assert (file.status_code, file.text) == (400, "Requested path is not a directory")


async def test_a_file_is_moved(client: httpx.AsyncClient, folder: str) -> None:
    await write(client, folder, "a.json", b"1")
    moved = await client.post(f"/userdata/{folder}%2Fa.json/move/{folder}%2Fdeep%2Fb.json")
    assert (moved.status_code, moved.json()) == (200, f"{folder}/deep/b.json")
    assert (await client.get(f"/userdata/{folder}%2Fa.json")).status_code == 404
    assert (await client.get(f"/userdata/{folder}%2Fdeep%2Fb.json")).content == b"1"
    await write(client, folder, "c.json", b"2")
    path = f"/userdata/{folder}%2Fc.json/move/{folder}%2Fdeep%2Fb.json"
    refused = await client.post(path, params={"overwrite": "false"})
    assert (refused.status_code, refused.text) == (409, "File already exists")
    assert (await client.post(path)).status_code == 200
    assert (await client.get(f"/userdata/{folder}%2Fdeep%2Fb.json")).content == b"2"


async def test_files_that_are_not_there(client: httpx.AsyncClient, folder: str) -> None:
    for answer in (
        await client.get(f"/userdata/{folder}%2Fno.json"),
        await client.delete(f"/userdata/{folder}%2Fno.json"),
        await client.post(f"/userdata/{folder}%2Fno.json/move/{folder}%2Fb.json"),
    ):
        assert (answer.status_code, answer.content) == (404, b"")


async def test_files_outside_are_refused(client: httpx.AsyncClient) -> None:
    outside = "..%2F..%2Fevil.json"
    for answer in (
        await client.get(f"/userdata/{outside}"),
        await client.post(f"/userdata/{outside}", content=b"x"),
        await client.delete(f"/userdata/{outside}"),
    ):
        assert (answer.status_code, answer.content) == (403, b"")


async def test_settings_are_kept(client: httpx.AsyncClient) -> None:
    stored = await client.post("/settings", json={"ContractSuite.A": 1, "ContractSuite.B": {"x": [1, 2]}})
    assert (stored.status_code, stored.content) == (200, b"")
    single = await client.post("/settings/ContractSuite.C", json="three")
    assert (single.status_code, single.content) == (200, b"")
    everything = (await client.get("/settings")).json()
    assert everything["ContractSuite.B"] == {"x": [1, 2]}
    assert (await client.get("/settings/ContractSuite.C")).json() == "three"
    await client.post("/settings/ContractSuite.C", json=None)
    # Without content nothing is stored; as null, the value is null.
    await client.post("/settings/ContractSuite.C", content=b"null", headers={"Content-Type": "application/json"})
    assert (await client.get("/settings")).json()["ContractSuite.C"] is None
    assert (await client.get("/settings")).json()["ContractSuite.A"] == 1


async def test_an_unknown_setting_is_null(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/settings/{uuid.uuid4()}")
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (200, JSON, None)


async def test_settings_that_are_no_json_break_the_request(client: httpx.AsyncClient) -> None:
    assert (await client.post("/settings", content=b"{")).status_code == 500
    assert (await client.post("/settings/ContractSuite.A", content=b"{")).status_code == 500


async def test_users(client: httpx.AsyncClient, server: ContractServer) -> None:
    answer = await client.get("/users")
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    assert answer.json()["storage"] == "server"
    assert ("users" if server.multi_user else "migrated") in answer.json()


async def test_bad_users(client: httpx.AsyncClient, server: ContractServer) -> None:
    await client.post("/users", json={"username": "contract suite"})
    again = await client.post("/users", json={"username": "contract suite"})
    assert (again.status_code, again.json()) == (400, {"error": "Duplicate username."})
    blank = await client.post("/users", json={"username": "  "})
    assert blank.status_code == (500 if server.is_old else 400)
    assert (await client.post("/users", json={})).status_code == 500
