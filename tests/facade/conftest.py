"""Emulated servers and what stands before them, and a clock that jumps, for the facade's tests."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import comfy_emulator
from comfy_facade import _loop_keeping
from tests.certificates import Certificates, make_certificates
from tests.facade.stand_ins import Stage
from tests.proxies.environment import no_proxies as no_proxies
from tests.proxies.reverse import ReverseProxy, reverse_proxy
from tests.servers import ServerUnderTest

CALLERS = "callers"
KEEPER = "keeper"


@pytest.fixture(params=[CALLERS, KEEPER])
def who_drives(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Who runs a synchronous client's loop while the main thread waits for it, both in turn.

    The limit on each test is a signal's handler, beside which no caller in the main thread would do it.
    """
    drives: str = request.param
    monkeypatch.setattr(_loop_keeping, "no_handler_may_raise", lambda: drives == CALLERS)
    return drives


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
def proxy(emulator: comfy_emulator.RunningServer, no_proxies: None) -> Iterator[ReverseProxy]:
    """What checks the requests to a server of the test's own, and serves it below a path."""
    with reverse_proxy(emulator.url, base_path="/comfy") as running:
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


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make time pass only when everybody waits for it."""
    loop: Any = asyncio.get_running_loop()
    select, time = loop._selector.select, 1_000.0

    def skip(timeout: float | None) -> object:
        nonlocal time
        events = select(timeout if timeout is None else 0)
        if timeout is not None and not events:
            time += timeout
        return events

    monkeypatch.setattr(loop._selector, "select", skip)
    monkeypatch.setattr(loop, "time", lambda: time)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Live runs with a channel and a server that the test drives by hand, and a check that no task is left."""
    stage = Stage()
    yield stage
    await stage.runs.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}, "a task is left"
