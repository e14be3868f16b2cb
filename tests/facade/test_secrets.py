"""No secret shows: not in a repr, not in a log at its most talkative, not in an error or its traceback."""

from __future__ import annotations

import asyncio
import base64
import logging
import traceback
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, ComfyUIApiClient, ComfyUIError
from comfy_ws import EventStream, Handshake, StreamError, open_connection, websocket_url
from tests import prompts
from tests.proxies import (
    Answer,
    Certificates,
    Check,
    ForwardProxy,
    ReverseProxy,
    Seen,
    forward_proxy,
    reverse_proxy,
)

pytestmark = pytest.mark.usefixtures("no_proxies")

LOGGERS = ("comfy_facade", "comfy_ws", "websockets", "httpx", "httpcore", "asyncio")

SECRETS = {
    "header": "hidden-header-1f",
    "cookie": "hidden-cookie-2e",
    "token": "hidden-token-3d",
    "password": "hidden-password-4c",
    "query": "hidden-query-5b",
    "proxy": "hidden-proxy-6a",
    "set-cookie": "hidden-answer-79",
    "location": "hidden-location-88",
    "client id": "hidden-client-id-97",
}
BASIC = base64.b64encode(f"user:{SECRETS['password']}".encode()).decode()
FORBIDDEN = [*SECRETS.values(), BASIC, base64.b64encode(f"user:{SECRETS['proxy']}".encode()).decode()]


def assert_discreet(text: str, where: str) -> None:
    for secret in FORBIDDEN:
        if secret in text:
            position = text.index(secret)
            pytest.fail(f"{where} shows {secret}: ...{text[max(0, position - 200) : position + 50]}...")


class Everything(logging.Handler):
    """Keeps every record as any handler could write it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []
        self.names: set[str] = set()
        self._formatter = logging.Formatter("%(name)s %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        self.names.add(record.name.partition(".")[0])
        self.texts.append(self._formatter.format(record))
        self.texts.append(repr(record.args))
        self.texts.append(repr(record.msg))


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


def chain_of(error: BaseException) -> Iterator[BaseException]:
    pending: list[BaseException | None] = [error]
    while pending:
        found = pending.pop()
        if found is None:
            continue
        yield found
        pending.append(found.__cause__)
        if not found.__suppress_context__:
            pending.append(found.__context__)


def assert_error_is_discreet(error: BaseException) -> None:
    assert_discreet("".join(traceback.format_exception(error)), "the traceback")
    for found in chain_of(error):
        assert_discreet(str(found) + repr(found), f"a {type(found).__name__}")
        if isinstance(found, (ComfyUIError, StreamError)):
            for name, value in vars(found).items():
                assert_discreet(f"{value!r} {value}", f"{type(found).__name__}.{name}")


def reprs_below(owner: object, depth: int = 6) -> Iterator[tuple[str, str]]:
    """The reprs of an object and of all that the SDK's own objects below it hold."""
    seen: set[int] = set()
    pending: list[tuple[str, object, int]] = [(type(owner).__name__, owner, depth)]
    while pending:
        path, value, left = pending.pop()
        if id(value) in seen or not type(value).__module__.startswith(("comfy_", "tests")):
            continue
        seen.add(id(value))
        yield path, f"{value!r} {value}"
        if left:
            held = dict(getattr(value, "__dict__", {}))
            held |= {name: getattr(value, name, None) for name in getattr(type(value), "__slots__", ())}
            pending += [(f"{path}.{name}", part, left - 1) for name, part in held.items()]


class EveryKind(httpx.Auth):
    """Puts a token into a header and another secret into the query."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        request.headers["Authorization"] = f"Bearer {SECRETS['token']}"
        request.url = request.url.copy_merge_params({"key": SECRETS["query"]})
        yield request


def options_of(url: str, way: str) -> dict[str, Any]:
    """Credentials of every kind, as far as they go together."""
    headers = {"X-Api-Key": SECRETS["header"], "Cookie": f"session={SECRETS['cookie']}"}
    common: dict[str, Any] = {
        "url": url,
        "headers": headers,
        "client_id": SECRETS["client id"],
        "timeout": 0.2,
        "outage_timeout": 0.1,
    }
    with_user = url.replace("//", f"//user:{SECRETS['password']}@") + f"?key={SECRETS['query']}"
    return {
        "token": {**common, "auth": SECRETS["token"]},
        "basic": {**common, "auth": ("user", SECRETS["password"])},
        "digest": {**common, "auth": httpx.DigestAuth("user", SECRETS["password"])},
        "address": {**common, "url": with_user},
        "query": {**common, "auth": EveryKind()},
    }[way]


WAYS = ["token", "basic", "digest", "address", "query"]


async def try_everything(client: AsyncComfyUIApiClient) -> list[ComfyUIError]:
    """Do something of every kind, and give the errors that came of it."""
    calls: list[Callable[[], Awaitable[Any]]] = [
        client.init,
        lambda: client.events().open(),
        client.get_queue,
        lambda: client.run_prompt(prompts.one_image(), timeout=0.5),
        lambda: client.get_user_data("a.txt"),
        client.free,
    ]
    errors: list[ComfyUIError] = []
    for call in calls:
        try:
            await call()
        except ComfyUIError as error:
            errors.append(error)
    return errors


async def assert_all_is_discreet(options: Mapping[str, Any], log: Everything) -> None:
    async with asyncio.timeout(20):
        client = AsyncComfyUIApiClient(**options)
        try:
            errors = await try_everything(client)
            for path, text in reprs_below(client):
                assert_discreet(text, path)
            assert_discreet(repr(client.rest), "the bindings")
            with_rest = client.rest.get_async_httpx_client()
            try:
                await with_rest.get("/api/queue", params={"key": SECRETS["query"]})
            except httpx.HTTPError as failure:
                assert_discreet(str(failure), "an error of httpx")
        finally:
            await client.close()
    assert errors
    for error in errors:
        assert_error_is_discreet(error)
    assert {"httpcore", "httpx"} & log.names, "the log is at its most talkative"
    for text in log.texts:
        assert_discreet(text, "the log")


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
