"""Certificates of a test's own: an authority, a server and a client, made with the `openssl` command."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificates:
    """A certificate authority of the test's own, with a server and a client that it vouches for."""

    directory: Path

    @property
    def authority(self) -> Path:
        return self.directory / "authority.pem"

    def put_into(self, directory: Path) -> None:
        """Put the authority into a directory under the name that OpenSSL looks for."""
        name = _openssl(self.directory, "x509", "-noout", "-subject_hash", "-in", "authority.pem").strip()
        (directory / f"{name}.0").write_bytes(self.authority.read_bytes())

    def server_context(self, *, wants_client: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / "server.pem", self.directory / "server.key")
        if wants_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.authority)
        return context

    def client_context(self, *, shows_itself: bool = True) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.authority)
        if shows_itself:
            context.load_cert_chain(self.directory / "client.pem", self.directory / "client.key")
        return context


def _openssl(directory: Path, *arguments: str) -> str:
    command = shutil.which("openssl")
    if command is None:
        pytest.skip("there is no openssl command to make certificates with")
    return subprocess.run([command, *arguments], check=True, capture_output=True, text=True, cwd=directory).stdout


def make_certificates(directory: Path) -> Certificates:
    """Make certificates with the `openssl` command; skips the test where there is none."""
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl(
        directory,
        *("req", "-x509", *new_key, "-days", "2", "-subj", "/CN=test authority"),
        *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        *("-keyout", "authority.key", "-out", "authority.pem"),
    )
    extensions = {
        "server": "subjectAltName=DNS:localhost,DNS:comfy.test,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth\n",
        "client": "extendedKeyUsage=clientAuth\n",
    }
    for name, text in extensions.items():
        (directory / f"{name}.txt").write_text(
            f"{text}keyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
            encoding="utf-8",
        )
        _openssl(
            directory, "req", *new_key, "-subj", f"/CN=test {name}", "-keyout", f"{name}.key", "-out", f"{name}.csr"
        )
        _openssl(
            directory,
            *("x509", "-req", "-in", f"{name}.csr", "-days", "2", "-extfile", f"{name}.txt"),
            *("-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-out", f"{name}.pem"),
        )
    return Certificates(directory)
