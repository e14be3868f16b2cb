"""What refuses a handshake, or is no server at all, is told with its reason and without credentials."""

import asyncio
import socket

import pytest
from attrs import evolve

from comfy_ws import ConnectFailedError, Handshake, HandshakeRejectedError, is_retryable, open_connection
from tests.streams import serving
from tests.ws.sockets import SECRETS, local_server, other_tasks


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

    async with serving(silent) as port:
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

    async with serving(rude) as port:
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

    async with serving(refusing) as port:
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
