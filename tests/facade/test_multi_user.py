"""Several users, on emulated servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import comfy_emulator
from tests.behaviour.users import MultiUserBehaviour
from tests.servers import ServerUnderTest


@pytest.fixture(scope="module", params=comfy_emulator.VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[ServerUnderTest]:
    """An emulated server of each version that tells users apart."""
    with comfy_emulator.running(version=request.param, multi_user=True) as running:
        yield ServerUnderTest(running.url, request.param)


class TestMultiUser(MultiUserBehaviour):
    """Every behaviour, on emulated servers."""
