"""Credentials of every kind reach REST, `/view` and the websocket handshake, proven by a proxy that checks them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from typing import Any

import httpx
import pytest

from comfy_facade import AsyncComfyUIApiClient, AuthenticationError
from tests.facade.credentials import BASIC, PASSWORD, USER, assert_everything_came, use_everything, wanting
from tests.proxies.requests import Answer, Check, Seen
from tests.proxies.reverse import ReverseProxy
from tests.systems import has_websockets


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
    if way == "beyond ASCII" and not has_websockets("16.1"):
        pytest.skip("this websockets sends headers in ASCII only")
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


async def test_the_bindings_carry_them_too(proxy: ReverseProxy) -> None:
    proxy.check = lambda request: wanting("X-Api-Key", "k")(request) or wanting("Authorization", BASIC)(request)
    async with AsyncComfyUIApiClient(
        url=proxy.url, headers={"X-Api-Key": "k"}, auth=(USER, PASSWORD), websocket=False
    ) as client:
        assert (await client.rest.get_async_httpx_client().get("/api/queue")).status_code == 200
        assert client.rest.get_httpx_client().get("/api/queue").status_code == 200
