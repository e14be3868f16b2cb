"""The servers the suite runs against, and prompts that clean up after themselves."""

from __future__ import annotations

import asyncio
import random
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from tests.servers import live_server

SUITE_FOLDER = "contract-suite"


@dataclass(frozen=True)
class ContractServer:
    """A ComfyUI server, emulated or real.

    Attributes:
        url: Where it answers.
        version: Its version number.
        multi_user: Whether requests have to name their user.
        has_assets: Whether the asset routes work.
    """

    url: str
    version: str
    multi_user: bool = False
    has_assets: bool = False

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def is_old(self) -> bool:
        """Whether it is of the generation of 0.3.64, not of 0.33.0."""
        return self.version.startswith("0.3.")


def real_server() -> ContractServer:
    """The server at `COMFYUI_URL`; skips the test where that names none."""
    found = live_server()
    with httpx.Client(base_url=found.url, timeout=30) as client:
        multi_user = "users" in client.get("/users").json()
        has_assets = client.get("/features").json().get("assets", False)
    return ContractServer(found.url.rstrip("/"), found.version, multi_user, has_assets)


def connected(url: str, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    """A client of a server. Reading the certificates of the world takes longer than most tests; none is needed."""
    return httpx.AsyncClient(base_url=url, timeout=30, headers=headers, verify=False)


class Prompts:
    """The prompts of one test: posted, awaited, and taken away at its end."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._ids: list[str] = []

    async def post(self, prompt: dict[str, Any], **more: Any) -> str:
        """Post a prompt that the server takes; give its id."""
        return str((await self.posted(prompt, **more))["prompt_id"])

    async def posted(self, prompt: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Post a prompt that the server takes; give the answer."""
        answer = await self._client.post("/prompt", json={"prompt": prompt, **more})
        assert answer.status_code == 200, answer.text
        posted: dict[str, Any] = answer.json()
        self._ids.append(posted["prompt_id"])
        return posted

    async def finished(self, prompt_id: str, seconds: float = 20) -> dict[str, Any]:
        """Wait until a prompt is in the history; give its entry."""
        async with asyncio.timeout(seconds):
            while True:
                history = (await self._client.get(f"/history/{prompt_id}")).json()
                if history:
                    entry: dict[str, Any] = history[prompt_id]
                    return entry
                await asyncio.sleep(0.01)

    async def run(self, prompt: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Post a prompt and wait for its end; give its history entry."""
        return await self.finished(await self.post(prompt, **more))

    async def running(self, prompt_id: str, seconds: float = 20) -> None:
        """Wait until a prompt runs."""
        async with asyncio.timeout(seconds):
            while prompt_id not in [item[1] for item in (await self.queue())["queue_running"]]:
                await asyncio.sleep(0.01)

    async def queue(self) -> dict[str, Any]:
        queue: dict[str, Any] = (await self._client.get("/queue")).json()
        return queue

    async def idle(self, seconds: float = 30) -> None:
        """Wait until nothing runs or waits; others may be using a real server."""
        async with asyncio.timeout(seconds):
            while (await self._client.get("/prompt")).json()["exec_info"]["queue_remaining"]:
                await asyncio.sleep(0.02)

    async def take_away(self) -> None:
        """Cancel what is left of the test's prompts, and forget all of them."""
        if not self._ids:
            return
        await self._client.post("/queue", json={"delete": self._ids})
        async with asyncio.timeout(50):
            while running := {item[1] for item in (await self.queue())["queue_running"]} & {*self._ids}:
                await self._client.post("/interrupt", json={"prompt_id": next(iter(running))})
                await asyncio.sleep(0.02)
        await self._client.post("/history", json={"delete": self._ids})


def steps_node(count: int = 3, *, delay_ms: int = 5, preview: str = "JPEG", size: int = 16) -> dict[str, Any]:
    """A node that reports progress at each step; its seed is new each time, so that nothing is cached."""
    inputs = {"steps": count, "delay_ms": delay_ms, "width": size, "height": size, "preview": preview}
    return {"class_type": "ProbeSteps", "inputs": {"seed": random.getrandbits(60), **inputs}}


def preview_of(node_id: str) -> dict[str, Any]:
    return {"class_type": "PreviewImage", "inputs": {"images": [node_id, 0]}}


def save_of(node_id: str, name: str = "picture") -> dict[str, Any]:
    inputs = {"images": [node_id, 0], "filename_prefix": f"{SUITE_FOLDER}/{name}"}
    return {"class_type": "SaveImage", "inputs": inputs}


def text_node(text: str | None = None) -> dict[str, Any]:
    return {"class_type": "ProbeText", "inputs": {"text": text or new_text()}}


def new_text() -> str:
    return f"héllo ☃ {uuid.uuid4()}"


def stepping(count: int = 3, **options: Any) -> dict[str, Any]:
    """Steps, then a preview picture."""
    return {"1": steps_node(count, **options), "2": preview_of("1")}


def long_running(preview: str = "none") -> dict[str, Any]:
    """Runs until it is interrupted, and takes notice of that soon.

    A real server encodes previews where it answers requests, and answers none while they come more quickly than that.
    """
    return (
        stepping(1500, delay_ms=20, preview=preview)
        if preview == "none"
        else stepping(600, delay_ms=50, preview=preview)
    )


def text_prompt(text: str | None = None) -> dict[str, Any]:
    return {"1": text_node(text)}


def two_pictures_and_text() -> dict[str, Any]:
    return {"1": steps_node(), "2": save_of("1"), "3": text_node(), "4": preview_of("1")}
