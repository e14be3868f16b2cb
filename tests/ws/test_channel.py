import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from attrs import evolve
from websockets.exceptions import ConnectionClosed

from comfy_ws import (
    Backoff,
    Connection,
    ConnectionLostError,
    Event,
    EventChannel,
    Executing,
    Handshake,
    HandshakeRejectedError,
    Progress,
    Reconnected,
    StreamClosedError,
    StreamError,
    UndecodableFrame,
    UnknownEvent,
    open_connection,
)
from tests.ws.sockets import PATIENCE, QUICK, LocalServer, Sleeper, eventually, local_server, other_tasks, text


class Hearer:
    """Listens to a channel and lets a test wait for what comes."""

    def __init__(self, channel: EventChannel) -> None:
        self.sizes: list[int] = []
        self.ends: list[StreamError | None] = []
        self.ended = asyncio.Event()
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self.stop = channel.listen(self._hear, self._end)

    def _hear(self, event: Event, size: int) -> None:
        self.sizes.append(size)
        self._events.put_nowait(event)

    def _end(self, error: StreamError | None) -> None:
        self.ends.append(error)
        self.ended.set()

    async def next(self) -> Event:
        async with asyncio.timeout(PATIENCE):
            return await self._events.get()

    async def end(self) -> StreamError | None:
        async with asyncio.timeout(PATIENCE):
            await self.ended.wait()
        (error,) = self.ends
        return error

    def unheard(self) -> int:
        return self._events.qsize()


@pytest.fixture
async def server() -> AsyncIterator[LocalServer]:
    async with local_server() as running:
        yield running


@contextlib.asynccontextmanager
async def opened(server: LocalServer, **options: Any) -> AsyncIterator[EventChannel]:
    """A channel with a socket, and a check that it leaves nothing behind."""
    before = other_tasks()
    channel = EventChannel(server.handshake, **{"backoff": QUICK, **options})
    await channel.open()
    try:
        yield channel
    finally:
        await channel.close()
    await server.deserted()
    await eventually(lambda: other_tasks() <= before)


