"""What ended for good may be opened again by whoever asks for it, at once and then not too often."""

import asyncio
import contextlib
from collections.abc import Callable
from itertools import pairwise

import pytest

from comfy_ws import (
    ConnectFailedError,
    ConnectionLostError,
    EventChannel,
    HandshakeRejectedError,
    Reconnected,
    StreamClosedError,
    StreamError,
    UnknownEvent,
)
from tests.ws.channels import Hearer, opened
from tests.ws.scripted import HANDSHAKE, Clock, ScriptedServer
from tests.ws.sockets import PATIENCE, QUICK, LocalServer, eventually, other_tasks, text

REFUSALS = (301, 401, 403, 404)


async def fail(server: LocalServer, channel: EventChannel, status: int) -> None:
    """Have the server drop the socket and refuse the next one."""
    peer = await server.accepted()
    server.refusals.append((status, {}))
    peer.transport.abort()
    await eventually(lambda: channel.failure is not None)


class TestOpeningAgain:
    @pytest.mark.parametrize("status", REFUSALS)
    async def test_who_listens_is_told_of_the_end_and_then_hears_events_again(
        self, server: LocalServer, status: int
    ) -> None:
        async with opened(server) as channel:
            hearer = Hearer(channel)
            await fail(server, channel, status)
            failure = await hearer.end()
            assert isinstance(failure, HandshakeRejectedError)
            assert failure.status == status
            await channel.open()
            assert channel.connected
            assert channel.failure is None
            event = await hearer.next()
            assert isinstance(event, Reconnected)
            assert event.attempts == 2
            assert event.downtime > 0
            assert event.reason
            assert str(status) not in event.reason, "it says why the last socket ended"
            assert not event.by_request
            await (await server.accepted()).send(text("any", 1))
            assert await hearer.next() == UnknownEvent("any", 1)
            assert hearer.ends == [failure]
        assert hearer.ends == [failure, None]

    async def test_each_failure_is_told(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            hearer = Hearer(channel)
            await fail(server, channel, 401)
            await channel.open()
            assert isinstance(await hearer.next(), Reconnected)
            await fail(server, channel, 404)
            assert [getattr(error, "status", None) for error in hearer.ends] == [401, 404]

    async def test_who_came_after_the_end_is_told_and_hears_what_comes(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            await fail(server, channel, 401)
            late = Hearer(channel)
            assert late.ends == [channel.failure]
            await channel.open()
            assert isinstance(await late.next(), Reconnected)

    async def test_who_stopped_listening_after_the_end_hears_nothing_more(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            stopped, listening = Hearer(channel), Hearer(channel)
            await fail(server, channel, 401)
            stopped.stop()
            await channel.open()
            await listening.next()
            assert stopped.unheard() == 0
        assert len(stopped.ends) == 1

    async def test_many_may_open_it_and_one_socket_comes_of_it(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            await fail(server, channel, 401)
            await asyncio.gather(*(channel.open() for _ in range(5)))
            assert channel.connected
            assert len(server.requests) == 3

    async def test_once_open_it_reconnects_as_ever(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            await fail(server, channel, 404)
            await channel.open()
            hearer, peer = Hearer(channel), await server.accepted()
            peer.transport.abort()
            event = await hearer.next()
            assert isinstance(event, Reconnected)
            assert event.attempts == 1

    async def test_one_that_may_be_repeated_is_repeated(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            hearer = Hearer(channel)
            await fail(server, channel, 404)
            server.refusals.append((503, {}))
            with pytest.raises(HandshakeRejectedError, match="503"):
                await channel.open()
            event = await hearer.next()
            assert isinstance(event, Reconnected)
            assert event.attempts == 3
            assert len(hearer.ends) == 1

    async def test_a_socket_that_was_dropped_on_purpose_is_not_remembered_for_ever(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            hearer = Hearer(channel)
            await server.accepted()
            server.refusals.append((404, {}))
            channel.reopen("it was deaf")
            await hearer.end()
            await channel.open()
            event = await hearer.next()
            assert isinstance(event, Reconnected)
            assert event.reason == "it was deaf"
            await server.accepted()
            await fail_again(server, channel, hearer)

    async def test_what_is_asked_of_a_channel_that_failed_is_no_reason_of_a_later_gap(
        self, server: LocalServer
    ) -> None:
        async with opened(server) as channel:
            hearer = Hearer(channel)
            await fail(server, channel, 404)
            channel.reopen("nobody can")
            await channel.open()
            event = await hearer.next()
            assert isinstance(event, Reconnected)
            assert event.reason != "nobody can"

    async def test_who_gives_up_waiting_does_not_end_the_attempt(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            await fail(server, channel, 404)
            impatient = asyncio.create_task(channel.open())
            await asyncio.sleep(0)
            impatient.cancel()
            await asyncio.wait([impatient])
            await eventually(lambda: channel.connected)

    async def test_a_listener_may_open_it_again_at_once(self, server: LocalServer) -> None:
        openings: list[asyncio.Task[None]] = []

        def on_end(error: StreamError | None) -> None:
            if error is not None:
                openings.append(asyncio.create_task(channel.open()))

        async with opened(server) as channel:
            channel.listen(lambda *_: None, on_end)
            peer = await server.accepted()
            server.refusals.append((404, {}))
            peer.transport.abort()
            await eventually(lambda: bool(openings))
            await openings[0]
            assert channel.connected

    async def test_after_close_there_is_no_other(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            hearer = Hearer(channel)
            await fail(server, channel, 404)
            failure = channel.failure
            await channel.close()
            with pytest.raises(StreamClosedError):
                await channel.open()
            assert hearer.ends == [failure], "it was told of the end"

    async def test_a_close_while_it_is_tried_again_ends_it(self) -> None:
        server = ScriptedServer()
        channel = EventChannel(HANDSHAKE, connector=server, backoff=QUICK)
        await channel.open()
        server.answers.append(404)
        server.connections[0].abort()
        await eventually(lambda: channel.failure is not None)
        opening = asyncio.create_task(channel.open())
        await asyncio.sleep(0)
        await channel.close()
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(StreamClosedError):
                await opening
        assert not other_tasks()


async def turns_until(condition: Callable[[], bool]) -> None:
    """Give the loop its turns, while time stands still, until something is true."""
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come true")


async def fail_again(server: LocalServer, channel: EventChannel, hearer: Hearer) -> None:
    await eventually(lambda: len(server.open_sockets) == 1)
    next(iter(server.open_sockets)).transport.abort()
    event = await hearer.next()
    assert isinstance(event, Reconnected)
    assert not event.by_request


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


class TestCancelledTask:
    async def test_who_listens_is_told_and_it_may_be_opened_again(self, server: LocalServer) -> None:
        channel = EventChannel(server.handshake, backoff=QUICK)
        before = other_tasks()
        await channel.open()
        hearer = Hearer(channel)
        for task in other_tasks() - before:
            task.cancel()
        assert isinstance(await hearer.end(), ConnectionLostError)
        assert not channel.connected
        await channel.open()
        assert channel.connected
        assert isinstance(await hearer.next(), Reconnected)
        await channel.close()

    async def test_before_its_first_step_too(self) -> None:
        server = ScriptedServer()
        channel = EventChannel(HANDSHAKE, connector=server)
        hearer = Hearer(channel)
        opening = asyncio.create_task(channel.open())
        await asyncio.sleep(0)
        for task in other_tasks() - {opening}:
            task.cancel()
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ConnectionLostError):
                await opening
        assert isinstance(await hearer.end(), ConnectionLostError)
        assert server.handshakes == 0
        await channel.open()
        await channel.close()

    def test_one_that_a_loop_left_behind_is_opened_in_the_next(self) -> None:
        server = ScriptedServer()
        channel = EventChannel(HANDSHAKE, connector=server)
        asyncio.run(channel.open())
        assert not channel.connected

        async def again() -> None:
            await channel.open()
            assert channel.connected
            await channel.close()

        asyncio.run(again())
        assert len(server.connections) == 2

    def test_one_that_a_loop_left_behind_can_be_closed_in_the_next(self) -> None:
        channel = EventChannel(HANDSHAKE, connector=ScriptedServer())
        asyncio.run(channel.open())
        asyncio.run(channel.close())
