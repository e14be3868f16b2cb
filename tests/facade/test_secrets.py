"""No secret shows: not in a repr, not in a log at its most talkative, not in an error or its traceback."""

from __future__ import annotations

import base64
import logging
from collections.abc import Generator, Iterator
from pathlib import Path

import httpx
import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, ComfyUIApiClient, ComfyUIError
from comfy_ws import EventStream, Handshake, StreamError, open_connection, websocket_url
from tests.certificates import Certificates
from tests.facade.discretion import (
    LOGGERS,
    SECRETS,
    WAYS,
    Everything,
    assert_all_is_discreet,
    assert_discreet,
    assert_error_is_discreet,
    options_of,
    reprs_below,
    try_everything,
)
from tests.proxies.forward import ForwardProxy, forward_proxy
from tests.proxies.requests import Answer, Check, Seen
from tests.proxies.reverse import ReverseProxy, reverse_proxy

pytestmark = pytest.mark.usefixtures("no_proxies")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Everything]:
    handler = Everything()
    root = logging.getLogger()
    root.addHandler(handler)
    for name in [*LOGGERS, *(name for name in logging.root.manager.loggerDict if name.startswith(LOGGERS))]:
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
        logging.getLogger(name).manager._clear_cache()  # type: ignore[attr-defined]
    yield handler
    root.removeHandler(handler)
    logging.root.manager._clear_cache()  # type: ignore[attr-defined]


@pytest.fixture
def proxy(emulator: comfy_emulator.RunningServer) -> Iterator[ReverseProxy]:
    with reverse_proxy(emulator.url) as running:
        yield running


COOKIE = {"Set-Cookie": f"session={SECRETS['set-cookie']}"}


def echo(request: Seen) -> Answer:
    """An error page that repeats the request, as some servers' do."""
    lines = "".join(f"{name}: {value}\n" for name, value in request.headers.items())
    return Answer(500, f"failed on {request.target}\n{lines}".encode())


def challenge(request: Seen) -> Answer:
    nonce = 'Digest realm="r", nonce="n", qop="auth"'
    return Answer(401, b"who are you?", {"WWW-Authenticate": nonce, **COOKIE})


def elsewhere(request: Seen) -> Answer:
    url = f"http://user:{SECRETS['location']}@other.test/login?next={SECRETS['location']}#{SECRETS['location']}"
    return Answer(302, b"moved", {"Location": url, **COOKIE})


FAILURES: dict[str, Check] = {
    "401": lambda _: Answer(401, b"no", COOKIE),
    "401 with a challenge": challenge,
    "403": lambda _: Answer(403, b"no", COOKIE),
    "404": lambda _: Answer(404, b"no", COOKIE),
    "500 that repeats the request": echo,
    "redirect": elsewhere,
    "redirect to nowhere": lambda _: Answer(302, b"", {"Location": f"http://user:{SECRETS['location']}@h:port/"}),
    "login page": lambda _: Answer(200, b"<html>log in</html>", {"Content-Type": "text/html", **COOKIE}),
    "bad JSON": lambda _: Answer(200, b'{"queue_running": [', {"Content-Type": "application/json", **COOKIE}),
    "bad encoding": lambda _: Answer(200, b"no gzip", {"Content-Encoding": "gzip", **COOKIE}),
    "cut before the answer": lambda _: Answer(cut=True),
    "cut within the answer": lambda _: Answer(200, b'{"queue', COOKIE, cut=True),
    "timeout": lambda _: Answer(200, b"late", delay=0.5),
}


@pytest.mark.parametrize(
    ("failure", "way"),
    [
        *((failure, "query") for failure in FAILURES),
        *(("500 that repeats the request", way) for way in WAYS if way != "query"),
        *(("401 with a challenge", way) for way in WAYS if way != "query"),
    ],
)
async def test_failures_show_no_secret(proxy: ReverseProxy, failure: str, way: str, log: Everything) -> None:
    proxy.check = FAILURES[failure]
    await assert_all_is_discreet(options_of(proxy.url, way), log)
    assert proxy.seen
    sent = " ".join(f"{request.target} {request.headers}" for request in proxy.seen)
    assert SECRETS["header"] in sent
    assert SECRETS["cookie"] in sent
    assert SECRETS["client id"] in sent


@pytest.mark.parametrize("way", WAYS)
async def test_success_shows_no_secret(proxy: ReverseProxy, way: str, log: Everything) -> None:
    await assert_all_is_discreet(options_of(proxy.url, way), log)
    assert len([request for request in proxy.seen if request.path.endswith("/prompt")]) == 1


async def test_a_server_that_is_down_shows_no_secret(log: Everything, unused_tcp_port: int) -> None:
    await assert_all_is_discreet(options_of(f"http://127.0.0.1:{unused_tcp_port}", "query"), log)
    assert "comfy_ws" in log.names


async def test_tls_that_fails_shows_no_secret(
    emulator: comfy_emulator.RunningServer, certificates: Certificates, log: Everything
) -> None:
    with reverse_proxy(emulator.url, tls=certificates.server_context()) as proxy:
        await assert_all_is_discreet(options_of(proxy.url, "token"), log)
        assert proxy.seen == []


