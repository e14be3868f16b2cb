"""How often a channel that failed for good is tried again: at once after a socket, and then ever more rarely."""

import asyncio
import contextlib
from collections.abc import Callable
from itertools import pairwise

import pytest

from comfy_ws import (
    ConnectFailedError,
    EventChannel,
    HandshakeRejectedError,
    Reconnected,
    StreamError,
)
from tests.ws.channels import Hearer
from tests.ws.scripted import HANDSHAKE, Clock, ScriptedServer
from tests.ws.sockets import QUICK


async def turns_until(condition: Callable[[], bool]) -> None:
    """Give the loop its turns, while time stands still, until something is true."""
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come true")


class TestHowOften:
    @pytest.fixture
    async def clock(self, monkeypatch: pytest.MonkeyPatch) -> Clock:
        clock = Clock()
        monkeypatch.setattr(asyncio.get_running_loop(), "time", clock)
        return clock

    @pytest.fixture
    def server(self) -> ScriptedServer:
        return ScriptedServer()

    @pytest.fixture
    def channel(self, server: ScriptedServer) -> EventChannel:
        async def no_time(_: float) -> None:
            pass

        return EventChannel(HANDSHAKE, connector=server, backoff=QUICK, sleep=no_time)

    async def attempts_within(
        self, seconds: int, channel: EventChannel, server: ScriptedServer, clock: Clock
    ) -> list[float]:
        """Ask for the socket twenty times a second, as quick runs do."""
        began, at = clock.now, list[float]()
        for step in range(20 * seconds):
            clock.now = began + step / 20
            handshakes = server.handshakes
            with contextlib.suppress(StreamError):
                await channel.open()
            at += [clock.now - began] * (server.handshakes - handshakes)
        return at

    @pytest.mark.parametrize("status", [302, 404])
    async def test_a_server_without_a_websocket_is_asked_ever_more_rarely(
        self, channel: EventChannel, server: ScriptedServer, clock: Clock, status: int
    ) -> None:
        server.answers += [status] * 1_000
        at = await self.attempts_within(300, channel, server, clock)
        gaps = [later - earlier for earlier, later in pairwise(at)]
        assert at[0] == 0
        assert min(gaps) >= 1
        assert 15 <= max(gaps) <= 30.1
        assert len(at) <= 25
        await channel.close()

    @pytest.mark.parametrize("status", [401, 403])
    async def test_credentials_that_are_refused_are_tried_each_second(
        self, channel: EventChannel, server: ScriptedServer, clock: Clock, status: int
    ) -> None:
        server.answers += [status] * 1_000
        assert await self.attempts_within(5, channel, server, clock) == pytest.approx([0, 1, 2, 3, 4], abs=0.06)
        await channel.close()

    async def test_meanwhile_it_says_what_it_failed_with(
        self, channel: EventChannel, server: ScriptedServer, clock: Clock
    ) -> None:
        server.answers.append(401)
        for _ in range(3):
            with pytest.raises(HandshakeRejectedError) as rejected:
                await channel.open()
            assert rejected.value.status == 401
            assert channel.failure is not None
        assert server.handshakes == 1
        clock.now += 1
        await channel.open()
        assert channel.connected
        await channel.close()

    async def test_the_first_call_after_a_socket_tries_at_once_and_the_next_wait(
        self, channel: EventChannel, server: ScriptedServer, clock: Clock
    ) -> None:
        await channel.open()
        server.answers += [404] * 3
        server.connections[0].abort()
        await turns_until(lambda: channel.failure is not None)
        for _ in range(10):
            with pytest.raises(HandshakeRejectedError):
                await channel.open()
        assert server.handshakes == 3
        await channel.close()

    async def test_sockets_that_end_at_once_are_not_opened_for_every_run(
        self, channel: EventChannel, server: ScriptedServer, clock: Clock
    ) -> None:
        await channel.open()
        for _ in range(20):
            server.answers[:] = [404]
            if channel.connected:
                server.connections[-1].abort()
                await turns_until(lambda: channel.failure is not None)
            server.answers.clear()
            with contextlib.suppress(StreamError):
                await channel.open()
        assert len(server.connections) == 2
        await channel.close()

    async def test_a_socket_that_lasted_makes_the_next_call_try_at_once(
        self, channel: EventChannel, server: ScriptedServer, clock: Clock
    ) -> None:
        await channel.open()
        for _ in range(5):
            clock.now += 3
            server.answers[:] = [404]
            server.connections[-1].abort()
            await turns_until(lambda: channel.failure is not None)
            await channel.open()
        assert len(server.connections) == 6
        await channel.close()

    async def test_a_bug_of_the_connector_is_not_for_ever_either(
        self, channel: EventChannel, server: ScriptedServer, clock: Clock
    ) -> None:
        server.answers.append(ZeroDivisionError())
        with pytest.raises(StreamError, match="ZeroDivisionError"):
            await channel.open()
        clock.now += 2
        await channel.open()
        await channel.close()

    async def test_tls_that_failed_may_be_mended(
        self, channel: EventChannel, server: ScriptedServer, clock: Clock
    ) -> None:
        server.answers.append(ConnectFailedError("wss://host", "a certificate", is_tls=True))
        hearer = Hearer(channel)
        with pytest.raises(ConnectFailedError):
            await channel.open()
        clock.now += 2
        await channel.open()
        event = await hearer.next()
        assert isinstance(event, Reconnected)
        assert "a certificate" in event.reason
        await channel.close()
