"""What the server tells about itself, and what holds for every request."""

import uuid

import httpx
import pytest

from tests.contract.servers import ContractServer

JSON = "application/json; charset=utf-8"


async def test_system_stats(client: httpx.AsyncClient, server: ContractServer) -> None:
    answer = await client.get("/system_stats")
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    stats = answer.json()
    assert stats["system"]["comfyui_version"] == server.version
    assert stats["system"]["os"] == ("posix" if server.is_old else "linux")
    assert ("deploy_environment" in stats["system"]) is not server.is_old
    assert stats["system"].keys() >= {"ram_total", "ram_free", "python_version", "pytorch_version", "argv"}
    assert stats["devices"][0].keys() >= {"name", "type", "index", "vram_total", "vram_free"}


async def test_features(client: httpx.AsyncClient, server: ContractServer) -> None:
    answer = await client.get("/features")
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    flags = answer.json()
    assert flags["supports_preview_metadata"] is True
    assert flags["max_upload_size"] > 0
    assert ("assets" in flags) is not server.is_old
    assert ("supports_model_type_tags" in flags) is not server.is_old
    assert ("node_replacements" in flags) is not server.is_old


@pytest.mark.parametrize("path", ["/features", "/i18n", "/models", "/users", "/extensions", "/embeddings"])
async def test_routes_answer_with_and_without_the_prefix(client: httpx.AsyncClient, path: str) -> None:
    plain, prefixed = await client.get(path), await client.get(f"/api{path}")
    assert plain.status_code == prefixed.status_code == 200
    assert plain.json() == prefixed.json()
    assert (await client.get(f"/api{path}/no/such")).status_code == 404


async def test_internal_routes_answer_without_the_prefix_only(client: httpx.AsyncClient) -> None:
    assert (await client.get("/internal/folder_paths")).status_code == 200
    assert (await client.get("/api/internal/folder_paths")).status_code == 404


@pytest.mark.parametrize("path", ["/", "/api/"])
async def test_the_first_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")
    assert "<title>ComfyUI</title>" in answer.text


async def test_an_unknown_path_is_a_missing_file(client: httpx.AsyncClient) -> None:
    answer = await client.get("/no/such/path")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/octet-stream")


async def test_an_unknown_method_is_not_allowed(client: httpx.AsyncClient) -> None:
    answer = await client.put("/queue")
    assert (answer.status_code, answer.text) == (405, "405: Method Not Allowed")


async def test_heads_are_answered_where_gets_are(client: httpx.AsyncClient) -> None:
    answer = await client.head("/queue")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == JSON


async def test_another_origin_is_refused(client: httpx.AsyncClient, server: ContractServer) -> None:
    foreign = await client.get("/queue", headers={"Origin": "http://example.com"})
    assert (foreign.status_code, foreign.content) == (403, b"")
    assert (await client.get("/queue", headers={"Origin": server.url})).status_code == 200
    posted = await client.post("/interrupt", headers={"Origin": "http://example.com"})
    assert posted.status_code == 403


async def test_a_cross_site_request_is_refused_by_newer_servers(
    client: httpx.AsyncClient, server: ContractServer
) -> None:
    answer = await client.get("/queue", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == (200 if server.is_old else 403)


async def test_extensions(client: httpx.AsyncClient) -> None:
    answer = await client.get("/extensions")
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    assert answer.json()
    assert all(isinstance(name, str) and name.startswith("/extensions/") for name in answer.json())


async def test_translations_and_templates_of_custom_nodes(client: httpx.AsyncClient) -> None:
    for answer in (await client.get("/i18n"), await client.get("/workflow_templates")):
        assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
        assert isinstance(answer.json(), dict)


async def test_global_subgraphs_of_newer_servers(client: httpx.AsyncClient, server: ContractServer) -> None:
    answer = await client.get("/global_subgraphs")
    if server.is_old:
        assert answer.status_code == 404
        return
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    subgraph_id, described = next(iter(answer.json().items()))
    assert described.keys() >= {"source", "name", "info"}
    assert "data" not in described
    whole = await client.get(f"/global_subgraphs/{subgraph_id}")
    assert isinstance(whole.json()["data"], str)
    unknown = await client.get(f"/global_subgraphs/{uuid.uuid4()}")
    assert (unknown.status_code, unknown.json()) == (200, None)


async def test_node_replacements_of_newer_servers(client: httpx.AsyncClient, server: ContractServer) -> None:
    answer = await client.get("/node_replacements")
    assert answer.status_code == (404 if server.is_old else 200)
    if not server.is_old:
        assert all(isinstance(each, list) for each in answer.json().values())


async def test_logs(client: httpx.AsyncClient) -> None:
    text = await client.get("/internal/logs")
    assert (text.status_code, text.headers["content-type"]) == (200, JSON)
    assert isinstance(text.json(), str)
    raw = (await client.get("/internal/logs/raw")).json()
    assert raw["entries"][-1].keys() == {"t", "m"}
    assert raw["size"].keys() == {"cols", "rows"}


async def test_log_subscriptions(client: httpx.AsyncClient, client_id: str) -> None:
    for enabled in (True, False):
        answer = await client.patch("/internal/logs/subscribe", json={"clientId": client_id, "enabled": enabled})
        assert (answer.status_code, answer.content) == (200, b"")
    assert (await client.patch("/internal/logs/subscribe", json={})).status_code == 500


async def test_folder_paths(client: httpx.AsyncClient) -> None:
    answer = await client.get("/internal/folder_paths")
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    assert answer.json().keys() >= {"checkpoints", "loras", "vae"}
    assert all(path.startswith("/") for paths in answer.json().values() for path in paths)


async def test_lists_of_files(client: httpx.AsyncClient, server: ContractServer) -> None:
    name = f"{uuid.uuid4()}.txt"
    await client.post("/upload/image", files={"image": (name, b"listed", "text/plain")}, data={"type": "temp"})
    answer = await client.get("/internal/files/temp")
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    assert (name if server.is_old else f"{name} [temp]") in answer.json()
    unknown = await client.get("/internal/files/bogus")
    assert (unknown.status_code, unknown.json()) == (400, {"error": "Invalid directory type"})