@pytest.mark.parametrize("is_secure", [False, True])
async def test_a_proxy_that_refuses_shows_no_secret(
    emulator: comfy_emulator.RunningServer,
    is_secure: bool,
    log: Everything,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with forward_proxy(emulator.url, credentials="Basic other") as proxy:
        monkeypatch.setenv("all_proxy", f"http://user:{SECRETS['proxy']}@{proxy.host}")
        url = "https://comfy.test" if is_secure else "http://comfy.test"
        await assert_all_is_discreet(options_of(url, "token"), log)
        assert_proxy_was_asked(proxy)


async def test_a_proxy_that_serves_shows_no_secret(
    emulator: comfy_emulator.RunningServer, log: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    with forward_proxy(emulator.url) as proxy:
        monkeypatch.setenv("all_proxy", f"http://user:{SECRETS['proxy']}@{proxy.host}")
        await assert_all_is_discreet(options_of("http://comfy.test", "basic"), log)
        assert_proxy_was_asked(proxy)


def assert_proxy_was_asked(proxy: ForwardProxy) -> None:
    wanted = base64.b64encode(f"user:{SECRETS['proxy']}".encode()).decode()
    assert {request.headers["Proxy-Authorization"] for request in proxy.asked} == {f"Basic {wanted}"}


@pytest.mark.parametrize(
    "address",
    [
        "http://user:{}@host:port",
        "http://user:{}@[::1",
        "pigeon://user:{}@host",
        "http://user:{}/@127.0.0.1:1",
        "socks5://user:{}@127.0.0.1:1",
    ],
)
async def test_a_proxy_that_is_none_shows_no_secret(
    address: str,
    log: Everything,
    monkeypatch: pytest.MonkeyPatch,
    emulator: comfy_emulator.RunningServer,
) -> None:
    client = AsyncComfyUIApiClient(**options_of(emulator.url, "token"))
    monkeypatch.setenv("all_proxy", address.format(SECRETS["proxy"]))
    errors = await try_everything(client)
    await client.close()
    assert errors
    for error in errors:
        assert_error_is_discreet(error)
    for text in log.texts:
        assert_discreet(text, "the log")


class LineBreak(httpx.Auth):
    """What a token with the line break of its file does."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        request.headers["Authorization"] = f"Bearer {SECRETS['token']}\n"
        yield request


class BadAddress(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        request.url = httpx.URL(f"http://user:{SECRETS['password']}@host:port")
        yield request


@pytest.mark.parametrize("auth", [LineBreak(), BadAddress()], ids=lambda auth: type(auth).__name__)
async def test_a_header_that_cannot_be_sent_shows_no_secret(
    proxy: ReverseProxy, auth: httpx.Auth, log: Everything
) -> None:
    client = AsyncComfyUIApiClient(url=proxy.url, auth=auth, outage_timeout=0.2)
    errors = await try_everything(client)
    await client.close()
    assert errors
    for error in errors:
        assert_error_is_discreet(error)
    for text in log.texts:
        assert_discreet(text, "the log")


@pytest.mark.parametrize("failure", ["404", "500 that repeats the request", "redirect", "login page"])
async def test_downloads_show_no_secret(proxy: ReverseProxy, failure: str, log: Everything, tmp_path: Path) -> None:
    proxy.check = FAILURES[failure]
    async with AsyncComfyUIApiClient(**options_of(proxy.url, "query"), websocket=False) as client:
        with pytest.raises(ComfyUIError) as caught:
            await client.download({"filename": "none.png"}, tmp_path / "a.png")
    assert_error_is_discreet(caught.value)
    for text in log.texts:
        assert_discreet(text, "the log")


def test_synchronous_code_shows_no_secret(proxy: ReverseProxy, log: Everything) -> None:
    proxy.check = FAILURES["500 that repeats the request"]
    with ComfyUIApiClient(**options_of(proxy.url, "query")) as client:
        for path, text in reprs_below(client):
            assert_discreet(text, path)
        with pytest.raises(ComfyUIError) as caught:
            client.get_queue()
        assert client.rest.get_httpx_client().get("/api/queue", params={"k": SECRETS["query"]}).status_code == 500
        assert_error_is_discreet(caught.value)
    for text in log.texts:
        assert_discreet(text, "the log")


async def test_a_stream_of_its_own_shows_no_secret(proxy: ReverseProxy, log: Everything) -> None:
    url = websocket_url(proxy.url, SECRETS["client id"])
    handshake = Handshake(url, headers={"X-Api-Key": SECRETS["header"]})
    assert_discreet(repr(handshake), "the handshake")
    connection = await open_connection(handshake)
    await connection.close()
    proxy.check = FAILURES["redirect"]
    with pytest.raises(StreamError) as caught:
        async with EventStream(url, headers={"X-Api-Key": SECRETS["header"]}):
            pass
    assert_error_is_discreet(caught.value)
    assert any(SECRETS["set-cookie"] in value for _, value in caught.value.answer.headers)  # type: ignore[attr-defined]
    for text in log.texts:
        assert_discreet(text, "the log")


async def test_the_log_of_other_code_is_left_alone(proxy: ReverseProxy, log: Everything) -> None:
    async with AsyncComfyUIApiClient(url=proxy.url) as client, httpx.AsyncClient() as other:
        await client.get_queue()
        log.texts.clear()
        await other.get(proxy.url + "/api/queue", params={"asked": "openly"})
    assert any("asked=openly" in text for text in log.texts)
    assert any("receive_response_headers.complete return_value=" in text for text in log.texts)
