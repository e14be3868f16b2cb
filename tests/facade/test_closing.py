"""Requests under way while their client is closed: they end, and say why."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from comfy_facade import AsyncComfyUIApiClient, ClientClosedError, ComfyUIApiClient
from tests import prompts
from tests.streams import serving

Request = Callable[[AsyncComfyUIApiClient, Path], Awaitable[object]]

REQUESTS: dict[str, Request] = {
    "queue": lambda client, _: client.get_queue(),
    "status": lambda client, _: client.get_prompt_status("a"),
    "bytes": lambda client, _: client.get_user_data("a"),
    "file": lambda client, path: client.download({"filename": "a.png"}, path),
    "post": lambda client, _: client.queue_prompt(0, prompt=prompts.two_images_and_text()),
    "run": lambda client, _: client.run_prompt(prompts.two_images_and_text()),
    "wait": lambda client, _: client.wait_for_prompt("a"),
}


class SilentServer:
    """Takes requests and sends a beginning of an answer, but never an end.

    Attributes:
        url: Its address.
        beginning: What it sends of an answer.
    """

    def __init__(self) -> None:
        self.url = ""
        self.beginning = b""
        self._asked = threading.Semaphore(0)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while b"\r\n\r\n" not in await reader.read(65536):
                pass
            writer.write(self.beginning)
            await writer.drain()
            self._asked.release()
            await reader.read()
        finally:
            writer.close()

    async def asked(self) -> None:
        """Wait until another request is under way."""
        assert await asyncio.to_thread(self._asked.acquire, timeout=30)


@pytest.fixture(params=[b"", b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\n{"])
async def silent(request: pytest.FixtureRequest) -> AsyncIterator[SilentServer]:
    server = SilentServer()
    server.beginning = request.param
    async with serving(server.answer) as port:
        server.url = f"http://127.0.0.1:{port}"
        yield server


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_request_under_way_ends_with_its_client(silent: SilentServer, tmp_path: Path, name: str) -> None:
    client = AsyncComfyUIApiClient(url=silent.url, websocket=False)
    request = asyncio.ensure_future(REQUESTS[name](client, tmp_path / "a.png"))
    await silent.asked()
    await client.close()
    with pytest.raises(ClientClosedError):
        await asyncio.wait_for(request, 30)


@pytest.mark.usefixtures("who_drives")
async def test_another_thread_s_request_ends_with_its_client(silent: SilentServer) -> None:
    client = ComfyUIApiClient(url=silent.url, websocket=False)
    request = asyncio.create_task(asyncio.to_thread(client.get_queue))
    await silent.asked()
    await asyncio.to_thread(client.close)
    with pytest.raises(ClientClosedError):
        await asyncio.wait_for(request, 30)
