"""Emulated servers of every version for the facade's tests."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

import comfy_emulator
from tests.proxies import no_proxies as no_proxies
from tests.servers import ServerUnderTest


@pytest.fixture(scope="session", params=comfy_emulator.VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[ServerUnderTest]:
    """An emulated server of each version, shared by the tests of a run."""
    with comfy_emulator.running(version=request.param) as running:
        yield ServerUnderTest(running.url, request.param)


@pytest.fixture
def emulator() -> Iterator[comfy_emulator.RunningServer]:
    """A server of the test's own, whose switches it may flip."""
    with comfy_emulator.running() as running:
        yield running


@pytest.fixture
def unused_tcp_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
