"""The servers of the suite: both emulated versions, and the real one at `COMFYUI_URL`."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

import comfy_emulator
from tests.contract.servers import ContractServer, Prompts, connected, real_server

LIVE = pytest.param("live", marks=[pytest.mark.live, pytest.mark.xdist_group("the real server")])
USER_NAME = "contract suite"


@pytest.fixture(scope="session", params=[*comfy_emulator.VERSIONS, LIVE])
def server(request: pytest.FixtureRequest) -> Iterator[ContractServer]:
    """Each server; used by many tests, as a real one is."""
    if request.param == "live":
        yield real_server()
        return
    with comfy_emulator.running(version=request.param) as running:
        yield ContractServer(running.url, request.param)


@pytest.fixture(scope="session", params=["0.33.0", LIVE])
def shared_server(request: pytest.FixtureRequest) -> Iterator[ContractServer]:
    """A server that keeps assets and tells users apart; `--enable-assets --multi-user` start a real one so."""
    if request.param == "live":
        found = real_server()
        if not (found.multi_user and found.has_assets):
            pytest.skip("the server was not started with --enable-assets --multi-user")
        yield found
        return
    with comfy_emulator.running(version=request.param, multi_user=True, enable_assets=True) as running:
        yield ContractServer(running.url, request.param, multi_user=True, has_assets=True)


async def user_headers(server: ContractServer) -> dict[str, str]:
    """What names the suite's user, on a server that tells users apart."""
    if not server.multi_user:
        return {}
    async with connected(server.url) as client:
        await client.post("/users", json={"username": USER_NAME})
        users: dict[str, str] = (await client.get("/users")).json()["users"]
    return {"Comfy-User": next(user_id for user_id, name in users.items() if name == USER_NAME)}


@pytest.fixture
async def client(server: ContractServer) -> AsyncIterator[httpx.AsyncClient]:
    """A connection to the server."""
    async with connected(server.url, await user_headers(server)) as client:
        yield client


@pytest.fixture
async def prompts(client: httpx.AsyncClient) -> AsyncIterator[Prompts]:
    """Posts prompts, and takes them away at the end."""
    posted = Prompts(client)
    try:
        yield posted
    finally:
        await posted.take_away()


@pytest.fixture
def client_id() -> str:
    """A websocket client of the test's own."""
    return uuid.uuid4().hex
