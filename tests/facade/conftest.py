"""Emulated servers of every version for the facade's tests."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

import comfy_emulator
from tests.proxies import Certificates, make_certificates
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
def unused_tcp_port() -> Iterator[int]:
    """A port on which nobody listens, nor will while the test lasts: it is taken, but not listened to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority of the suite's own, and a server and a client that it vouches for."""
    return make_certificates(tmp_path_factory.mktemp("tls"))
