"""What ended for good may be opened again by whoever asks for it, also where its task was cancelled."""

import asyncio

import pytest

from comfy_ws import (
    ConnectionLostError,
    EventChannel,
    HandshakeRejectedError,
    Reconnected,
    StreamClosedError,
    StreamError,
    UnknownEvent,
)
from tests.ws.channels import Hearer, fail, fail_again, opened
from tests.ws.scripted import HANDSHAKE, ScriptedServer
from tests.ws.sockets import PATIENCE, QUICK, LocalServer, eventually, other_tasks, text

REFUSALS = (301, 401, 403, 404)


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
