"""Private authorities, client certificates and no verification: the websocket trusts whom REST trusts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, ComfyUIApiClient, ConnectionFailedError
from tests import prompts
from tests.certificates import Certificates
from tests.proxies.reverse import ReverseProxy, reverse_proxy

pytestmark = pytest.mark.usefixtures("no_proxies")


@pytest.fixture
def proxy(emulator: comfy_emulator.RunningServer, certificates: Certificates) -> Iterator[ReverseProxy]:
    with reverse_proxy(emulator.url, base_path="/comfy", tls=certificates.server_context()) as running:
        yield running


@pytest.fixture
def strict_proxy(emulator: comfy_emulator.RunningServer, certificates: Certificates) -> Iterator[ReverseProxy]:
    """A proxy that wants a client certificate."""
    with reverse_proxy(emulator.url, tls=certificates.server_context(wants_client=True)) as running:
        yield running


async def use_everything(client: AsyncComfyUIApiClient, proxy: ReverseProxy) -> None:
    result = await client.run_prompt(prompts.one_image(), timeout=10)
    assert (await result.images[0].read()).startswith(b"\x89PNG")
    # One request in all says that the run was followed over the websocket.
    assert [request.method for request in proxy.others] == ["POST"]
    assert len(proxy.handshakes) == len(proxy.views) == 1


class TestPrivateAuthority:
    @pytest.mark.parametrize("form", ["text", "path", "context", "directory", "nobody"])
    async def test_it_is_trusted_by_all(
        self, proxy: ReverseProxy, certificates: Certificates, form: str, tmp_path: Path
    ) -> None:
        verify: Any = {
            "text": str(certificates.authority),
            "path": certificates.authority,
            "context": certificates.client_context(shows_itself=False),
            "directory": str(tmp_path),
            "nobody": False,
        }[form]
        if form == "directory":
            certificates.put_into(tmp_path)
        async with AsyncComfyUIApiClient(url=proxy.url, verify=verify) as client:
            await use_everything(client, proxy)
            if form != "nobody":
                assert client.rest.get_httpx_client().get("/api/queue").status_code == 200

    @pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
    async def test_the_environment_names_it_to_all(
        self,
        proxy: ReverseProxy,
        certificates: Certificates,
        variable: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        certificates.put_into(tmp_path)
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        monkeypatch.setenv(variable, str(certificates.authority if variable == "SSL_CERT_FILE" else tmp_path))
        async with AsyncComfyUIApiClient(url=proxy.url) as client:
            await use_everything(client, proxy)

    def test_it_is_trusted_by_synchronous_code(self, proxy: ReverseProxy, certificates: Certificates) -> None:
        with ComfyUIApiClient(url=proxy.url, verify=str(certificates.authority)) as client:
            assert client.run_prompt(prompts.one_image(), timeout=10).images[0].read().startswith(b"\x89PNG")
        assert len(proxy.handshakes) == 1

    async def test_it_is_not_trusted_unasked(
        self, proxy: ReverseProxy, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        monkeypatch.delenv("SSL_CERT_DIR", raising=False)
        async with AsyncComfyUIApiClient(url=proxy.url, auth="t") as client:
            with pytest.raises(ConnectionFailedError, match="CERTIFICATE_VERIFY_FAILED") as caught:
                await client.get_queue()
            assert not caught.value.is_sent
        assert "TLS failed: CERTIFICATE_VERIFY_FAILED" in caplog.text
        assert proxy.seen == []

    async def test_a_certificate_for_another_name_is_not_taken(
        self, proxy: ReverseProxy, certificates: Certificates
    ) -> None:
        url = proxy.url.replace("127.0.0.1", "127.0.0.2")
        async with AsyncComfyUIApiClient(url=url, verify=str(certificates.authority)) as client:
            with pytest.raises(ConnectionFailedError):
                await client.get_queue()
        assert proxy.seen == []

    async def test_a_virtual_host_does_not_change_whose_certificate_is_wanted(
        self, proxy: ReverseProxy, certificates: Certificates
    ) -> None:
        options: Any = {"headers": {"Host": "other.example"}, "verify": str(certificates.authority)}
        async with AsyncComfyUIApiClient(url=proxy.url, **options) as client:
            await use_everything(client, proxy)
        assert {request.headers["Host"] for request in proxy.seen} == {"other.example"}


class TestClientCertificate:
    async def test_it_is_shown_by_all(self, strict_proxy: ReverseProxy, certificates: Certificates) -> None:
        context = certificates.client_context()
        async with AsyncComfyUIApiClient(url=strict_proxy.url, verify=context, user="u") as client:
            await use_everything(client, strict_proxy)
            assert (await client.rest.get_async_httpx_client().get("/api/queue")).status_code == 200

    async def test_without_it_there_is_nothing(self, strict_proxy: ReverseProxy, certificates: Certificates) -> None:
        context = certificates.client_context(shows_itself=False)
        async with AsyncComfyUIApiClient(url=strict_proxy.url, verify=context) as client:
            with pytest.raises(ConnectionFailedError):
                await client.get_queue()
        assert strict_proxy.seen == []

    async def test_a_given_client_and_verify_go_together(
        self, strict_proxy: ReverseProxy, certificates: Certificates
    ) -> None:
        context = certificates.client_context()
        async with (
            httpx.AsyncClient(verify=context) as http_client,
            AsyncComfyUIApiClient(url=strict_proxy.url, http_client=http_client, verify=context) as client,
        ):
            await use_everything(client, strict_proxy)


@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "http://127.0.0.1:1"])
async def test_an_authority_that_is_not_there_is_told(url: str, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    for name in ("none.pem", "empty.pem"):
        client = AsyncComfyUIApiClient(url=url, verify=str(tmp_path / name))
        with pytest.raises(ConnectionFailedError, match="verify= names no CA certificates"):
            await client.get_queue()
        await client.close()


async def test_plain_http_on_a_port_of_tls_is_told(proxy: ReverseProxy) -> None:
    async with AsyncComfyUIApiClient(url=proxy.url.replace("https", "http")) as client:
        with pytest.raises(ConnectionFailedError):
            await client.get_queue()


async def test_tls_on_a_port_of_plain_http_is_told(
    emulator: comfy_emulator.RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with AsyncComfyUIApiClient(url=emulator.url.replace("http", "https"), verify=False) as client:
        with pytest.raises(ConnectionFailedError):
            await client.get_queue()
    assert "no websocket" in caplog.text
