"""Every fault that a proxy can make, before the real server at `COMFYUI_URL`, with both clients."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.chaos import faults
from tests.chaos.chaos import Chaos, chaos_before
from tests.chaos.clients import FLAVOURS, Flavour
from tests.chaos.proxy import proxied
from tests.chaos.summary import enable, reporter
from tests.servers import ServerUnderTest

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]


@pytest.fixture(params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """Which client is tested."""
    chosen: Flavour = request.param
    return chosen


@pytest.fixture
async def chaos(request: pytest.FixtureRequest, server: ServerUnderTest, flavour: Flavour) -> AsyncIterator[Chaos]:
    """The real server, behind a proxy of the test's own."""
    enable(request.config)
    with proxied(server.url) as proxy:
        async with chaos_before(server, proxy, None, flavour, reporter(request.node)) as chaos:
            yield chaos


class TestReconnect(faults.ReconnectFaults):
    pass


class TestDeafSocket(faults.DeafSocketFaults):
    pass


class TestSilentNetwork(faults.SilentNetworkFaults):
    pass


class TestExactlyOnce(faults.ExactlyOnceFaults):
    pass


class TestServer(faults.ServerFaults):
    pass


class TestBackPressure(faults.BackPressureFaults):
    pass


class TestBadFrames(faults.BadFrameFaults):
    pass


class TestCancellation(faults.CancellationFaults):
    pass


class TestAsyncCancellation(faults.AsyncCancellationFaults):
    @pytest.fixture(params=["async"])
    def flavour(self, request: pytest.FixtureRequest) -> Flavour:
        chosen: Flavour = request.param
        return chosen


class TestSyncCancellation(faults.SyncCancellationFaults):
    @pytest.fixture(params=["sync"])
    def flavour(self, request: pytest.FixtureRequest) -> Flavour:
        chosen: Flavour = request.param
        return chosen


class TestConcurrency(faults.ConcurrencyFaults):
    pass
