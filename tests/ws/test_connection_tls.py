"""Connections over TLS: whose certificates count, and which failures may pass."""

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from attrs import evolve

from comfy_ws import ConnectFailedError, Handshake, is_retryable, open_connection
from tests.streams import serving
from tests.ws.sockets import local_server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl command to make a certificate with")
    directory = tmp_path_factory.mktemp("tls")
    key, chain = directory / "key.pem", directory / "chain.pem"
    command = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
    ]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True)
    return chain, key


def server_context(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


class TestTls:
    async def test_an_untrusted_certificate_fails_for_good(self, certificate: tuple[Path, Path]) -> None:
        async with local_server(tls=server_context(certificate)) as server:
            with pytest.raises(ConnectFailedError, match="TLS failed") as failed:
                await open_connection(server.handshake)
            assert failed.value.is_tls
            assert not is_retryable(failed.value)
            assert not server.requests

    @pytest.mark.parametrize("scheme", ["wss", "WSS"])
    async def test_a_certificate_that_the_context_trusts_passes(
        self, certificate: tuple[Path, Path], scheme: str
    ) -> None:
        async with local_server(tls=server_context(certificate)) as server:
            trusting = ssl.create_default_context(cafile=str(certificate[0]))
            url = server.url.replace("wss", scheme)
            connection = await open_connection(Handshake(url, ssl=trusting))
            await connection.close()
            assert len(server.requests) == 1

    async def test_a_host_header_does_not_change_whose_certificate_is_wanted(
        self, certificate: tuple[Path, Path]
    ) -> None:
        async with local_server(tls=server_context(certificate)) as server:
            trusting = ssl.create_default_context(cafile=str(certificate[0]))
            connection = await open_connection(
                evolve(server.handshake, ssl=trusting, headers={"Host": "comfy.example"})
            )
            await connection.close()
            assert server.requests[0].headers["Host"] == "comfy.example"

    async def test_a_server_without_tls_fails_for_good(self) -> None:
        async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            # The client hangs up once it has read that.
            await reader.read(-1)

        async with serving(plain) as port:
            with pytest.raises(ConnectFailedError) as failed:
                await open_connection(Handshake(f"wss://127.0.0.1:{port}/ws"))
            assert failed.value.is_tls

    async def test_a_server_that_hangs_up_during_tls_may_be_back(self) -> None:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)

        async with serving(hang_up) as port:
            with pytest.raises(ConnectFailedError) as failed:
                await open_connection(Handshake(f"wss://127.0.0.1:{port}/ws"))
            assert is_retryable(failed.value)

    async def test_a_context_is_of_no_use_without_tls(self) -> None:
        async with local_server() as server:
            connection = await open_connection(evolve(server.handshake, ssl=ssl.create_default_context()))
            await connection.close()
            assert len(server.requests) == 1
