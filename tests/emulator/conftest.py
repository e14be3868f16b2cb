"""An emulator for each test, a client by hand, and all that the emulator sends held to the contract of its events."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

import comfy_emulator
from comfy_emulator.sockets import Sockets
from tests import plain_http
from tests.asyncapi.messages import EventContract

EVENTS = EventContract(strict=True)


@pytest.fixture(autouse=True)
def frames(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str | bytes]]:
    """Every frame that an emulator of this process sends; all are judged by the event contract."""
    sent: list[str | bytes] = []
    deliver = Sockets.deliver

    async def noted(self: Sockets, frame: str | bytes, client_id: object) -> None:
        sent.append(frame)
        await deliver(self, frame, client_id)

    monkeypatch.setattr(Sockets, "deliver", noted)
    yield sent
    # Long runs repeat themselves; which frames differ is what counts.
    problems = [problem for frame in dict.fromkeys(sent) for problem in EVENTS.problems(frame)]
    assert problems == []


@pytest.fixture
def server() -> Iterator[comfy_emulator.RunningServer]:
    with comfy_emulator.running() as running:
        yield running


@pytest.fixture
async def client(server: comfy_emulator.RunningServer) -> AsyncIterator[httpx.AsyncClient]:
    async with plain_http.AsyncClient(base_url=server.url) as connected:
        yield connected
