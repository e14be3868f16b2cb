"""Fixtures of this folder."""

from collections.abc import AsyncIterator

import pytest

from tests.ws.sockets import LocalServer, local_server


@pytest.fixture(autouse=True)
def direct_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reach loopback servers directly, whatever proxy the environment names."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy", "socks_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def server() -> AsyncIterator[LocalServer]:
    """A websocket server of the test's own."""
    async with local_server() as running:
        yield running
