"""Redirects are told and never followed: nothing that was meant for one origin reaches another."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, ComfyUIApiClient, ConnectionFailedError, UnexpectedResponseError
from tests import prompts
from tests.proxies.requests import Answer, Seen
from tests.proxies.reverse import ReverseProxy, reverse_proxy

pytestmark = pytest.mark.usefixtures("no_proxies")

CREDENTIALS: list[dict[str, Any]] = [
    {"auth": "secret-token"},
    {"auth": ("me", "secret-password")},
    {"auth": httpx.DigestAuth("me", "secret-password")},
    {"headers": {"X-Api-Key": "secret-key", "Cookie": "session=secret"}},
]
STATUSES = [301, 302, 303, 307, 308]


@pytest.fixture
def proxy(emulator: comfy_emulator.RunningServer) -> Iterator[ReverseProxy]:
    with reverse_proxy(emulator.url) as running:
        yield running


@pytest.fixture
def elsewhere(emulator: comfy_emulator.RunningServer) -> Iterator[ReverseProxy]:
    """Another origin, which would answer well."""
    with reverse_proxy(emulator.url) as running:
        yield running


def redirect(to: str, status: int = 302) -> Answer:
    return Answer(status, b"moved", {"Location": f"{to}?next=secret#secret", "Set-Cookie": "track=secret"})


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("options", CREDENTIALS, ids=["bearer", "basic", "digest", "headers"])
async def test_another_origin_is_told_nothing(
    proxy: ReverseProxy, elsewhere: ReverseProxy, status: int, options: dict[str, Any], tmp_path: Path
) -> None:
    proxy.check = lambda request: redirect(elsewhere.url + request.path, status)
    async with AsyncComfyUIApiClient(url=proxy.url, **options) as client:
        calls = [
            ("GET /api/queue", client.get_queue()),
            ("POST /api/prompt", client.run_prompt(prompts.one_image())),
            ("GET /api/view", client.download({"filename": "a.png"}, tmp_path / "a.png")),
            ("POST /api/free", client.free()),
            ("GET /api/userdata/a.txt", client.get_user_data("a.txt")),
        ]
        for route, call in calls:
            with pytest.raises(UnexpectedResponseError) as caught:
                await call
            assert (caught.value.status, caught.value.route, caught.value.body) == (status, route, "moved")
            assert f"a redirect to '{elsewhere.url}{route.partition(' ')[2]}', which is not followed" in str(
                caught.value
            )
            assert "secret" not in str(caught.value)
    assert elsewhere.seen == []
    assert len(proxy.handshakes) == 1, "a redirected handshake is not tried again"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", STATUSES)
async def test_a_redirected_handshake_means_polling_and_is_named(
    proxy: ReverseProxy, elsewhere: ReverseProxy, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    target = elsewhere.url.replace("http", "ws") + "/ws"
    proxy.check = lambda request: redirect(target, status) if request.is_handshake else None
    with caplog.at_level(logging.WARNING, "comfy_facade"):
        async with AsyncComfyUIApiClient(url=proxy.url, auth="secret-token") as client:
            result = await client.run_prompt(prompts.one_image(), timeout=10)
            assert len(result.images) == 1
            with pytest.raises(ConnectionFailedError, match=str(status)) as caught:
                await client.events().open()
    assert f"redirect to {target}; connect to that address instead" in str(caught.value)
    assert f"redirect to {target}; connect to that address instead" in caplog.text
    assert "secret" not in caplog.text + str(caught.value)
    assert elsewhere.seen == []


async def test_the_same_origin_is_not_followed_either(proxy: ReverseProxy) -> None:
    def check(request: Seen) -> Answer | None:
        return redirect("/login") if request.path != "/login" else Answer(200, b"<html>log in</html>")

    proxy.check = check
    async with AsyncComfyUIApiClient(url=proxy.url, auth="secret-token") as client:
        with pytest.raises(UnexpectedResponseError, match="a redirect to '/login'"):
            await client.get_queue()
    assert [request.path for request in proxy.seen] == ["/ws", "/api/queue"]


@pytest.mark.parametrize(
    "location", ["", "http://[::1", "http://user:secret@[", "http://me:secret@host:port/", "secret@host", "http://"]
)
async def test_a_redirect_to_anything_is_an_error_of_the_sdk(proxy: ReverseProxy, location: str) -> None:
    proxy.check = lambda _: Answer(302, b"", {"Location": location})
    async with AsyncComfyUIApiClient(url=proxy.url) as client:
        with pytest.raises((UnexpectedResponseError, ConnectionFailedError)) as caught:
            await client.get_queue()
    assert "secret" not in str(caught.value)


async def test_user_and_password_of_the_target_are_not_shown(proxy: ReverseProxy, elsewhere: ReverseProxy) -> None:
    proxy.check = lambda _: redirect(elsewhere.url.replace("//", "//me:secret@"))
    async with AsyncComfyUIApiClient(url=proxy.url) as client:
        with pytest.raises(UnexpectedResponseError, match=f"a redirect to '{elsewhere.url}'") as caught:
            await client.get_queue()
    assert "secret" not in str(caught.value)


async def test_a_given_client_that_follows_redirects_does_not_do_so_here(
    proxy: ReverseProxy, elsewhere: ReverseProxy
) -> None:
    proxy.check = lambda request: redirect(elsewhere.url + request.path)
    async with (
        httpx.AsyncClient(follow_redirects=True) as http_client,
        AsyncComfyUIApiClient(url=proxy.url, http_client=http_client, headers={"X-Api-Key": "secret"}) as client,
    ):
        with pytest.raises(UnexpectedResponseError, match="a redirect to"):
            await client.get_queue()
    assert elsewhere.seen == []


def test_synchronous_code_and_the_bindings_follow_none(proxy: ReverseProxy, elsewhere: ReverseProxy) -> None:
    proxy.check = lambda request: redirect(elsewhere.url + request.path)
    with ComfyUIApiClient(url=proxy.url, auth="secret-token") as client:
        with pytest.raises(UnexpectedResponseError, match="a redirect to"):
            client.get_queue()
        assert client.rest.get_httpx_client().get("/api/queue").status_code == 302
    assert elsewhere.seen == []


class TokenFromElsewhere(httpx.Auth):
    def __init__(self, url: str) -> None:
        self.url = url

    def auth_flow(self, request: httpx.Request) -> Any:
        yield httpx.Request("GET", self.url, headers={"X-Client-Secret": "secret"})
        yield request


async def test_a_redirected_request_for_a_token_is_not_followed_for_the_handshake(
    proxy: ReverseProxy, elsewhere: ReverseProxy
) -> None:
    proxy.check = lambda request: redirect(elsewhere.url + "/token") if request.path == "/token" else None
    async with AsyncComfyUIApiClient(url=proxy.url, auth=TokenFromElsewhere(proxy.url + "/token")) as client:
        await client.get_queue()
    assert elsewhere.seen == []
    assert len(proxy.handshakes) == 1
