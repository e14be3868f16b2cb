"""Emulated servers behind a proxy, a fresh pair for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import comfy_emulator
from tests.chaos.chaos import Chaos, chaos_before
from tests.chaos.clients import FLAVOURS, Flavour
from tests.chaos.proxy import proxied
from tests.chaos.summary import enable, reporter
from tests.servers import ServerUnderTest


def pytest_configure(config: pytest.Config) -> None:
    enable(config)


# Each server and each client once: what one of them does does not hang on the other.
_PAIRS: list[tuple[str, Flavour]] = list(zip(comfy_emulator.VERSIONS, FLAVOURS, strict=True))


@pytest.fixture(params=_PAIRS, ids=["-".join(pair) for pair in _PAIRS])
def pair(request: pytest.FixtureRequest) -> tuple[str, Flavour]:
    """Which server is emulated, and which client is tested."""
    chosen: tuple[str, Flavour] = request.param
    return chosen


@pytest.fixture
async def chaos(request: pytest.FixtureRequest, pair: tuple[str, Flavour]) -> AsyncIterator[Chaos]:
    """A server of the test's own, behind a proxy of its own."""
    version, flavour = pair
    with comfy_emulator.running(version=version) as emulator, proxied(emulator.url) as proxy:
        server = ServerUnderTest(emulator.url, version)
        async with chaos_before(server, proxy, emulator, flavour, reporter(request.node)) as chaos:
            yield chaos
