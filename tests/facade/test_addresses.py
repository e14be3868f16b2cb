"""Addresses of every form, IPv6 and base paths among them, lead to the server, and wrong ones are told."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, UnexpectedResponseError
from tests.facade.credentials import PASSWORD, USER, DigestChecker, resolved, use_everything
from tests.proxies.reverse import ReverseProxy, reverse_proxy


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
