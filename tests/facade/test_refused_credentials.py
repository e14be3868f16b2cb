"""Credentials that a server refuses, or no header can carry, are told at once, once, and without quoting them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, AuthenticationError, ComfyUIApiClient
from tests import prompts
from tests.facade.credentials import resolved
from tests.proxies.reverse import ReverseProxy


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
