"""What a run takes for a prompt: the same dicts that `Workflow.load` takes, and that text may hold."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, InvalidWorkflowError, PromptRejectedError
from tests import prompts

WORKFLOW: dict[str, Any] = {
    "nodes": [{"id": 7, "type": "EmptyImage", "mode": 0, "inputs": [], "outputs": [], "widgets_values": [8, 8, 1, 0]}]
}

HALF: dict[str, Any] = {"1": {"class_type": "A"}, "2": {}}


@pytest.fixture
async def client(emulator: comfy_emulator.RunningServer) -> AsyncIterator[AsyncComfyUIApiClient]:
    async with AsyncComfyUIApiClient(url=emulator.url, websocket=False) as client:
        yield client


def request() -> dict[str, Any]:
    return {
        "prompt": prompts.plain_image(),
        "client_id": "me",
        "extra_data": {"extra_pnginfo": {"workflow": WORKFLOW}},
    }


@pytest.mark.parametrize("form", [lambda source: source, json.dumps], ids=["dict", "text"])
async def test_a_whole_request_runs(client: AsyncComfyUIApiClient, form: Any) -> None:
    source = request()
    before = copy.deepcopy(source)
    result = await client.run_prompt(form(source), timeout=30)

    assert len(result.images) == 1
    assert source == before
    history = await client.get_history()
    assert history[result.prompt_id].raw["prompt"][3]["extra_pnginfo"]["workflow"] == WORKFLOW


@pytest.mark.parametrize("links", [{}, {"links": []}], ids=["left out", "none"])
async def test_a_workflow_of_the_interface_may_have_no_links(
    client: AsyncComfyUIApiClient, links: dict[str, Any]
) -> None:
    with pytest.raises(PromptRejectedError, match="outputs"):
        await client.run_prompt({**WORKFLOW, **links})


@pytest.mark.parametrize("source", [HALF, {"prompt": HALF}])
async def test_a_node_without_a_class_is_named(client: AsyncComfyUIApiClient, source: dict[str, Any]) -> None:
    with pytest.raises(InvalidWorkflowError, match="node '2'"):
        await client.run_prompt(source)


async def test_node_ids_that_are_numbers_lose_no_images(comfyui: comfy_emulator.RunningServer) -> None:
    prompt: dict[Any, Any] = {
        1: {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": 1}},
        2: {"class_type": "SaveImageWebsocket", "inputs": {"images": ["1", 0]}},
    }
    async with AsyncComfyUIApiClient(url=comfyui.url) as client:
        assert len((await client.run_prompt(prompt)).streamed_images) == 1
