"""The proxies that the environment names: REST and the websocket take the same one, by httpx's rules."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, AuthenticationError, ConnectionFailedError
from comfy_facade._network import proxy_of_environment
from tests import prompts
from tests.certificates import Certificates
from tests.proxies.forward import ForwardProxy, forward_proxy
from tests.proxies.reverse import reverse_proxy
from tests.systems import has_websockets

pytestmark = pytest.mark.usefixtures("no_proxies")

CREDENTIALS = "Basic " + base64.b64encode(b"me:p@ss word").decode()
HOST = "comfy.test"
"""A name that no resolver knows: only a proxy leads there."""


@pytest.fixture
def proxy(emulator: comfy_emulator.RunningServer) -> Iterator[ForwardProxy]:
    with forward_proxy(emulator.url) as running:
        yield running


async def run(client: AsyncComfyUIApiClient) -> None:
    result = await client.run_prompt(prompts.one_image(), timeout=10)
    assert (await result.images[0].read()).startswith(b"\x89PNG")


def posts(emulator: comfy_emulator.RunningServer) -> list[str]:
    return [path for method, path, _ in emulator.requests if not path.endswith("/ws") and not path.endswith("/view")]


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
async def test_plain_requests_and_the_websocket_go_through_it(
    proxy: ForwardProxy, emulator: comfy_emulator.RunningServer, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, proxy.host if variable.isupper() else f"http://{proxy.host}/")
    async with AsyncComfyUIApiClient(f"{HOST}:8188", auth="t") as client:
        await run(client)
    assert proxy.connects == [f"{HOST}:8188"], "the websocket"
    assert [target.partition("?")[0] for target in proxy.plain] == [
        f"http://{HOST}:8188/api/prompt",
        f"http://{HOST}:8188/api/view",
    ]
    assert posts(emulator) == ["/api/prompt"], "the run was followed over the websocket"
    # What is meant for the server reaches the proxy where it has to pass on the request, and nowhere else.
    assert "Authorization" not in next(seen for seen in proxy.asked if seen.method == "CONNECT").headers


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy"])
async def test_tls_goes_through_it_end_to_end(
    emulator: comfy_emulator.RunningServer,
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
    certificates: Certificates,
) -> None:
    with (
        reverse_proxy(emulator.url, tls=certificates.server_context()) as server,
        forward_proxy(server.url) as proxy,
    ):
        monkeypatch.setenv(variable, f"http://{proxy.host}")
        if variable != "all_proxy":
            monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        url = f"https://{HOST}"
        async with AsyncComfyUIApiClient(url=url, verify=str(certificates.authority), auth="t") as client:
            await run(client)
        assert set(proxy.connects) == {f"{HOST}:443"}
        assert proxy.plain == []
        assert not any("Authorization" in request.headers for request in proxy.asked)
        assert len(server.handshakes) == len(server.views) == len(server.others) == 1
        assert {request.headers["Authorization"] for request in server.seen} == {"Bearer t"}


@pytest.mark.skipif(not has_websockets("17.2"), reason="this websockets sends a proxy escaped credentials")
@pytest.mark.parametrize("userinfo", ["me:p%40ss%20word", "me:p@ss%20word"])
async def test_credentials_in_its_address_are_shown_to_it_alone(
    emulator: comfy_emulator.RunningServer, userinfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reverse_proxy(emulator.url) as server, forward_proxy(server.url, credentials=CREDENTIALS) as proxy:
        monkeypatch.setenv("http_proxy", f"http://{userinfo}@{proxy.host}")
        async with AsyncComfyUIApiClient(HOST) as client:
            await run(client)
        assert len(proxy.connects) == 1
        assert {request.headers["Proxy-Authorization"] for request in proxy.asked} == {CREDENTIALS}
        assert not any("Proxy-Authorization" in request.headers for request in server.seen)


async def test_a_user_without_a_password_is_known_to_it_too(
    emulator: comfy_emulator.RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = "Basic " + base64.b64encode(b"token:").decode()
    with forward_proxy(emulator.url, credentials=credentials) as proxy:
        monkeypatch.setenv("http_proxy", f"http://token@{proxy.host}")
        async with AsyncComfyUIApiClient(HOST) as client:
            await run(client)
        assert len(proxy.connects) == 1


@pytest.mark.parametrize("is_secure", [False, True])
async def test_a_proxy_that_wants_other_credentials_says_so(
    emulator: comfy_emulator.RunningServer, monkeypatch: pytest.MonkeyPatch, is_secure: bool
) -> None:
    with forward_proxy(emulator.url, credentials=CREDENTIALS) as proxy:
        monkeypatch.setenv("all_proxy", f"http://me:wrong@{proxy.host}")
        async with AsyncComfyUIApiClient(HOST, ssl=is_secure) as client:
            with pytest.raises(AuthenticationError, match="the proxy's address") as caught:
                await client.run_prompt(prompts.one_image())
        assert caught.value.status == 407
        assert len(proxy.asked) >= 2


@pytest.mark.parametrize("exceptions", ["127.0.0.1", "*", "example.com, 127.0.0.1", "127.0.0.1:{port}"])
async def test_exceptions_are_reached_directly(
    proxy: ForwardProxy, emulator: comfy_emulator.RunningServer, exceptions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://{proxy.host}")
    monkeypatch.setenv("NO_PROXY", exceptions.format(port=emulator.port))
    async with AsyncComfyUIApiClient(url=emulator.url) as client:
        await run(client)
    assert proxy.asked == []
    assert posts(emulator) == ["/api/prompt"]


async def test_a_given_client_that_heeds_no_environment_decides_for_the_websocket_too(
    proxy: ForwardProxy, emulator: comfy_emulator.RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("all_proxy", f"http://{proxy.host}")
    async with (
        httpx.AsyncClient(trust_env=False) as http_client,
        AsyncComfyUIApiClient(url=emulator.url, http_client=http_client) as client,
    ):
        await run(client)
    assert proxy.asked == []
    assert posts(emulator) == ["/api/prompt"]


@pytest.mark.parametrize(
    "address",
    ["pigeon://me:secret@host", "http://me:secret@host:port", "http://me:secret@[::1", "socks5://me:secret@host"],
)
async def test_a_proxy_that_is_none_is_told_and_not_quoted(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", address)
    async with AsyncComfyUIApiClient(HOST) as client:
        with pytest.raises(ConnectionFailedError, match="the environment's proxies cannot be used") as caught:
            await client.get_queue()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["http://me:secret@127.0.0.1:port", "mailto:secret", "socks5://me:secret@127.0.0.1:9"]
)
def test_the_bindings_tell_it_too(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", address)
    with pytest.raises(ConnectionFailedError, match="all_proxy") as caught:
        _ = AsyncComfyUIApiClient(HOST).rest
    assert "secret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("exceptions", ["http://[::1", "[::1]"])
async def test_exceptions_that_httpx_cannot_read_are_told(exceptions: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://host")
    monkeypatch.setenv("no_proxy", exceptions)
    client = AsyncComfyUIApiClient(HOST)
    for call in (client.init, client.get_queue):
        with pytest.raises(ConnectionFailedError, match=r"look at .* no_proxy"):
            await call()
    await client.close()


async def test_a_proxy_that_is_down_is_told(unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused_tcp_port}")
    async with AsyncComfyUIApiClient(HOST) as client:
        with pytest.raises(ConnectionFailedError) as caught:
            await client.get_queue()
    assert not caught.value.is_sent


ENVIRONMENTS: list[dict[str, str]] = [
    {},
    {"http_proxy": "http://one"},
    {"https_proxy": "http://one"},
    {"all_proxy": "http://one"},
    {"http_proxy": "one:3128", "all_proxy": "http://two", "https_proxy": ""},
    {"HTTP_PROXY": "http://one", "https_proxy": "https://two:99"},
    *(
        {"all_proxy": "http://one", "no_proxy": exceptions}
        for exceptions in (
            "*",
            "example.com",
            ".example.com",
            "*.example.com",
            "www.example.com:8188",
            "www.example.com:99",
            "example.com:443",
            "EXAMPLE.com",
            "localhost",
            "10.0.0.1",
            "10.0.0.0/8",
            "10.0.0.1:8188",
            "::1",
            "http://www.example.com",
            "https://example.com",
            "all://",
            " ,, example.com , ",
            "le.com",
        )
    ),
    {"http_proxy": "http://one", "no_proxy": "all://"},
    {"http_proxy": "http://one", "no_proxy": "http://"},
]
ADDRESSES = [
    f"{scheme}://{host}"
    for scheme in ("http", "https")
    for host in (
        "example.com",
        "www.example.com",
        "www.example.com:8188",
        "an-example.com",
        "localhost:8188",
        "10.0.0.1",
        "10.0.0.1:8188",
        "[::1]:8188",
    )
]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
async def test_the_choice_is_that_of_httpx(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    async with httpx.AsyncClient(verify=False) as client:
        for address in ADDRESSES:
            pool: Any = client._transport_for_url(httpx.URL(address))._pool  # type: ignore[attr-defined]
            taken = pool._proxy_url if hasattr(pool, "_proxy_url") else pool._proxy and pool._proxy.url
            chosen = proxy_of_environment(address)
            if taken is None:
                assert chosen is None, address
            else:
                assert chosen is not None, address
                assert httpx.URL(chosen).host == taken.host.decode(), address
                assert httpx.URL(chosen).port == taken.port, address
