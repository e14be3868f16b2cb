"""A connection shakes hands as it was told to, passes messages both ways, and ends cleanly."""

import asyncio
import logging

import pytest
from attrs import evolve

from comfy_ws import ConnectFailedError, ConnectionLostError, Handshake, is_retryable, open_connection
from tests.streams import serving
from tests.ws.sockets import SECRETS, LocalServer, eventually, local_server, other_tasks


def test_a_handshake_does_not_show_its_credentials() -> None:
    handshake = Handshake("ws://me:secret@host/ws?token=secret", SECRETS, proxy="http://me:secret@proxy")
    assert "ws://host/ws" in repr(handshake)
    assert "secret" not in repr(handshake)


async def test_text_and_bytes_pass_both_ways() -> None:
    async with local_server() as server:
        connection = await open_connection(server.handshake)
        await connection.send("hello ☃")
        peer = await server.accepted()
        assert server.greetings == ["hello ☃"]
        await peer.send("text ☃")
        await peer.send(b"\x00\xff")
        assert await connection.recv() == "text ☃"
        assert await connection.recv() == b"\x00\xff"
        await connection.close()
        await server.deserted()
    assert not other_tasks()


async def test_headers_reach_the_server() -> None:
    async with local_server() as server:
        connection = await open_connection(evolve(server.handshake, headers=SECRETS))
        await connection.close()
        assert {name: server.requests[0].headers[name] for name in SECRETS} == SECRETS
        assert server.requests[0].path == "/ws?clientId=test"


@pytest.mark.parametrize("value", ["a\r\nX-Smuggled: 1", "a\nb", "\x00", "☃"])
async def test_a_header_that_cannot_be_sent_is_a_failure_that_does_not_quote_it(value: str) -> None:
    async with local_server() as server:
        with pytest.raises(ConnectFailedError, match="X-Token") as failed:
            await open_connection(evolve(server.handshake, headers={"X-Token": f"secret{value}"}))
        assert "secret" not in str(failed.value)
        assert not server.requests


async def test_a_host_header_replaces_the_one_of_the_address() -> None:
    async with local_server() as server:
        connection = await open_connection(evolve(server.handshake, headers={"host": "comfy.example", "X-Other": "1"}))
        await connection.close()
        (request,) = server.requests
        assert request.headers.get_all("Host") == ["comfy.example"]
        assert request.headers["X-Other"] == "1"
        assert request.path == "/ws?clientId=test"


async def test_no_log_holds_a_header(caplog: pytest.LogCaptureFixture) -> None:
    async with local_server() as server:
        # The server of this test is as talkative as it likes.
        with caplog.at_level(logging.DEBUG, "comfy_ws"), caplog.at_level(logging.DEBUG, "websockets.client"):
            connection = await open_connection(evolve(server.handshake, headers=SECRETS))
            await connection.close()
        assert len(server.requests) == 1
    assert not [record for record in caplog.records if "secret" in record.getMessage()]


@pytest.mark.parametrize("compression", [False, True])
async def test_compression_is_offered_only_if_wanted(compression: bool) -> None:
    async with local_server() as server:
        connection = await open_connection(evolve(server.handshake, compression=compression))
        await connection.close()
        assert ("permessage-deflate" in server.requests[0].headers.get("Sec-WebSocket-Extensions", "")) is compression


async def test_a_message_of_50_megabytes_passes_by_default() -> None:
    async with local_server() as server:
        connection = await open_connection(server.handshake)
        await connection.send("hello")
        peer = await server.accepted()
        sending = asyncio.create_task(peer.send(bytes(50_000_000)))
        assert len(await connection.recv()) == 50_000_000
        await sending
        await connection.close()


async def test_a_message_over_the_stated_limit_ends_the_socket() -> None:
    async with local_server() as server:
        connection = await open_connection(evolve(server.handshake, max_message_bytes=1_000))
        await connection.send("hello")
        peer = await server.accepted()
        await peer.send(bytes(1_000))
        assert len(await connection.recv()) == 1_000
        await peer.send(bytes(1_001))
        with pytest.raises(ConnectionLostError, match="1009") as lost:
            await connection.recv()
        assert is_retryable(lost.value)
        await server.deserted()


class TestEnd:
    async def test_a_close_by_the_server_ends_reading_and_sending(self, server: LocalServer) -> None:
        connection = await open_connection(server.handshake)
        await connection.send("hello")
        peer = await server.accepted()
        await peer.close(1001, "going away")
        with pytest.raises(ConnectionLostError, match="1001") as lost:
            await connection.recv()
        assert "going away" in lost.value.reason
        with pytest.raises(ConnectionLostError):
            await connection.send("anything")

    async def test_a_dropped_connection_ends_reading(self, server: LocalServer) -> None:
        connection = await open_connection(server.handshake)
        await connection.send("hello")
        (await server.accepted()).transport.abort()
        with pytest.raises(ConnectionLostError):
            await connection.recv()

    async def test_text_that_is_no_utf_8_ends_the_socket(self, server: LocalServer) -> None:
        connection = await open_connection(server.handshake)
        await connection.send("hello")
        await (await server.accepted()).send(b"\xff\xfe", text=True)
        with pytest.raises(ConnectionLostError, match="1007"):
            await connection.recv()

    async def test_an_unanswered_ping_ends_the_socket(self, server: LocalServer) -> None:
        handshake = evolve(server.handshake, ping_interval=0.02, ping_timeout=0.02, close_timeout=0.02)
        connection = await open_connection(handshake)
        await connection.send("hello")
        (await server.accepted()).transport.pause_reading()
        with pytest.raises(ConnectionLostError, match="keepalive"):
            await connection.recv()

    async def test_abort_leaves_nothing_open(self, server: LocalServer) -> None:
        before = other_tasks()
        connection = await open_connection(server.handshake)
        await connection.send("hello")
        await server.accepted()
        reader = asyncio.create_task(connection.recv())
        await asyncio.sleep(0)
        connection.abort()
        with pytest.raises(ConnectionLostError):
            await reader
        connection.abort()
        await server.deserted()
        await eventually(lambda: other_tasks() <= before)

    async def test_close_leaves_nothing_open_and_may_be_repeated(self, server: LocalServer) -> None:
        before = other_tasks()
        connection = await open_connection(server.handshake)
        await connection.close()
        await connection.close()
        with pytest.raises(ConnectionLostError):
            await connection.recv()
        await server.deserted()
        await eventually(lambda: other_tasks() <= before)

    async def test_an_attempt_that_is_cancelled_leaves_nothing_open(self) -> None:
        connected, gone = asyncio.Event(), asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            connected.set()
            await reader.read(-1)
            gone.set()

        async with serving(silent) as port, asyncio.timeout(5):
            attempt = asyncio.ensure_future(open_connection(Handshake(f"ws://127.0.0.1:{port}/ws")))
            await connected.wait()
            attempt.cancel()
            with pytest.raises(asyncio.CancelledError):
                await attempt
            await gone.wait()
