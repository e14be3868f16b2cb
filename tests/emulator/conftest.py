from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

import comfy_emulator


@pytest.fixture
def server() -> Iterator[comfy_emulator.RunningServer]:
    with comfy_emulator.running() as running:
        yield running


@pytest.fixture
async def client(server: comfy_emulator.RunningServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url) as connected:
        yield connected
