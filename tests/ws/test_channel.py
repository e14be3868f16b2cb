"""A channel opens one socket, and tells every listener every event in order."""

import asyncio
import json
import logging

import pytest
from attrs import evolve

from comfy_ws import (
    Backoff,
    Connection,
    ConnectionLostError,
    Event,
    EventChannel,
    Handshake,
    HandshakeRejectedError,
    Progress,
    Reconnected,
    StreamError,
    UndecodableFrame,
    UnknownEvent,
    open_connection,
)
from tests.ws.channels import Hearer, opened
from tests.ws.sockets import QUICK, LocalServer, Sleeper, text


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
        error = await hearer.end()
        assert error is channel.failure
        assert isinstance(error, HandshakeRejectedError)
        assert error.status == status
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
