"""Credentials of every kind reach REST, `/view` and the websocket handshake, proven by a proxy that checks them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import secrets
import socket
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from typing import Any

import httpx
import pytest

import comfy_emulator
from comfy_facade import (
    AsyncComfyUIApiClient,
    AuthenticationError,
    ComfyUIApiClient,
    ConnectionFailedError,
    UnexpectedResponseError,
)
from comfy_facade.settings import DEFAULT_HOST, Settings, resolve_settings
from comfy_ws import Reconnected
from tests import prompts
from tests.proxies import Answer, Check, ReverseProxy, Seen, reverse_proxy

BASIC = "Basic " + base64.b64encode(b"me:p\xc3\xa4ss/w@rd:").decode()
USER, PASSWORD = "me", "päss/w@rd:"


@pytest.fixture
def proxy(emulator: comfy_emulator.RunningServer, no_proxies: None) -> Iterator[ReverseProxy]:
    with reverse_proxy(emulator.url, base_path="/comfy") as running:
        yield running


def wanting(name: str, value: str) -> Check:
    return lambda request: None if request.headers.get(name) == value else 401


async def use_everything(client: AsyncComfyUIApiClient) -> None:
    """Run a prompt over the websocket and read a file of it."""
    result = await client.run_prompt(prompts.one_image(), timeout=10)
    assert (await result.images[0].read()).startswith(b"\x89PNG")


def assert_everything_came(proxy: ReverseProxy) -> None:
    # One request in all says that the run was followed over the websocket.
    assert [request.method for request in proxy.others] == ["POST"]
    assert len(proxy.handshakes) == len(proxy.views) == 1


class TokenInTheQuery(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        request.url = request.url.copy_merge_params({"token": "a b&c"})
        yield request


class BeyondAscii(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        request.headers["X-Name"] = "m\N{LATIN SMALL LETTER E WITH ACUTE} \N{SNOWMAN}"
        yield request


class AsyncOnly(httpx.Auth):
    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        await asyncio.sleep(0)
        request.headers["X-Token"] = "abc"
        yield request


WAYS: dict[str, tuple[dict[str, Any], Check]] = {
    "bearer token": ({"auth": "tok-123"}, wanting("Authorization", "Bearer tok-123")),
    "user and password": ({"auth": (USER, PASSWORD)}, wanting("Authorization", BASIC)),
    "httpx basic": ({"auth": httpx.BasicAuth(USER, PASSWORD)}, wanting("Authorization", BASIC)),
    "header": ({"headers": {"X-Api-Key": "k"}}, wanting("X-Api-Key", "k")),
    "cookie": ({"headers": {"cookie": "a=1; b=2"}}, wanting("Cookie", "a=1; b=2")),
    "virtual host": ({"headers": {"Host": "comfy.internal"}}, wanting("Host", "comfy.internal")),
    "user agent": ({"headers": {"User-Agent": "mine/1"}}, wanting("User-Agent", "mine/1")),
    "user": ({"user": "somebody_1"}, wanting("Comfy-User", "somebody_1")),
    "token in the query": (
        {"auth": TokenInTheQuery()},
        lambda request: None if "token=a+b%26c" in request.target else 401,
    ),
    "asynchronous": ({"auth": AsyncOnly()}, wanting("X-Token", "abc")),
    "beyond ASCII": ({"auth": BeyondAscii()}, wanting("X-Name", "m\N{LATIN SMALL LETTER E WITH ACUTE} \N{SNOWMAN}")),
    "one token for another": (
        {"auth": "new", "headers": {"authorization": "Bearer old"}},
        wanting("Authorization", "Bearer new"),
    ),
}


@pytest.mark.parametrize("way", WAYS)
async def test_credentials_reach_everything(proxy: ReverseProxy, way: str) -> None:
    options, proxy.check = WAYS[way]
    async with AsyncComfyUIApiClient(url=proxy.url, **options) as client:
        await use_everything(client)
    assert_everything_came(proxy)
    # Each header once: what is sent twice is refused by strict servers.
    for request in proxy.seen:
        names = [name.lower() for name in request.headers]
        assert len(names) == len(set(names))


async def test_user_and_password_of_the_address_reach_everything(proxy: ReverseProxy) -> None:
    proxy.check = wanting("Authorization", BASIC)
    url = proxy.url.replace("//", "//me:p%C3%A4ss%2Fw%40rd%3A@")
    async with AsyncComfyUIApiClient(url=url) as client:
        await use_everything(client)
    assert_everything_came(proxy)


@pytest.mark.parametrize("way", ["bearer token", "token in the query"])
async def test_without_them_nothing_goes(proxy: ReverseProxy, way: str) -> None:
    _, proxy.check = WAYS[way]
    async with AsyncComfyUIApiClient(url=proxy.url, websocket=False) as client:
        with pytest.raises(AuthenticationError):
            await client.get_queue()
    with pytest.raises(AuthenticationError):
        async with AsyncComfyUIApiClient(url=proxy.url):
            pass


async def test_what_a_given_client_sends_reaches_the_handshake_too(proxy: ReverseProxy) -> None:
    def check(request: Seen) -> int | None:
        wanted = {"Authorization": BASIC, "Cookie": "session=1", "X-Api-Key": "k"}
        came = {name: request.headers.get(name) for name in wanted}
        return None if came == wanted and "team=7" in request.target else 401

    proxy.check = check
    async with httpx.AsyncClient(
        auth=(USER, PASSWORD), cookies={"session": "1"}, headers={"X-Api-Key": "k"}, params={"team": "7"}
    ) as http_client:
        async with AsyncComfyUIApiClient(url=proxy.url, http_client=http_client) as client:
            await use_everything(client)
        assert not http_client.is_closed
    assert_everything_came(proxy)
    assert f"clientId={client.client_id}" in proxy.handshakes[0].target


async def test_a_cookie_that_rest_was_given_comes_along_with_the_handshake(proxy: ReverseProxy) -> None:
    client = AsyncComfyUIApiClient(url=proxy.url)
    proxy.check = lambda _: Answer(200, b"[]", {"Set-Cookie": "session=1; Path=/"})
    await client.get_embeddings()
    proxy.check = wanting("Cookie", "session=1")
    await client.init()
    await client.close()
    assert len(proxy.handshakes) == 1


class DigestChecker:
    """Challenges, and verifies the answer against what really arrived; no nonce count is taken twice."""

    def __init__(self, algorithm: str = "SHA-256") -> None:
        self.algorithm = algorithm
        self.nonce = secrets.token_hex(8)
        self.challenges = 0
        self._taken: set[tuple[str, str]] = set()

    def __call__(self, request: Seen) -> Answer | None:
        if self._is_right(request):
            return None
        self.challenges += 1
        challenge = f'Digest realm="comfy", qop="auth", algorithm={self.algorithm}, nonce="{self.nonce}", opaque="o"'
        return Answer(401, b"who are you?", {"WWW-Authenticate": challenge, "Set-Cookie": "challenged=1"})

    def _is_right(self, request: Seen) -> bool:
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        said = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^",]+))', rest)}
        if scheme != "Digest" or said["nonce"] != self.nonce or said["uri"] != request.target:
            return False
        if (said["nonce"], said["nc"]) in self._taken:
            return False
        self._taken.add((said["nonce"], said["nc"]))
        secret = self._hash(f"{USER}:comfy:{PASSWORD}")
        signed = self._hash(f"{request.method}:{request.target}")
        expected = self._hash(f"{secret}:{said['nonce']}:{said['nc']}:{said['cnonce']}:auth:{signed}")
        return bool(said["response"] == expected)

    def _hash(self, text: str) -> str:
        return hashlib.new(self.algorithm.replace("-", ""), text.encode()).hexdigest()


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_digest_signs_the_handshake(proxy: ReverseProxy, algorithm: str) -> None:
    proxy.check = checker = DigestChecker(algorithm)
    async with AsyncComfyUIApiClient(url=proxy.url, auth=httpx.DigestAuth(USER, PASSWORD)) as client:
        assert len(proxy.handshakes) == 2
        await use_everything(client)
    # The challenge of the handshake serves the requests that follow.
    assert checker.challenges == 1
    assert [request.method for request in proxy.others] == ["POST"]


async def test_digest_is_challenged_anew_when_a_reconnect_needs_it(
    proxy: ReverseProxy, emulator: comfy_emulator.RunningServer
) -> None:
    proxy.check = checker = DigestChecker()
    async with AsyncComfyUIApiClient(url=proxy.url, auth=httpx.DigestAuth(USER, PASSWORD)) as client:
        async with client.events() as events:
            checker.nonce = "another"
            emulator.drop_sockets()
            async with asyncio.timeout(5):
                async for event in events:
                    if isinstance(event, Reconnected):
                        break
        assert checker.challenges == 2
        await use_everything(client)


def test_digest_in_synchronous_code(proxy: ReverseProxy) -> None:
    proxy.check = DigestChecker()
    with ComfyUIApiClient(url=proxy.url, auth=httpx.DigestAuth(USER, PASSWORD)) as client:
        result = client.run_prompt(prompts.one_image(), timeout=10)
        assert result.images[0].read().startswith(b"\x89PNG")
        assert len(proxy.handshakes) == 2


async def test_a_wrong_digest_password_ends_at_once(proxy: ReverseProxy) -> None:
    proxy.check = DigestChecker()
    with pytest.raises(AuthenticationError) as caught:
        async with AsyncComfyUIApiClient(url=proxy.url, auth=httpx.DigestAuth(USER, "wrong")):
            pass
    assert caught.value.status == 401
    assert len(proxy.handshakes) == 2


class Renewing(httpx.Auth):
    """Fetches a token from another route when it has none, and another one when it is refused."""

    requires_request_body = True
    requires_response_body = True

    def __init__(self, token_url: str) -> None:
        self.token_url = token_url
        self.token = ""
        self.bodies: list[bytes] = []

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        if not self.token:
            yield from self._fetch()
        request.headers["Authorization"] = f"Bearer {self.token}"
        response = yield request
        self.bodies.append(response.content)
        if response.status_code == 401:
            yield from self._fetch()
            request.headers["Authorization"] = f"Bearer {self.token}"
            yield request

    def _fetch(self) -> Generator[httpx.Request, httpx.Response]:
        answer = yield httpx.Request("POST", self.token_url, data={"grant_type": "refresh_token"})
        self.token = answer.json()["access_token"]


class Issuer:
    """Issues tokens at one route, and wants the newest one at all others."""

    def __init__(self) -> None:
        self.issued = 0
        self.is_down = False

    def __call__(self, request: Seen) -> Answer | None:
        if request.path == "/token":
            if self.is_down:
                return Answer(cut=True)
            self.issued += 1
            return Answer(200, json.dumps({"access_token": f"t{self.issued}"}).encode())
        if self.issued and request.headers.get("Authorization") == f"Bearer t{self.issued}":
            return None
        return Answer(401, b"expired", {"Content-Encoding": "gzip"} if request.is_handshake else {})


async def test_tokens_are_fetched_and_renewed_for_the_handshake(
    proxy: ReverseProxy, emulator: comfy_emulator.RunningServer
) -> None:
    proxy.check = issuer = Issuer()
    auth = Renewing(proxy.url.replace("/comfy", "/token"))
    async with AsyncComfyUIApiClient(url=proxy.url, auth=auth) as client, client.events() as events:
        assert (issuer.issued, auth.token) == (1, "t1")
        issuer.issued += 1
        emulator.drop_sockets()
        async with asyncio.timeout(5):
            async for event in events:
                if isinstance(event, Reconnected):
                    break
        assert auth.token == "t3"
        assert b"expired" in auth.bodies, "a flow that wants the body of the refusal gets it"
        await use_everything(client)


async def test_a_place_of_tokens_that_is_down_means_polling_until_it_is_back(proxy: ReverseProxy) -> None:
    proxy.check = issuer = Issuer()
    issuer.is_down = True
    auth = Renewing(proxy.url.replace("/comfy", "/token"))
    async with AsyncComfyUIApiClient(url=proxy.url, auth=auth) as client:
        with pytest.raises(ConnectionFailedError):
            await client.get_queue()
        issuer.is_down = False
        async with asyncio.timeout(5):
            async for event in client.events():
                if isinstance(event, Reconnected):
                    break
        await use_everything(client)
    assert len(proxy.handshakes) == 1


class Endless(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        response = yield request
        while response.status_code != 200:
            response = yield request


async def test_a_flow_without_end_is_ended(proxy: ReverseProxy) -> None:
    proxy.check = lambda request: 401 if request.is_handshake else None
    with pytest.raises(AuthenticationError):
        async with AsyncComfyUIApiClient(url=proxy.url, auth=Endless()):
            pass
    assert len(proxy.handshakes) == 8


class Failing(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        raise KeyError("no such token")
        yield request


class Silent(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        yield httpx.Request("GET", request.url.copy_with(path="/elsewhere", query=None))


async def test_a_flow_with_a_bug_is_told_as_one(proxy: ReverseProxy) -> None:
    async with AsyncComfyUIApiClient(url=proxy.url, auth=Failing()) as client:
        with pytest.raises(ConnectionFailedError, match="auth= failed with KeyError") as caught:
            await client.get_queue()
        assert isinstance(caught.value.__cause__, KeyError)
    assert proxy.seen == []


async def test_a_flow_that_asks_for_no_handshake_gives_no_websocket(proxy: ReverseProxy) -> None:
    async with AsyncComfyUIApiClient(url=proxy.url, auth=Silent()) as client:
        with pytest.raises(ConnectionFailedError, match="content without one"):
            await client.events().open()
    assert proxy.handshakes == []


async def test_a_challenge_that_nobody_understands_is_an_error_of_the_sdk(proxy: ReverseProxy) -> None:
    challenge = 'Digest realm="r", nonce="n", algorithm=ROT13'
    proxy.check = lambda _: Answer(401, b"", {"WWW-Authenticate": challenge})
    async with AsyncComfyUIApiClient(url=proxy.url, auth=httpx.DigestAuth(USER, PASSWORD), websocket=False) as client:
        with pytest.raises(ConnectionFailedError, match="auth= failed"):
            await client.get_queue()


@pytest.mark.parametrize("status", [401, 403])
class TestRefusals:
    async def test_the_handshake(self, proxy: ReverseProxy, status: int) -> None:
        proxy.check = lambda _: status
        began = time.monotonic()
        with pytest.raises(AuthenticationError) as caught:
            async with AsyncComfyUIApiClient(url=proxy.url, auth="t"):
                pass
        assert caught.value.status == status
        assert "pass headers=, auth= or user=" in str(caught.value)
        assert time.monotonic() - began < 2
        assert len(proxy.seen) == 1

    async def test_rest_and_view(self, proxy: ReverseProxy, status: int, tmp_path: Any) -> None:
        proxy.check = lambda _: status
        async with AsyncComfyUIApiClient(url=proxy.url, auth="t", websocket=False) as client:
            calls: list[Callable[[], Any]] = [
                client.get_queue,
                lambda: client.run_prompt(prompts.one_image()),
                lambda: client.download({"filename": "a.png"}, tmp_path),
                lambda: client.wait_for_prompt("00000000-0000-4000-8000-000000000000"),
                lambda: client.upload_image(b"x", "x.png"),
            ]
            for call in calls:
                asked = len(proxy.seen)
                with pytest.raises(AuthenticationError) as caught:
                    await call()
                assert caught.value.status == status
                assert len(proxy.seen) == asked + 1, "a refusal is not asked for again"

    def test_synchronous_code(self, proxy: ReverseProxy, status: int) -> None:
        proxy.check = lambda _: status
        with pytest.raises(AuthenticationError), ComfyUIApiClient(url=proxy.url, auth="t"):
            pass

    async def test_credentials_that_are_taken_away_during_a_run(
        self, proxy: ReverseProxy, emulator: comfy_emulator.RunningServer, status: int
    ) -> None:
        async with AsyncComfyUIApiClient(url=proxy.url, auth="t") as client:
            job = await client.submit(prompts.one_image(count=500, delay_ms=10))
            proxy.check = lambda _: status
            emulator.drop_sockets()
            async with asyncio.timeout(4):
                with pytest.raises(AuthenticationError):
                    await job.result()


def resolved(**options: Any) -> Settings:
    plain: dict[str, Any] = {"api_host": DEFAULT_HOST, "api_base": "", "client_id": "", "session_name": "", "user": ""}
    plain |= {"ssl": False, "url": None, "headers": None, "auth": None, "verify": True, "timeout": 1.0}
    return resolve_settings(**{**plain, "outage_timeout": 1.0, "environment": {}, **options})


@pytest.mark.parametrize(
    "options",
    [
        {"auth": "secret\n"},
        {"auth": "secret\u2026"},
        {"headers": {"X-Key": "a\r\nX-Other: secret"}},
        {"headers": {"X-Key": "secret\x00"}},
        {"user": "secr\u00e9t"},
    ],
)
def test_what_no_header_can_carry_is_refused_and_not_quoted(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="cannot carry") as caught:
        resolved(**options)
    assert "secr" not in str(caught.value)


def test_a_header_without_a_proper_name_is_refused() -> None:
    with pytest.raises(ValueError, match="X Key"):
        resolved(headers={"X Key": "v"})


@pytest.mark.parametrize(
    "url",
    [
        "http://me:secret/1@host:8188",
        "http://me:secret@[::1",
        "http://me:secret@host:99999",
        "ftp://me:secret@host",
        "http://me:secret@",
        "http://me:secret@ho\u2100st",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="no address of a ComfyUI server") as caught:
        AsyncComfyUIApiClient(url=url)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("options", "base_url"),
    [
        ({"api_host": "::1"}, "http://[::1]"),
        ({"api_host": "[::1]:8188", "api_base": "/a/b/", "ssl": True}, "https://[::1]:8188/a/b"),
        ({"url": "https://me:secret@[2001:db8::1]:99/comfy/?token=secret#secret"}, "https://[2001:db8::1]:99/comfy"),
    ],
)
def test_addresses(options: dict[str, Any], base_url: str) -> None:
    assert resolved(**options).base_url == base_url


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
@pytest.mark.parametrize("base_path", ["", "/deep/base%20path"])
async def test_hosts_of_ipv6_and_base_paths(
    emulator: comfy_emulator.RunningServer, no_proxies: None, base_path: str
) -> None:
    with reverse_proxy(emulator.url, host="::1", base_path=base_path) as proxy:
        proxy.check = DigestChecker()
        auth = httpx.DigestAuth(USER, PASSWORD)
        async with AsyncComfyUIApiClient(url=proxy.url + "/", auth=auth) as client:
            assert len(proxy.handshakes) == 2
            await use_everything(client)
        assert [request.method for request in proxy.others] == ["POST"]
        assert all(request.path.startswith(base_path + "/") for request in proxy.seen)
        assert {request.headers["Host"] for request in proxy.seen} == {proxy.url.split("/")[2]}


async def test_a_wrong_base_path_is_told(proxy: ReverseProxy) -> None:
    async with AsyncComfyUIApiClient(url=proxy.url.replace("/comfy", "/other"), websocket=False) as client:
        with pytest.raises(UnexpectedResponseError) as caught:
            await client.get_queue()
    assert (caught.value.status, caught.value.route) == (404, "GET /other/api/queue")


async def test_the_bindings_carry_them_too(proxy: ReverseProxy) -> None:
    proxy.check = lambda request: wanting("X-Api-Key", "k")(request) or wanting("Authorization", BASIC)(request)
    async with AsyncComfyUIApiClient(
        url=proxy.url, headers={"X-Api-Key": "k"}, auth=(USER, PASSWORD), websocket=False
    ) as client:
        assert (await client.rest.get_async_httpx_client().get("/api/queue")).status_code == 200
        assert client.rest.get_httpx_client().get("/api/queue").status_code == 200
