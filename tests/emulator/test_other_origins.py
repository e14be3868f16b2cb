"""What web pages of other origins get, as it was seen on real servers started with `--enable-cors-header`."""

from __future__ import annotations

import httpx
import pytest

import comfy_emulator
from tests import plain_http

PAGE = "http://127.0.0.1:9000"
METHODS = {"0.33.0": "POST, GET, DELETE, PUT, OPTIONS, PATCH", "0.3.64": "POST, GET, DELETE, PUT, OPTIONS"}


def asked(server: comfy_emulator.RunningServer, method: str, path: str) -> httpx.Response:
    return plain_http.request(method, server.url + path, headers={"Origin": PAGE, "Sec-Fetch-Site": "same-site"})


@pytest.mark.parametrize("version", comfy_emulator.VERSIONS)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/queue", 200),
        ("HEAD", "/queue", 200),
        ("OPTIONS", "/prompt", 200),
        ("OPTIONS", "/no/such/route", 200),
        ("GET", "/no/such/route", 404),
        ("GET", "/view?filename=absent.png", 404),
    ],
)
def test_pages_are_let_in(version: str, method: str, path: str, status: int) -> None:
    with comfy_emulator.running(version=version, allowed_origin="*") as server:
        answer = asked(server, method, path)
    assert answer.status_code == status
    assert {name: value for name, value in answer.headers.items() if name.startswith("access-control-")} == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": METHODS[version],
        "access-control-allow-headers": "Content-Type, Authorization",
        "access-control-allow-credentials": "true",
    }


@pytest.mark.parametrize(
    ("version", "method", "path", "status"),
    [
        ("0.33.0", "DELETE", "/prompt", 405),
        ("0.33.0", "POST", "/prompt", 500),
        ("0.3.64", "POST", "/api/jobs/x/cancel", 405),
    ],
)
def test_what_fails_before_the_headers_are_set_is_hidden(version: str, method: str, path: str, status: int) -> None:
    with comfy_emulator.running(version=version, allowed_origin="*") as server:
        answer = asked(server, method, path)
    assert answer.status_code == status
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_one_origin_is_named_and_none_is_let_in_unless_told() -> None:
    with comfy_emulator.running(allowed_origin=PAGE) as server:
        assert asked(server, "GET", "/queue").headers["Access-Control-Allow-Origin"] == PAGE
    with comfy_emulator.running() as server:
        answer = asked(server, "GET", "/queue")
        assert (answer.status_code, "Access-Control-Allow-Origin" in answer.headers) == (403, False)
