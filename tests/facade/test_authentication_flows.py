"""Flows of several requests, such as digest and renewed tokens, sign the handshake too; a broken one is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator

import httpx
import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, AuthenticationError, ComfyUIApiClient, ConnectionFailedError
from comfy_ws import Reconnected
from tests import prompts
from tests.facade.credentials import PASSWORD, USER, DigestChecker, use_everything
from tests.proxies.requests import Answer, Seen
from tests.proxies.reverse import ReverseProxy


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
        yield request  # noqa: V201 - it makes this a generator


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
