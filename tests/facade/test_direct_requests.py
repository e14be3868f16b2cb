"""Requests that go past httpx's client: they say what those through it would say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient
from tests import prompts
from tests.proxies.requests import Answer, Seen
from tests.proxies.reverse import ReverseProxy, reverse_proxy


@pytest.fixture
def proxy(emulator: comfy_emulator.RunningServer, no_proxies: None) -> Iterator[ReverseProxy]:
    with reverse_proxy(emulator.url) as running:
        yield running


def headers_of(request: Seen) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


async def test_they_say_what_a_client_would(proxy: ReverseProxy) -> None:
    headers = {"X-Api-Key": "k", "accept": "application/json"}
    async with (
        httpx.AsyncClient() as http_client,
        AsyncComfyUIApiClient(url=proxy.url, headers=headers, websocket=False) as direct,
        AsyncComfyUIApiClient(url=proxy.url, headers=headers, websocket=False, http_client=http_client) as indirect,
    ):
        for client in (direct, indirect):
            await client.get_history(max_items=3, offset=1)
            await client.queue_prompt(0, prompt=prompts.plain_image())
            await client.store_user_data("a/b c.txt", b"abc")
            await client.upload_image(b"abc", "a.png", overwrite=True)
    half = len(proxy.others) // 2
    assert half == 5
    for ours, theirs in zip(proxy.others[:half], proxy.others[half:], strict=True):
        assert (ours.method, ours.target) == (theirs.method, theirs.target)
        # The boundary of a multipart body is another each time.
        varying = ("content-type",) if "upload" in ours.target else ()
        assert {name: value for name, value in headers_of(ours).items() if name not in varying} == {
            name: value for name, value in headers_of(theirs).items() if name not in varying
        }


async def test_a_cookie_comes_along_from_then_on(proxy: ReverseProxy) -> None:
    async with AsyncComfyUIApiClient(url=proxy.url, websocket=False) as client:
        await client.get_embeddings()
        proxy.check = lambda _: Answer(200, b"[]", {"Set-Cookie": "session=1; Path=/"})
        await client.get_embeddings()
        proxy.check = lambda _: None
        await client.get_embeddings()
        await client.get_embeddings()
    assert [headers_of(request).get("cookie") for request in proxy.others] == [None, None, "session=1", "session=1"]


async def test_a_hundred_posts_are_sent_a_few_at_a_time(proxy: ReverseProxy) -> None:
    async with AsyncComfyUIApiClient(url=proxy.url) as client:
        results = await asyncio.gather(*(client.run_prompt(prompts.plain_image(number)) for number in range(100)))
    assert len({result.prompt_id for result in results}) == 100
    assert [request.method for request in proxy.others] == ["POST"] * 100
