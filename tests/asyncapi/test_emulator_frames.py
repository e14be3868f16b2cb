"""Every message that the contract describes, as the emulator sends it, in both versions that it plays."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

import comfy_emulator
from tests import plain_http
from tests.asyncapi.messages import EventContract
from tests.asyncapi.sessions import VERSIONS

FLAGS = json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})
END = '"node": null'

# The first comes from clients, the second never travels, and nothing of the emulator sends the third.
NOT_SENT = {"clientFeatureFlags", "unencodedPreviewImage", "nodeBytes"}


class Ear:
    """A socket that notes all it hears."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[str | bytes] = []

    async def listen(self) -> None:
        try:
            async for frame in self.socket:
                self.frames.append(frame)
        except ConnectionClosed:
            pass

    async def until(self, part: str, count: int = 1) -> None:
        async with asyncio.timeout(20):
            while sum(part in frame for frame in self.frames if isinstance(frame, str)) < count:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def ear(server: comfy_emulator.RunningServer, client_id: str, *, flags: bool = True) -> AsyncIterator[Ear]:
    async with connect(f"ws://{server.host}/ws?clientId={client_id}", max_size=None) as socket:
        one = Ear(socket)
        task = asyncio.create_task(one.listen())
        if flags:
            await socket.send(FLAGS)
        await one.until('"sid"')
        yield one
    await task


def steps(preview: str = "JPEG", count: int = 3, delay: int = 0) -> dict[str, Any]:
    inputs = {"seed": 1, "steps": count, "delay_ms": delay, "width": 16, "height": 16, "preview": preview}
    return {
        "1": {"class_type": "ProbeSteps", "inputs": inputs},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }


@pytest.mark.parametrize("version", VERSIONS)
async def test_every_frame_of_the_emulator_is_as_documented(version: str) -> None:
    frames: list[str | bytes] = []
    with comfy_emulator.running(version=version) as server:
        async with plain_http.AsyncClient(base_url=server.url) as client:

            async def run(listener: Ear, prompt: dict[str, Any], ends: int, client_id: str = "a") -> None:
                answer = await client.post("/prompt", json={"prompt": prompt, "client_id": client_id})
                assert answer.status_code == 200, answer.text
                await listener.until(END, ends)

            async with ear(server, "a") as first, ear(server, "b", flags=False) as other:
                answer = await client.patch("/internal/logs/subscribe", json={"clientId": "a", "enabled": True})
                assert answer.status_code == 200
                await run(first, steps(), 1)
                await run(first, steps(), 2)
                await run(first, {"1": {"class_type": "ProbeText", "inputs": {"text": "h\N{SNOWMAN}"}}}, 3)
                event = {"event": "my.event", "size": 3, "seed": 1}
                await run(first, {"1": {"class_type": "ProbeCustomEvent", "inputs": event}}, 4)
                server.script(comfy_emulator.FailNode(node="2"))
                await run(first, steps("PNG"), 5)
                server.script(comfy_emulator.InterruptPrompt(at_step=2))
                await run(first, steps("PNG", 4), 6)
                await run(other, steps("PNG", 5), 1, "b")
                # Posted by nobody: what reaches everybody comes to both.
                await client.post("/prompt", json={"prompt": steps("JPEG", 6)})
                await other.until('"max": 6')
                frames += first.frames + other.frames
            answer = await client.post("/prompt", json={"prompt": steps("JPEG", 50, 20), "client_id": "a"})
            await asyncio.sleep(0.1)
            async with ear(server, "a", flags=False) as again:
                await again.until('"executing"')
                frames += again.frames
                await client.post("/interrupt")

    contract = EventContract(version=version, strict=True)
    assert [problem for frame in frames for problem in contract.problems(frame)] == []
    scans = {key for key in contract.messages if key.startswith("assetScan")}
    seen = {message.key for frame in frames if (message := contract.message_of(frame))}
    assert seen == set(contract.messages) - NOT_SENT - scans
