"""TLS that never comes about: nothing is left open of a handshake that is given up, while the client goes on."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from comfy_facade import AsyncComfyUIApiClient, ConnectionFailedError
from tests.proxies.forward import forward_proxy
from tests.streams import serving

pytestmark = pytest.mark.usefixtures("no_proxies")

PATIENCE = 20.0


class SilentServer:
    """Takes connections, and what is said there, and says nothing.

    Attributes:
        greeted: Set when a client has begun its handshake.
        left: Set when it has closed its connection.
    """

    def __init__(self) -> None:
        self.greeted = asyncio.Event()
        self.left = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.read(65536):
                self.greeted.set()
        finally:
            self.left.set()


@pytest.mark.parametrize("way", ["own connections", "a given client", "a proxy"])
@pytest.mark.parametrize("end", ["cancelled", "out of time"])
async def test_a_handshake_that_is_given_up_leaves_no_connection(
    way: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = SilentServer()
    timeout = 0.5 if end == "out of time" else 30.0
    async with serving(server.answer) as port:
        with forward_proxy(f"http://127.0.0.1:{port}") as proxy:
            if way == "a proxy":
                monkeypatch.setenv("https_proxy", f"http://{proxy.host}")
            async with (
                httpx.AsyncClient(timeout=timeout) as given,
                AsyncComfyUIApiClient(
                    url=f"https://127.0.0.1:{port}",
                    timeout=timeout,
                    websocket=False,
                    http_client=given if way == "a given client" else None,
                ) as client,
            ):
                asking = asyncio.create_task(client.get_queue())
                await asyncio.wait_for(server.greeted.wait(), PATIENCE)
                if end == "cancelled":
                    asking.cancel()
                with pytest.raises((asyncio.CancelledError, ConnectionFailedError)):
                    await asking
                await asyncio.wait_for(server.left.wait(), PATIENCE / 4)
