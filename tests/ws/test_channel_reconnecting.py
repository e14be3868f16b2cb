"""A channel whose socket ends, or that is asked to, opens another one and says so."""

import asyncio
import contextlib

from comfy_ws import Backoff, EventChannel, HandshakeRejectedError, Reconnected, UnknownEvent
from tests.ws.channels import Hearer, opened
from tests.ws.sockets import PATIENCE, QUICK, LocalServer, Sleeper, eventually, local_server, text


class TestReconnecting:
    async def test_a_drop_is_told_with_attempts_downtime_and_reason(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            hearer, peer = Hearer(channel), await server.accepted()
            server.refusals += [(503, {}), (503, {})]
            started = asyncio.get_running_loop().time()
            await peer.close(1012, "restarting")
            event = await hearer.next()
            assert isinstance(event, Reconnected)
            assert event.attempts == 3
            assert 0 < event.downtime <= asyncio.get_running_loop().time() - started
            assert "1012" in event.reason
            assert "restarting" in event.reason
            assert channel.connected
            await (await server.accepted()).send(text("any", 1))
            assert await hearer.next() == UnknownEvent("any", 1)

    async def test_what_came_before_the_drop_comes_before_it_is_told(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            hearer, peer = Hearer(channel), await server.accepted()
            for number in range(50):
                await peer.send(text("any", number))
            await peer.close()
            events = [await hearer.next() for _ in range(51)]
            assert events[:50] == [UnknownEvent("any", number) for number in range(50)]
            assert isinstance(events[50], Reconnected)

    async def test_each_drop_is_counted_by_itself(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            hearer = Hearer(channel)
            for _ in range(3):
                (await server.accepted()).transport.abort()
                event = await hearer.next()
                assert isinstance(event, Reconnected)
                assert event.attempts == 1

    async def test_delays_come_from_the_backoff_and_go_through_the_given_sleep(self, server: LocalServer) -> None:
        sleeper = Sleeper()
        backoff = Backoff(initial=1, factor=3, maximum=20, jitter=0)
        async with opened(server, backoff=backoff, sleep=sleeper) as channel:
            hearer, peer = Hearer(channel), await server.accepted()
            server.refusals += [(503, {})] * 4
            peer.transport.abort()
            event = await hearer.next()
            assert isinstance(event, Reconnected)
            assert event.attempts == 5
            assert sleeper.delays == [1, 3, 9, 20, 20]

    async def test_a_socket_that_ends_at_once_does_not_reset_the_delays(self, server: LocalServer) -> None:
        sleeper = Sleeper()
        async with opened(server, backoff=Backoff(initial=1, jitter=0), sleep=sleeper) as channel:
            hearer = Hearer(channel)
            for _ in range(4):
                (await server.accepted()).transport.abort()
                await hearer.next()
            assert sleeper.delays == [1, 2, 4, 5]

    async def test_a_socket_that_lasted_resets_the_delays(self, server: LocalServer) -> None:
        sleeper = Sleeper()
        backoff = Backoff(initial=0.001, maximum=0.01, jitter=0)
        async with opened(server, backoff=backoff, sleep=sleeper) as channel:
            hearer, peer = Hearer(channel), await server.accepted()
            server.refusals += [(503, {})]
            peer.transport.abort()
            await hearer.next()
            peer = await server.accepted()
            opened_at = asyncio.get_running_loop().time()
            await eventually(lambda: asyncio.get_running_loop().time() - opened_at > 2 * backoff.maximum)
            peer.transport.abort()
            await hearer.next()
            assert sleeper.delays == [0.001, 0.002, 0.001]

    async def test_a_refusal_for_good_ends_the_channel_and_reaches_everybody(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            hearers, peer = [Hearer(channel), Hearer(channel)], await server.accepted()
            server.refusals.append((401, {}))
            peer.transport.abort()
            for hearer in hearers:
                error = await hearer.end()
                assert isinstance(error, HandshakeRejectedError)
                assert error.status == 401
            assert channel.failure is hearers[0].ends[0]
            assert not channel.connected
            assert len(server.requests) == 2, "nobody asked for another attempt"
            # Who comes too late is told as well, instead of waiting for ever.
            assert Hearer(channel).ends == [channel.failure]

    async def test_the_first_attempt_is_forgotten_once_there_was_a_socket(self, server: LocalServer) -> None:
        waiting = asyncio.Event()

        async def sleep(_: float) -> None:
            if channel.last_frame_at:
                waiting.set()
                await asyncio.Event().wait()

        server.refusals.append((503, {}))
        channel = EventChannel(server.handshake, sleep=sleep)
        with contextlib.suppress(HandshakeRejectedError):
            await channel.open()
        (await server.accepted()).transport.abort()
        async with asyncio.timeout(PATIENCE):
            await waiting.wait()
        # It is on its way back, as any other whose socket was lost.
        await channel.open()
        await channel.close()

    async def test_a_server_that_is_gone_may_come_back(self) -> None:
        async with local_server() as first:
            channel = EventChannel(first.handshake, backoff=QUICK)
            await channel.open()
            hearer = Hearer(channel)
        await eventually(lambda: not channel.connected)
        async with local_server(port=first.port):
            assert isinstance(await hearer.next(), Reconnected)
            await channel.close()


class TestReopening:
    async def test_another_socket_is_opened_at_once(self, server: LocalServer) -> None:
        async def never(_: float) -> None:
            await asyncio.Event().wait()

        async with opened(server, sleep=never) as channel:
            hearer = Hearer(channel)
            for _ in range(3):
                await server.accepted()
                channel.reopen("it was deaf")
                event = await hearer.next()
                assert isinstance(event, Reconnected)
                assert (event.attempts, event.reason, event.by_request) == (1, "it was deaf", True)
            assert len(server.open_sockets) <= 2

    async def test_the_wait_for_the_next_attempt_is_cut_short(self, server: LocalServer) -> None:
        waiting = asyncio.Event()

        async def never(_: float) -> None:
            waiting.set()
            await asyncio.Event().wait()

        async with opened(server, sleep=never) as channel:
            hearer, peer = Hearer(channel), await server.accepted()
            peer.transport.abort()
            async with asyncio.timeout(PATIENCE):
                await waiting.wait()
            channel.reopen("the server is back")
            channel.reopen("the server is back")
            event = await hearer.next()
            assert isinstance(event, Reconnected)
            assert event.reason == "the server is back"

    async def test_once_it_was_asked_for_the_next_drop_waits_as_ever(self, server: LocalServer) -> None:
        sleeper = Sleeper()
        async with opened(server, sleep=sleeper, backoff=Backoff(initial=1, jitter=0)) as channel:
            hearer, _ = Hearer(channel), await server.accepted()
            channel.reopen("it was deaf")
            await hearer.next()
            assert sleeper.delays == []
            (await server.accepted()).transport.abort()
            event = await hearer.next()
            assert isinstance(event, Reconnected)
            assert not event.by_request
            assert len(sleeper.delays) == 1

    async def test_before_it_is_open_and_after_its_end_there_is_nothing_to_do(self, server: LocalServer) -> None:
        channel = EventChannel(server.handshake, backoff=QUICK)
        channel.reopen("too early")
        await channel.open()
        hearer = Hearer(channel)
        await (await server.accepted()).send(text("any", 1))
        assert await hearer.next() == UnknownEvent("any", 1)
        await channel.close()
        channel.reopen("too late")
        await server.deserted()
        assert len(server.requests) == 1
