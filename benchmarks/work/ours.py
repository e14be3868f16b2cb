"""The work with the SDK, as its users would write it."""

from __future__ import annotations

import asyncio
import gc
import json
from pathlib import Path
from typing import Any

import httpx

from benchmarks.cost import Cost, measured, measured_with_peak, resident
from benchmarks.work import prompts
from benchmarks.work.interface_workflow import DEFINITIONS, interface_workflow
from comfy_facade import AsyncComfyUIApiClient, ComfyUIApiClient, Workflow
from comfy_ws import ExecutionError, ExecutionSuccess, PreviewImage, Progress

_WARM_UP = 3


async def latency(url: str, count: str) -> Cost:
    async with AsyncComfyUIApiClient(url=url) as client:
        for _ in range(_WARM_UP):
            await client.run_prompt(prompts.trivial())
        with measured() as cost:
            for _ in range(int(count)):
                assert (await client.run_prompt(prompts.trivial())).texts
    return cost


def latency_sync(url: str, count: str) -> Cost:
    with ComfyUIApiClient(url=url) as client:
        for _ in range(_WARM_UP):
            client.run_prompt(prompts.trivial())
        with measured() as cost:
            for _ in range(int(count)):
                assert client.run_prompt(prompts.trivial()).texts
    return cost


async def throughput(url: str, count: str, in_flight: str) -> Cost:
    async with AsyncComfyUIApiClient(url=url) as client:
        for _ in range(_WARM_UP):
            await client.run_prompt(prompts.trivial())
        left = iter(range(int(count)))

        async def work() -> None:
            for _ in left:
                assert (await client.run_prompt(prompts.trivial())).texts

        with measured() as cost:
            await asyncio.gather(*(work() for _ in range(int(in_flight))))
    return cost


async def previews(url: str, count: str) -> Cost:
    async with AsyncComfyUIApiClient(url=url) as client:
        with measured() as cost:
            job = await client.submit(prompts.previews(int(count)))
            pictures = size = steps = 0
            async for event in job:
                match event:
                    case PreviewImage():
                        pictures += 1
                        size += len(event.data)
                    case Progress():
                        steps += 1
                    case _:
                        pass
            await job.result()
    cost.counts = {"previews": pictures, "steps": steps, "bytes": size}
    return cost


async def storm(url: str, count: str, nodes: str) -> Cost:
    async with AsyncComfyUIApiClient(url=url) as client:
        with measured() as cost:
            job = await client.submit(prompts.states(int(count), int(nodes)))
            ends = 0
            async for event in job:
                if isinstance(event, ExecutionSuccess | ExecutionError):
                    ends += 1
            await job.result()
    assert ends == 1
    return cost


async def download(url: str, filename: str, directory: str, target: str) -> Cost:
    path = Path(target, "ours.bin")
    async with AsyncComfyUIApiClient(url=url, websocket=False) as client:
        await client.get_features()
        with measured_with_peak() as cost:
            await client.download({"filename": filename, "type": directory}, path)
    cost.counts = {"bytes": path.stat().st_size}
    path.unlink()
    return cost


async def upload(url: str, source: str) -> Cost:
    async with AsyncComfyUIApiClient(url=url, websocket=False) as client:
        await client.get_features()
        with measured_with_peak() as cost:
            uploaded = await client.upload_image(source, overwrite=True)
    assert uploaded.filename
    return cost


async def node_definitions(url: str, count: str) -> Cost:
    async with AsyncComfyUIApiClient(url=url, websocket=False) as client:
        await client.get_features()
        with measured() as cost:
            for _ in range(int(count)):
                definitions = await client.get_node_defs()
                assert next(iter(definitions.values())).inputs
    cost.counts = {"classes": len(definitions)}
    return cost


def conversion(nodes: str) -> Cost:
    source = json.dumps(interface_workflow(int(nodes)))
    with measured() as cost:
        prompt = Workflow.load(source).to_prompt(DEFINITIONS)
    cost.counts = {"nodes": len(prompt)}
    return cost


async def memory(url: str, count: str) -> Cost:
    async with AsyncComfyUIApiClient(url=url) as client:
        # What is made once is made before: connections, caches, the heap's first pages.
        for _ in range(100):
            await client.run_prompt(prompts.trivial())
        gc.collect()
        before = resident()
        with measured() as cost:
            for _ in range(int(count)):
                await client.run_prompt(prompts.trivial())
        gc.collect()
        cost.memory = resident() - before
    return cost


async def idle(url: str, seconds: str) -> Cost:
    requests: list[str] = []

    async def count(request: httpx.Request) -> None:
        requests.append(request.method)

    async with (
        httpx.AsyncClient(event_hooks={"request": [count]}) as http_client,
        AsyncComfyUIApiClient(url=url, http_client=http_client) as client,
    ):
        await client.run_prompt(prompts.trivial())
        requests.clear()
        with measured() as cost:
            await asyncio.sleep(float(seconds))
    cost.counts = {"requests": len(requests)}
    return cost


async def graph(url: str, nodes: str, count: str) -> Cost:
    """Run prompts of as many nodes, for the curves."""
    async with AsyncComfyUIApiClient(url=url) as client:
        await client.run_prompt(prompts.trivial())
        sources: list[dict[str, Any]] = [prompts.wide(int(nodes)) for _ in range(int(count))]
        with measured() as cost:
            for source in sources:
                assert len((await client.run_prompt(source)).texts) == int(nodes)
    return cost
