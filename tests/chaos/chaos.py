"""What a test of faults works with: a server, a proxy before it, clients of one flavour, and a stopwatch."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from attrs import define, field
from websockets.asyncio.client import connect

from comfy_emulator import RunningServer
from comfy_facade import PromptResult
from tests import plain_http, prompts
from tests.chaos.clients import Client, Flavour
from tests.chaos.proxy import Proxy
from tests.servers import ServerUnderTest

Report = Callable[[str, float, float], None]
"""Takes a fault, the seconds from it to the right outcome, and the limit."""


@define(eq=False)
class Chaos:
    """A server behind a proxy.

    Attributes:
        server: The server, under its own address.
        proxy: The proxy before it.
        emulator: The server's switches, if it has any.
        flavour: Which client is tested.
        report: Notes how long something took.
        someone_else: Requests that pass the proxy by, as another program's.
    """

    server: ServerUnderTest
    proxy: Proxy
    emulator: RunningServer | None
    flavour: Flavour
    report: Report
    someone_else: httpx.AsyncClient
    clients: list[Client] = field(factory=list[Client])

    @property
    def switches(self) -> RunningServer:
        """The emulator; the test is skipped where a real server runs."""
        if self.emulator is None:
            pytest.skip("a real server cannot be made to do this")
        return self.emulator

    async def client(self, **options: Any) -> Client:
        """Open a client that speaks through the proxy."""
        client = Client(self.flavour, options.pop("url", self.proxy.url), **options)
        self.clients.append(client)
        await client.open()
        return client

    def within(self, fault: str, since: float, limit: float, *, until: float | None = None) -> None:
        """Note how long it took from a fault to the right outcome, and hold it to its limit."""
        took = (time.monotonic() if until is None else until) - since
        self.report(fault, took, limit)
        assert took < limit, f"{fault}: {took:.2f} s"

    async def until_running(self, prompt_id: str) -> None:
        """Wait until the server runs a prompt."""
        await self._until(lambda queue: _has(queue["queue_running"], prompt_id))

    async def until_pending(self, prompt_id: str) -> None:
        """Wait until a prompt waits in the server's queue."""
        await self._until(lambda queue: _has(queue["queue_pending"], prompt_id))

    async def until_over(self, prompt_id: str) -> None:
        """Wait until the server's queue has a prompt no more."""
        await self._until(lambda queue: not _has(queue["queue_running"] + queue["queue_pending"], prompt_id))

    async def status_in_history(self, prompt_id: str) -> str | None:
        """Say how a prompt ended by the server's history, or `None` if that does not know it."""
        history = (await self.someone_else.get(f"/history/{prompt_id}")).json()
        return None if prompt_id not in history else str(history[prompt_id]["status"]["status_str"])

    async def until_copies(self, prompt_id: str, count: int) -> None:
        """Wait until the server's queue has a prompt so often."""
        await self._until(lambda queue: _copies(queue, prompt_id) == count)

    async def _until(self, condition: Callable[[Any], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition((await self.someone_else.get("/queue")).json()):
                await asyncio.sleep(0.02)

    async def deafen(self, client: Client) -> None:
        """Make the server forget a client's socket: it does when another one with the same id ends."""
        url = self.server.url.replace("http", "ws", 1)
        async with connect(f"{url}/ws?clientId={client.client_id}", close_timeout=1) as second:
            await second.recv()
        # The server has noticed by the time it has answered this.
        for _ in range(2):
            await self.someone_else.get("/queue")

    async def end_what_is_left(self) -> None:
        """Take what a failed test left running off a server that others use too."""
        queue = (await self.someone_else.get("/queue")).json()
        for item in queue["queue_pending"]:
            if self.proxy.posts_forwarded(item[1]):
                await self.someone_else.post("/queue", json={"delete": [item[1]]})
        for item in queue["queue_running"]:
            if self.proxy.posts_forwarded(item[1]):
                await self.someone_else.post("/interrupt", json={"prompt_id": item[1]})

    def was_run_once(self, prompt_id: str) -> bool:
        """Whether the server ran a prompt once: it got it once, and (where it can tell) began it once."""
        posts, unheard = self.proxy.posts_forwarded(prompt_id), self.proxy.posts_unheard(prompt_id)
        assert posts - unheard <= 1 <= posts, f"the server got {prompt_id} {posts} times, {unheard} of them perhaps"
        if self.emulator is not None:
            runs = list(self.emulator.prompts_run).count(prompt_id)
            assert runs == 1, f"the server ran {prompt_id} {runs} times"
        return True


def lasting(seconds: float, text: str = "") -> dict[str, Any]:
    """A prompt that takes some time, with a step and a preview every 50 ms, and gives an image and a text."""
    return {
        "1": prompts.steps(max(1, round(seconds / 0.05)), delay_ms=50),
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        "3": {"class_type": "ProbeText", "inputs": {"text": text or f"text {uuid.uuid4()}"}},
    }


def text_of(prompt: dict[str, Any]) -> str:
    """The text that a prompt of `lasting` gives."""
    return str(prompt["3"]["inputs"]["text"])


def is_right(result: PromptResult[Any], prompt: dict[str, Any]) -> bool:
    """Whether a result is the one that belongs to a prompt of `lasting`."""
    assert list(result.texts) == [text_of(prompt)]
    assert [image.node_id for image in result.images] == ["2"]
    return True


@asynccontextmanager
async def chaos_before(
    server: ServerUnderTest, proxy: Proxy, emulator: RunningServer | None, flavour: Flavour, report: Report
) -> AsyncIterator[Chaos]:
    """Put everything together, and close every client at the end."""
    async with plain_http.AsyncClient(base_url=server.url, timeout=30) as someone_else:
        chaos = Chaos(server, proxy, emulator, flavour, report, someone_else)
        try:
            yield chaos
        finally:
            proxy.clear()
            for client in chaos.clients:
                async with asyncio.timeout(15):
                    await client.close()
            if emulator is None:
                await chaos.end_what_is_left()


def _has(items: list[Any], prompt_id: str) -> bool:
    return any(item[1] == prompt_id for item in items)


def _copies(queue: Any, prompt_id: str) -> int:
    return sum(item[1] == prompt_id for item in queue["queue_running"] + queue["queue_pending"])
