"""Node definitions, model folders and what is known of the files in them."""

import httpx
import pytest

from tests.contract.servers import ContractServer
from tests.contract.test_system import JSON

PROBES = {
    "ProbeSteps": (["IMAGE"], False),
    "ProbeText": (["STRING"], True),
    "ProbeFail": (["IMAGE"], False),
    "ProbeCustomEvent": ([], True),
    "ProbeWebsocketImage": ([], True),
}


async def test_all_definitions(client: httpx.AsyncClient) -> None:
    answer = await client.get("/object_info")
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    for name, definition in answer.json().items():
        assert definition.keys() >= {"input", "input_order", "output", "output_is_list", "output_name", "output_node"}
        assert definition["name"] == name
        assert len(definition["output"]) == len(definition["output_is_list"]) == len(definition["output_name"])
        order = {category: list(inputs) for category, inputs in definition["input"].items()}
        assert definition["input_order"] == order
    assert answer.json().keys() >= {"KSampler", "LoadImage", "SaveImage", "PreviewImage", *PROBES}


@pytest.mark.parametrize("name", PROBES)
async def test_a_single_definition(client: httpx.AsyncClient, server: ContractServer, name: str) -> None:
    answer = await client.get(f"/object_info/{name}")
    assert (answer.status_code, list(answer.json())) == (200, [name])
    definition = answer.json()[name]
    assert (definition["output"], definition["output_node"]) == PROBES[name]
    assert definition["python_module"] == "custom_nodes.probe_nodes"
    assert ("search_aliases" in definition) is not server.is_old


async def test_inputs_of_a_definition(client: httpx.AsyncClient) -> None:
    required = (await client.get("/object_info/ProbeSteps")).json()["ProbeSteps"]["input"]["required"]
    assert required["preview"][0] == ["JPEG", "PNG", "none"]
    seed = {"default": 0, "min": 0, "max": 2**64 - 1, "control_after_generate": True}
    assert required["seed"] == ["INT", seed]


async def test_output_nodes_pass_pictures_on_in_newer_servers(
    client: httpx.AsyncClient, server: ContractServer
) -> None:
    for name in ("SaveImage", "PreviewImage"):
        definition = (await client.get(f"/object_info/{name}")).json()[name]
        assert definition["output"] == ([] if server.is_old else ["IMAGE"])


async def test_an_unknown_definition_is_empty(client: httpx.AsyncClient) -> None:
    answer = await client.get("/object_info/NoSuchNode")
    assert (answer.status_code, answer.json()) == (200, {})


async def test_model_folders(client: httpx.AsyncClient, server: ContractServer) -> None:
    answer = await client.get("/models")
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    assert set(answer.json()) >= {"checkpoints", "loras", "vae", "embeddings", "controlnet", "upscale_models"}
    assert ("latent_upscale_models" in answer.json()) is not server.is_old


async def test_models_of_a_folder(client: httpx.AsyncClient) -> None:
    names = (await client.get("/models/checkpoints")).json()
    assert all(isinstance(name, str) for name in names)
    described = (await client.get("/experiment/models/checkpoints")).json()
    assert {each["name"] for each in described} == set(names)
    assert all(each.keys() == {"name", "pathIndex", "modified", "created", "size"} for each in described)


async def test_an_unknown_folder_is_not_found(client: httpx.AsyncClient) -> None:
    for answer in (await client.get("/models/nope"), await client.get("/experiment/models/nope")):
        assert (answer.status_code, answer.content) == (404, b"")


async def test_described_folders(client: httpx.AsyncClient, server: ContractServer) -> None:
    folders = (await client.get("/experiment/models")).json()
    by_name = {each["name"]: each for each in folders}
    assert not {"configs", "custom_nodes"} & by_name.keys()
    assert by_name["checkpoints"]["folders"]
    assert ("extensions" in by_name["checkpoints"]) is not server.is_old


async def test_embeddings(client: httpx.AsyncClient) -> None:
    answer = await client.get("/embeddings")
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    assert isinstance(answer.json(), list)


async def test_previews_of_models_that_have_none(client: httpx.AsyncClient, server: ContractServer) -> None:
    missing = await client.get("/experiment/models/preview/checkpoints/0/nope.safetensors")
    assert (missing.status_code, missing.content) == (404, b"")
    assert (await client.get("/experiment/models/preview/nope/0/a.safetensors")).status_code == 404
    far = await client.get("/experiment/models/preview/checkpoints/99/a.safetensors")
    assert far.status_code == (500 if server.is_old else 404)
    odd = await client.get("/experiment/models/preview/checkpoints/x/a.safetensors")
    assert odd.status_code == (500 if server.is_old else 400)


async def test_metadata_of_models_that_are_not_there(client: httpx.AsyncClient) -> None:
    missing = await client.get("/view_metadata/checkpoints", params={"filename": "nope.safetensors"})
    assert (missing.status_code, missing.content) == (404, b"")
    assert (await client.get("/view_metadata/checkpoints")).status_code == 404
    assert (await client.get("/view_metadata/checkpoints", params={"filename": "nope.ckpt"})).status_code == 404
