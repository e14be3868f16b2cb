"""The work by hand: a script over persistent httpx and websockets connections, with no typing, no errors and no care.

It is what the SDK is measured against, so it does only what the work needs. Nothing here is an example to follow.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.cost import Cost, measured, measured_with_peak
from benchmarks.work import prompts

_WARM_UP = 3


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncGenerator[tuple[httpx.AsyncClient, ClientConnection, str]]:
    client_id = uuid.uuid4().hex
    async with (
        httpx.AsyncClient(base_url=url, timeout=60) as http,
        connect(f"ws{url.removeprefix('http')}/ws?clientId={client_id}", max_size=None, compression=None) as socket,
    ):
        await socket.send('{"type": "feature_flags", "data": {"supports_preview_metadata": true}}')
        yield http, socket, client_id


async def _post(http: httpx.AsyncClient, client_id: str, prompt: Any) -> str:
    prompt_id = str(uuid.uuid4())
    await http.post("/prompt", json={"prompt": prompt, "client_id": client_id, "prompt_id": prompt_id})
    return prompt_id


async def _run(http: httpx.AsyncClient, socket: ClientConnection, client_id: str, prompt: Any) -> dict[str, Any]:
    prompt_id = await _post(http, client_id, prompt)
    outputs: dict[str, Any] = {}
    while True:
        frame = await socket.recv()
        if isinstance(frame, bytes):
            continue
        message = json.loads(frame)
        kind, data = message["type"], message["data"]
        if kind == "executed" and data["prompt_id"] == prompt_id:
            outputs[data["node"]] = data["output"]
        elif kind == "execution_success" and data["prompt_id"] == prompt_id:
            return outputs


async def latency(url: str, count: str) -> Cost:
    async with _connected(url) as (http, socket, client_id):
        for _ in range(_WARM_UP):
            await _run(http, socket, client_id, prompts.trivial())
        with measured() as cost:
            for _ in range(int(count)):
                assert (await _run(http, socket, client_id, prompts.trivial()))["1"]["text"]
    return cost


latency_sync = latency


async def throughput(url: str, count: str, in_flight: str) -> Cost:
    async with _connected(url) as (http, socket, client_id):
        over: dict[str, asyncio.Future[dict[str, Any]]] = {}
        outputs: dict[str, dict[str, Any]] = {}

        async def read() -> None:
            while True:
                frame = await socket.recv()
                if isinstance(frame, bytes):
                    continue
                message = json.loads(frame)
                kind, data = message["type"], message["data"]
                if kind == "executed":
                    outputs[data["prompt_id"]][data["node"]] = data["output"]
                elif kind == "execution_success":
                    over[data["prompt_id"]].set_result(outputs[data["prompt_id"]])

        async def run() -> dict[str, Any]:
            prompt_id = str(uuid.uuid4())
            over[prompt_id] = asyncio.get_running_loop().create_future()
            outputs[prompt_id] = {}
            await http.post(
                "/prompt", json={"prompt": prompts.trivial(), "client_id": client_id, "prompt_id": prompt_id}
            )
            return await over[prompt_id]

        reader = asyncio.create_task(read())
        for _ in range(_WARM_UP):
            await run()
        left = iter(range(int(count)))

        async def work() -> None:
            for _ in left:
                assert (await run())["1"]["text"]

        with measured() as cost:
            await asyncio.gather(*(work() for _ in range(int(in_flight))))
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
    return cost


async def previews(url: str, count: str) -> Cost:
    async with _connected(url) as (http, socket, client_id):
        with measured() as cost:
            prompt_id = await _post(http, client_id, prompts.previews(int(count)))
            pictures = size = steps = 0
            while True:
                frame = await socket.recv()
                if isinstance(frame, bytes):
                    _, length = struct.unpack_from(">II", frame)
                    json.loads(frame[8 : 8 + length])
                    pictures += 1
                    size += len(frame[8 + length :])
                    continue
                message = json.loads(frame)
                if message["type"] == "progress":
                    steps += 1
                elif message["type"] == "execution_success" and message["data"]["prompt_id"] == prompt_id:
                    break
    cost.counts = {"previews": pictures, "steps": steps, "bytes": size}
    return cost


async def storm(url: str, count: str, nodes: str) -> Cost:
    async with _connected(url) as (http, socket, client_id):
        with measured() as cost:
            prompt_id = await _post(http, client_id, prompts.states(int(count), int(nodes)))
            while True:
                message = json.loads(await socket.recv())
                if message["type"] == "execution_success" and message["data"]["prompt_id"] == prompt_id:
                    break
    return cost


async def download(url: str, filename: str, directory: str, target: str) -> Cost:
    path = Path(target, "bound.bin")
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        await http.get("/features")
        with measured_with_peak() as cost:
            arguments = {"filename": filename, "type": directory, "subfolder": ""}
            async with http.stream("GET", "/view", params=arguments) as response:
                with path.open("wb") as file:
                    async for chunk in response.aiter_bytes():
                        file.write(chunk)
    cost.counts = {"bytes": path.stat().st_size}
    path.unlink()
    return cost


async def upload(url: str, source: str) -> Cost:
    path = Path(source)
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        await http.get("/features")
        with measured_with_peak() as cost, path.open("rb") as file:
            fields = {"type": "input", "subfolder": "", "overwrite": "true"}
            answer = await http.post("/upload/image", files={"image": (path.name, file)}, data=fields)
    assert answer.json()["name"]
    return cost


async def node_definitions(url: str, count: str) -> Cost:
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        await http.get("/features")
        with measured() as cost:
            for _ in range(int(count)):
                definitions = json.loads((await http.get("/object_info")).content)
                assert next(iter(definitions.values()))["input"]["required"]
    cost.counts = {"classes": len(definitions)}
    return cost


async def graph(url: str, nodes: str, count: str) -> Cost:
    """Run prompts of as many nodes, for the curves."""
    async with _connected(url) as (http, socket, client_id):
        await _run(http, socket, client_id, prompts.trivial())
        sources = [prompts.wide(int(nodes)) for _ in range(int(count))]
        with measured() as cost:
            for source in sources:
                assert len(await _run(http, socket, client_id, source)) == int(nodes)
    return cost
