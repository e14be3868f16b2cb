import asyncio
import logging
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from attrs import evolve

from comfy_ws import (
    ConnectFailedError,
    ConnectionLostError,
    Handshake,
    HandshakeRejectedError,
    is_retryable,
    open_connection,
)
from tests.ws.sockets import LocalServer, eventually, local_server, other_tasks, tcp_server

SECRETS = {"Authorization": "Bearer secret", "Cookie": "secret=1", "X-Api-Key": "secret"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl command to make a certificate with")
    directory = tmp_path_factory.mktemp("tls")
    key, chain = directory / "key.pem", directory / "chain.pem"
    command = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
    ]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True)
    return chain, key


def server_context(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


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


@pytest.mark.parametrize("status", [401, 403, 404, 503])
async def test_an_http_answer_is_a_rejection_with_its_status(status: int) -> None:
    async with local_server() as server:
        server.refusals.append((status, {}))
        with pytest.raises(HandshakeRejectedError, match=str(status)) as rejected:
            await open_connection(server.handshake)
        assert rejected.value.status == status
        assert rejected.value.location is None
        assert not rejected.value.is_tls
        assert rejected.value.url == f"ws://127.0.0.1:{server.port}/ws"
    assert not other_tasks()


async def test_a_rejection_carries_the_answer_and_shows_none_of_it() -> None:
    async with local_server() as server:
        server.refusals.append((401, {"WWW-Authenticate": "Digest nonce=secret"}))
        with pytest.raises(HandshakeRejectedError) as rejected:
            await open_connection(server.handshake)
    answer = rejected.value.answer
    assert ("WWW-Authenticate", "Digest nonce=secret") in list(answer.headers)
    assert answer.body == b"no websocket here\n"
    assert "secret" not in f"{rejected.value} {rejected.value!r} {answer!r}"
    assert "no websocket here" not in f"{rejected.value!r} {answer!r}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_told_and_not_followed(status: int) -> None:
    async with local_server() as target, local_server() as server:
        location = f"ws://user:secret@127.0.0.1:{target.port}/other?token=secret"
        server.refusals.append((status, {"Location": location}))
        with pytest.raises(HandshakeRejectedError) as rejected:
            await open_connection(evolve(server.handshake, headers=SECRETS))
        assert rejected.value.status == status
        assert rejected.value.location == f"ws://127.0.0.1:{target.port}/other"
        assert "connect to that address instead" in str(rejected.value)
        assert "secret" not in str(rejected.value)
        assert not target.requests
        assert len(server.requests) == 1


@pytest.mark.parametrize("location", ["", "/login?next=secret", "http://[", "http://user:secret@[::1", "user:secret@h"])
async def test_a_redirect_to_anything_is_a_rejection(location: str) -> None:
    async with local_server() as server:
        server.refusals.append((302, {"Location": location}))
        with pytest.raises(HandshakeRejectedError) as rejected:
            await open_connection(server.handshake)
        assert rejected.value.status == 302
        assert "secret" not in str(rejected.value)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


async def test_a_refused_port_is_a_failure_that_may_pass() -> None:
    with pytest.raises(ConnectFailedError) as failed:
        await open_connection(Handshake(f"ws://127.0.0.1:{free_port()}/ws?clientId=secret"))
    assert not isinstance(failed.value, HandshakeRejectedError)
    assert is_retryable(failed.value)
    assert "secret" not in str(failed.value)


async def test_a_server_that_says_nothing_runs_into_the_time_limit() -> None:
    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The end of what the client sends says that it has hung up.
        await reader.read(-1)
        gone.set()

    async with tcp_server(silent) as port:
        with pytest.raises(ConnectFailedError, match=r"no answer within 0\.05 s") as failed:
            await open_connection(Handshake(f"ws://127.0.0.1:{port}/ws", open_timeout=0.05))
        assert is_retryable(failed.value)
        async with asyncio.timeout(5):
            await gone.wait()


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 200 OK\r\nContent-Le"])
async def test_a_server_that_speaks_no_http_is_a_failure(answer: bytes) -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with tcp_server(rude) as port:
        with pytest.raises(ConnectFailedError) as failed:
            await open_connection(Handshake(f"ws://127.0.0.1:{port}/ws"))
        assert not failed.value.is_tls
        assert is_retryable(failed.value)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://user:secret@127.0.0.1/ws",
        "ws:///ws?clientId=secret",
        "ws://user@127.0.0.1/ws?clientId=secret",
        "ws://127.0.0.1:99999/ws?clientId=secret",
        "ws://127.0.0.1:port/ws?clientId=secret",
        "ws://[::1/ws?clientId=secret",
        "ws://127.0.0.1/ws#secret",
        "ws://a..b/ws?clientId=secret",
        f"ws://{'a' * 70}.example/ws?clientId=secret",
        "ws://ho\N{ACCOUNT OF}st/ws?clientId=secret",
    ],
)
async def test_an_address_that_is_none_is_a_failure_that_shows_no_credentials(url: str) -> None:
    with pytest.raises(ConnectFailedError) as failed:
        await open_connection(Handshake(url))
    assert "secret" not in str(failed.value)
    assert "secret" not in failed.value.reason
    error: BaseException | None = failed.value
    while error is not None:
        # A traceback that is printed shows the causes too.
        assert "secret" not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.mark.parametrize(
    "proxy", ["http://user:secret@", "carrier-pigeon://user:secret@host", "socks5://user:secret@h"]
)
async def test_a_proxy_that_is_none_is_a_failure_that_shows_no_credentials(proxy: str) -> None:
    with pytest.raises(ConnectFailedError) as failed:
        await open_connection(Handshake("ws://127.0.0.1:1/ws", proxy=proxy))
    assert "secret" not in str(failed.value)


