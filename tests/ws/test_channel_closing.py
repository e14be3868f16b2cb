"""A channel that is closed at any moment ends its listeners and leaves nothing behind."""

import asyncio
import contextlib
import time

import pytest
from attrs import evolve
from websockets.exceptions import ConnectionClosed

from comfy_ws import (
    Backoff,
    Connection,
    ConnectionLostError,
    EventChannel,
    Executing,
    Handshake,
    StreamClosedError,
    open_connection,
)
from tests.ws.channels import Hearer, opened
from tests.ws.sockets import PATIENCE, QUICK, LocalServer, local_server, other_tasks, text


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