class TestHearing:
    async def test_events_come_in_order_with_the_size_of_their_frames(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            hearer, peer = Hearer(channel), await server.accepted()
            frames = [text("any", number) for number in range(20)]
            for frame in frames:
                await peer.send(frame)
            assert [await hearer.next() for _ in frames] == [UnknownEvent("any", number) for number in range(20)]
            assert hearer.sizes == [len(frame) for frame in frames]

    async def test_an_odd_frame_does_not_end_it(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            hearer, peer = Hearer(channel), await server.accepted()
            await peer.send("{")
            await peer.send(b"\x00")
            await peer.send(text("any", 1))
            assert isinstance(await hearer.next(), UndecodableFrame)
            assert isinstance(await hearer.next(), UndecodableFrame)
            assert await hearer.next() == UnknownEvent("any", 1)

    async def test_events_are_annotated_before_anybody_hears_them(self, server: LocalServer) -> None:
        def annotate(event: Event) -> Event:
            return evolve(event, prompt_id="mine") if isinstance(event, Progress) else event

        async with opened(server, annotate=annotate) as channel:
            hearer, peer = Hearer(channel), await server.accepted()
            await peer.send(text("progress", {"value": 1, "max": 2}))
            event = await hearer.next()
            assert isinstance(event, Progress)
            assert event.prompt_id == "mine"

    async def test_a_listener_that_raises_does_not_hurt_the_others(
        self, server: LocalServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken(*_: object) -> None:
            raise ValueError("a bug of its own")

        async with opened(server) as channel:
            before = Hearer(channel)
            channel.listen(broken, broken)
            after, peer = Hearer(channel), await server.accepted()
            for number in range(2):
                await peer.send(text("any", number))
                assert await before.next() == await after.next() == UnknownEvent("any", number)
            assert channel.connected
            await channel.close()
            assert (before.ends, after.ends) == ([None], [None])
        assert [record.levelno for record in caplog.records if record.name == "comfy_ws"] == [logging.ERROR] * 3

    async def test_an_annotation_that_raises_leaves_the_event_as_it_was(self, server: LocalServer) -> None:
        def annotate(event: Event) -> Event:
            raise ValueError("a bug of its own")

        async with opened(server, annotate=annotate) as channel:
            hearer, peer = Hearer(channel), await server.accepted()
            await peer.send(text("any", 1))
            assert await hearer.next() == UnknownEvent("any", 1)
            assert channel.connected

    async def test_who_stopped_listening_hears_nothing_more(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            stopped, listening, peer = Hearer(channel), Hearer(channel), await server.accepted()
            stopped.stop()
            stopped.stop()
            await peer.send(text("any", 1))
            await listening.next()
            assert stopped.unheard() == 0
        assert stopped.ends == []

    async def test_a_listener_may_stop_itself(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            heard: list[Event] = []

            def once(event: Event, _: int) -> None:
                heard.append(event)
                stop()

            stop = channel.listen(once)
            other, peer = Hearer(channel), await server.accepted()
            for number in range(2):
                await peer.send(text("any", number))
                await other.next()
            assert heard == [UnknownEvent("any", 0)]

    async def test_it_knows_when_it_heard_the_server_last(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            hearer, peer = Hearer(channel), await server.accepted()
            before = asyncio.get_running_loop().time()
            assert 0 < channel.last_frame_at <= before
            await peer.send(text("any", 1))
            await hearer.next()
            assert channel.last_frame_at >= before


class TestOpening:
    async def test_the_feature_flags_go_first_on_every_connection(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            for _ in range(3):
                peer = await server.accepted()
                hearer = Hearer(channel)
                peer.transport.abort()
                assert isinstance(await hearer.next(), Reconnected)
            await server.accepted()
        greeting = {"type": "feature_flags", "data": {"supports_preview_metadata": True}}
        assert [json.loads(each) for each in server.greetings] == [greeting] * 4

    async def test_other_feature_flags_take_their_place(self, server: LocalServer) -> None:
        async with opened(server, feature_flags={"supports_more": 1}):
            await server.accepted()
        assert json.loads(server.greetings[0])["data"] == {"supports_more": 1}

    async def test_many_may_open_it_and_one_socket_comes_of_it(self, server: LocalServer) -> None:
        channel = EventChannel(server.handshake, backoff=QUICK)
        assert not channel.connected
        await asyncio.gather(*(channel.open() for _ in range(5)))
        await channel.open()
        assert channel.connected
        await channel.close()
        assert len(server.requests) == 1

    async def test_the_connector_is_asked_at_each_attempt_and_may_renew_headers(self, server: LocalServer) -> None:
        tokens = iter(["first", "second"])

        async def connector(handshake: Handshake) -> Connection:
            return await open_connection(
                evolve(handshake, headers={**handshake.headers, "Authorization": next(tokens)})
            )

        channel = EventChannel(evolve(server.handshake, headers={"X-Fixed": "1"}), backoff=QUICK, connector=connector)
        await channel.open()
        (await server.accepted()).transport.abort()
        await server.accepted()
        await channel.close()
        assert [request.headers["Authorization"] for request in server.requests] == ["first", "second"]
        assert {request.headers["X-Fixed"] for request in server.requests} == {"1"}

    async def test_a_connector_with_a_bug_ends_the_channel_instead_of_its_readers_waiting_for_ever(self) -> None:
        async def connector(_: Handshake) -> Connection:
            raise ZeroDivisionError

        channel = EventChannel(Handshake("ws://host/ws"), connector=connector)
        hearer = Hearer(channel)
        with pytest.raises(StreamError, match="ZeroDivisionError"):
            await channel.open()
        error = await hearer.end()
        assert error is channel.failure
        assert isinstance(error, StreamError)
        assert isinstance(error.__cause__, ZeroDivisionError)
        await channel.close()

    async def test_a_first_attempt_that_may_be_repeated_raises_and_goes_on(self, server: LocalServer) -> None:
        server.refusals += [(503, {}), (502, {})]
        sleeper = Sleeper()
        channel = EventChannel(server.handshake, backoff=Backoff(initial=1, jitter=0), sleep=sleeper)
        hearer = Hearer(channel)
        with pytest.raises(HandshakeRejectedError, match="503"):
            await channel.open()
        event = await hearer.next()
        assert isinstance(event, Reconnected)
        assert event.attempts == 3
        assert "503" in event.reason
        assert sleeper.delays == [1, 2]
        # What is open by now is not reported as failed.
        await channel.open()
        assert channel.connected
        await channel.close()

    @pytest.mark.parametrize("status", [302, 401, 403, 404])
    async def test_a_first_attempt_that_is_in_vain_ends_the_channel(self, server: LocalServer, status: int) -> None:
        server.refusals.append((status, {}))
        channel = EventChannel(server.handshake, backoff=QUICK)
        hearer = Hearer(channel)
        with pytest.raises(HandshakeRejectedError) as rejected:
            await channel.open()
        assert rejected.value.status == status
        assert await hearer.end() is channel.failure is rejected.value
        with pytest.raises(HandshakeRejectedError):
            await channel.open()
        await channel.close()
        assert len(server.requests) == 1

    async def test_a_socket_that_ends_before_the_feature_flags_are_said_is_a_failed_attempt(
        self, server: LocalServer
    ) -> None:
        attempts = 0

        async def connector(handshake: Handshake) -> Connection:
            nonlocal attempts
            attempts += 1
            connection = await open_connection(handshake)
            if attempts == 1:
                await connection.close()
            return connection

        channel = EventChannel(server.handshake, backoff=QUICK, connector=connector)
        hearer = Hearer(channel)
        with pytest.raises(ConnectionLostError):
            await channel.open()
        assert isinstance(await hearer.next(), Reconnected)
        await channel.close()

    async def test_a_socket_over_which_nothing_can_be_said_is_dropped(self, server: LocalServer) -> None:
        class Mute:
            def __init__(self, connection: Connection) -> None:
                self.recv, self.close, self.abort = connection.recv, connection.close, connection.abort

            async def send(self, message: str) -> None:
                raise ConnectionLostError("it is mute")

        async def connector(handshake: Handshake) -> Connection:
            return Mute(await open_connection(handshake))

        channel = EventChannel(server.handshake, backoff=Backoff(initial=60), connector=connector)
        with pytest.raises(ConnectionLostError):
            await channel.open()
        assert len(server.requests) == 1
        await server.deserted()
        await channel.close()

    async def test_who_gives_up_waiting_does_not_end_the_attempt(self, server: LocalServer) -> None:
        channel = EventChannel(server.handshake, backoff=QUICK)
        impatient = asyncio.create_task(channel.open())
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.wait([impatient])
        await channel.open()
        assert channel.connected
        await channel.close()


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
            with pytest.raises(HandshakeRejectedError):
                await channel.open()
            # Who comes too late is told as well, instead of waiting for ever.
            assert Hearer(channel).ends == [channel.failure]

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


class TestClosing:
    async def test_it_ends_the_listening_once_and_without_an_error(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            hearer = Hearer(channel)
            await server.accepted()
            await channel.close()
            await channel.close()
            assert hearer.ends == [None]
            assert channel.failure is None
            assert not channel.connected
            with pytest.raises(StreamClosedError):
                await channel.open()
            assert Hearer(channel).ends == [None]

    async def test_the_server_is_told(self, server: LocalServer) -> None:
        async with opened(server):
            peer = await server.accepted()
        await peer.wait_closed()
        assert peer.close_code == 1000

    async def test_it_is_quick_while_frames_pour_in(self, server: LocalServer) -> None:
        async def flood() -> None:
            peer = await server.accepted()
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await peer.send(bytes(100_000))

        flooding = asyncio.create_task(flood())
        async with opened(server) as channel:
            hearer = Hearer(channel)
            await hearer.next()
            started = time.monotonic()
            await channel.close()
            assert time.monotonic() - started < 2
            assert hearer.ends == [None]
        await flooding

    async def test_it_is_quick_when_the_server_has_stopped_listening(self) -> None:
        async with local_server() as server:
            channel = EventChannel(evolve(server.handshake, close_timeout=0.1), backoff=QUICK)
            await channel.open()
            peer = await server.accepted()
            peer.transport.pause_reading()
            started = time.monotonic()
            await channel.close()
            assert time.monotonic() - started < 1
            peer.transport.abort()

    async def test_it_is_quick_while_an_attempt_hangs(self) -> None:
        hanging = asyncio.Event()

        async def connector(_: Handshake) -> Connection:
            hanging.set()
            await asyncio.Event().wait()
            raise AssertionError

        channel = EventChannel(Handshake("ws://host/ws"), connector=connector)
        opening = asyncio.create_task(channel.open())
        async with asyncio.timeout(PATIENCE):
            await hanging.wait()
            await channel.close()
            with pytest.raises(StreamClosedError):
                await opening
        assert not other_tasks()

    async def test_who_waits_for_an_attempt_that_never_began_is_told(self) -> None:
        channel = EventChannel(Handshake("ws://host/ws"))
        opening = asyncio.create_task(channel.open())
        await asyncio.sleep(0)
        await channel.close()
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(StreamClosedError):
                await opening

    async def test_it_is_quick_while_it_waits_for_the_next_attempt(self, server: LocalServer) -> None:
        waiting = asyncio.Event()

        async def never(_: float) -> None:
            waiting.set()
            await asyncio.Event().wait()

        async with opened(server, sleep=never) as channel:
            hearer = Hearer(channel)
            (await server.accepted()).transport.abort()
            async with asyncio.timeout(PATIENCE):
                await waiting.wait()
                await channel.close()
            assert hearer.ends == [None]
            assert channel.failure is None

    async def test_a_socket_that_does_not_close_is_dropped(self, server: LocalServer) -> None:
        class Stubborn:
            def __init__(self, connection: Connection) -> None:
                self._connection = connection
                self.recv, self.send, self.abort = connection.recv, connection.send, connection.abort

            async def close(self) -> None:
                raise ConnectionLostError("it went by itself")

        async def connector(handshake: Handshake) -> Connection:
            return Stubborn(await open_connection(handshake))

        async with opened(server, connector=connector) as channel:
            await server.accepted()
            await channel.close()
            assert not channel.connected

    async def test_a_listener_need_not_hear_of_the_end(
        self, server: LocalServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with opened(server) as channel:
            channel.listen(lambda *_: None)
            await server.accepted()
            await channel.close()
            stop = channel.listen(lambda *_: None)
            stop()
        assert not [record for record in caplog.records if record.name == "comfy_ws"]

    async def test_one_that_was_never_opened_can_be_closed(self) -> None:
        channel = EventChannel(Handshake("ws://host/ws"))
        hearer = Hearer(channel)
        await channel.close()
        assert hearer.ends == [None]
        assert not other_tasks()

    async def test_closing_the_moment_a_drop_is_noticed_is_no_failure(self, server: LocalServer) -> None:
        for turns in range(12):
            async with opened(server, backoff=Backoff(initial=60)) as channel:
                hearer = Hearer(channel)
                (await server.accepted()).transport.abort()
                for _ in range(turns):
                    await asyncio.sleep(0)
                await channel.close()
                assert hearer.ends == [None]
                assert channel.failure is None

    async def test_a_node_that_runs_is_heard_up_to_the_end(self, server: LocalServer) -> None:
        async with opened(server) as channel:
            hearer, peer = Hearer(channel), await server.accepted()
            await peer.send(text("executing", {"node": None, "prompt_id": "p"}))
            await peer.close()
            event = await hearer.next()
            assert isinstance(event, Executing)
            assert event.node is None