async def test_a_proxy_that_is_named_is_asked_and_its_refusal_told() -> None:
    asked: list[bytes] = []

    async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with tcp_server(refusing) as port:
        with pytest.raises(ConnectFailedError, match="407"):
            await open_connection(Handshake("ws://comfy.invalid:8188/ws", proxy=f"http://127.0.0.1:{port}"))
    assert asked[0].startswith(b"CONNECT comfy.invalid:8188 ")


async def test_without_a_proxy_the_environment_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    async with local_server() as server:
        connection = await open_connection(evolve(server.handshake, proxy=None))
        await connection.close()
        assert len(server.requests) == 1


class TestTls:
    async def test_an_untrusted_certificate_fails_for_good(self, certificate: tuple[Path, Path]) -> None:
        async with local_server(tls=server_context(certificate)) as server:
            with pytest.raises(ConnectFailedError, match="TLS failed") as failed:
                await open_connection(server.handshake)
            assert failed.value.is_tls
            assert not is_retryable(failed.value)
            assert not server.requests

    @pytest.mark.parametrize("scheme", ["wss", "WSS"])
    async def test_a_certificate_that_the_context_trusts_passes(
        self, certificate: tuple[Path, Path], scheme: str
    ) -> None:
        async with local_server(tls=server_context(certificate)) as server:
            trusting = ssl.create_default_context(cafile=str(certificate[0]))
            url = server.url.replace("wss", scheme)
            connection = await open_connection(Handshake(url, ssl=trusting))
            await connection.close()
            assert len(server.requests) == 1

    async def test_a_host_header_does_not_change_whose_certificate_is_wanted(
        self, certificate: tuple[Path, Path]
    ) -> None:
        async with local_server(tls=server_context(certificate)) as server:
            trusting = ssl.create_default_context(cafile=str(certificate[0]))
            connection = await open_connection(
                evolve(server.handshake, ssl=trusting, headers={"Host": "comfy.example"})
            )
            await connection.close()
            assert server.requests[0].headers["Host"] == "comfy.example"

    async def test_a_server_without_tls_fails_for_good(self) -> None:
        async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            # The client hangs up once it has read that.
            await reader.read(-1)

        async with tcp_server(plain) as port:
            with pytest.raises(ConnectFailedError) as failed:
                await open_connection(Handshake(f"wss://127.0.0.1:{port}/ws"))
            assert failed.value.is_tls

    async def test_a_server_that_hangs_up_during_tls_may_be_back(self) -> None:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)

        async with tcp_server(hang_up) as port:
            with pytest.raises(ConnectFailedError) as failed:
                await open_connection(Handshake(f"wss://127.0.0.1:{port}/ws"))
            assert is_retryable(failed.value)

    async def test_a_context_is_of_no_use_without_tls(self) -> None:
        async with local_server() as server:
            connection = await open_connection(evolve(server.handshake, ssl=ssl.create_default_context()))
            await connection.close()
            assert len(server.requests) == 1


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

        async with tcp_server(silent) as port, asyncio.timeout(5):
            attempt = asyncio.ensure_future(open_connection(Handshake(f"ws://127.0.0.1:{port}/ws")))
            await connected.wait()
            attempt.cancel()
            with pytest.raises(asyncio.CancelledError):
                await attempt
            await gone.wait()
