"""Every fault, on each emulated version and with each client."""

from __future__ import annotations

import pytest

import comfy_emulator
from tests.chaos import faults
from tests.chaos.clients import Flavour


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
    @pytest.fixture(params=comfy_emulator.VERSIONS)
    def pair(self, request: pytest.FixtureRequest) -> tuple[str, Flavour]:
        return request.param, "async"


class TestSyncCancellation(faults.SyncCancellationFaults):
    @pytest.fixture(params=comfy_emulator.VERSIONS)
    def pair(self, request: pytest.FixtureRequest) -> tuple[str, Flavour]:
        return request.param, "sync"


class TestConcurrency(faults.ConcurrencyFaults):
    pass
