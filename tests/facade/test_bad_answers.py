"""Pages, statuses and cut bodies of a proxy come as errors of the SDK, whatever the method, never as a `KeyError`."""

from __future__ import annotations

import gzip
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, ComfyUIApiClient, ConnectionFailedError, UnexpectedResponseError
from tests import prompts
from tests.facade.method_calls import ASK_NOTHING, CALLS, FILE
from tests.proxies.requests import Answer, Seen
from tests.proxies.reverse import ReverseProxy, reverse_proxy

pytestmark = pytest.mark.usefixtures("no_proxies")


def test_every_method_is_here() -> None:
    methods = {
        name
        for name, member in inspect.getmembers(AsyncComfyUIApiClient, inspect.isfunction)
        if not name.startswith("_") and name not in ASK_NOTHING
    }
    assert {name.partition(" ")[0] for name in CALLS} == methods


@pytest.fixture
def proxy(emulator: comfy_emulator.RunningServer) -> Iterator[ReverseProxy]:
    with reverse_proxy(emulator.url) as running:
        yield running


def client_of(proxy: ReverseProxy, **options: Any) -> AsyncComfyUIApiClient:
    return AsyncComfyUIApiClient(url=proxy.url, websocket=False, timeout=2, outage_timeout=0.1, **options)


LOGIN = b"<!DOCTYPE html><html><title>Log in</title></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}

PAGES: dict[str, Answer] = {
    "login page": Answer(200, LOGIN, HTML),
    "login page that says it is JSON": Answer(200, LOGIN, {"Content-Type": "application/json"}),
    "truncated JSON": Answer(200, b'{"queue_running": [', {"Content-Type": "application/json"}),
    "no UTF-8": Answer(200, b'"\xff\xfe', {"Content-Type": "application/json"}),
    "deep JSON": Answer(200, b"[" * 100_000, {"Content-Type": "application/json"}),
    "502": Answer(502, b"<html><h1>502 Bad Gateway</h1></html>", HTML),
    "503": Answer(503, b"", {}),
    "418": Answer(418, b"I'm a teapot", {}),
    "201": Answer(201, b"{}", {"Content-Type": "application/json"}),
}
# A user's file may be anything, an HTML page too.
TAKES_PAGES = {"get_user_data"}


@pytest.mark.parametrize("page", PAGES)
async def test_no_method_takes_a_page_for_an_answer(proxy: ReverseProxy, page: str, tmp_path: Path) -> None:
    proxy.check = lambda _: PAGES[page]
    async with client_of(proxy) as client:
        for name, call in CALLS.items():
            # It would ask for seconds whether the server is back; one such method is enough.
            if page in ("502", "503") and name in ("run_prompt", "submit"):
                continue
            is_content = PAGES[page].status == 200 and (
                name in TAKES_PAGES or (name == "download" and page != "login page")
            )
            if is_content:
                await call(client, tmp_path)
                continue
            with pytest.raises(UnexpectedResponseError) as caught:
                await call(client, tmp_path)
            error = caught.value
            assert error.status == PAGES[page].status, name
            assert error.body == PAGES[page].body[:2_000].decode("utf-8", "replace"), name
            assert error.route.partition(" ")[2] in {request.path for request in proxy.seen}, name
            assert error.route in str(error)


EMPTY_IS_RIGHT = {
    "delete_item",
    "clear_items",
    "interrupt",
    "free",
    "store_settings",
    "store_setting",
    "get_user_data",
    "delete_user_data",
    "download",
}


async def test_an_empty_answer_is_one_only_where_it_belongs(proxy: ReverseProxy, tmp_path: Path) -> None:
    proxy.check = lambda _: Answer(200)
    async with client_of(proxy) as client:
        for name, call in CALLS.items():
            if name in EMPTY_IS_RIGHT:
                await call(client, tmp_path)
            else:
                with pytest.raises(UnexpectedResponseError) as caught:
                    await call(client, tmp_path)
                assert (caught.value.status, caught.value.body) == (200, ""), name


async def test_a_login_page_before_the_websocket_is_told_by_rest(proxy: ReverseProxy) -> None:
    proxy.check = lambda _: PAGES["login page"]
    async with AsyncComfyUIApiClient(url=proxy.url, outage_timeout=0.1) as client:
        with pytest.raises(UnexpectedResponseError, match="not a login page") as caught:
            await client.run_prompt(prompts.one_image())
    assert caught.value.route == "POST /api/prompt"
    assert caught.value.body == LOGIN.decode()


@pytest.mark.parametrize("page", ["login page", "truncated JSON", "502"])
async def test_answers_that_turn_bad_during_a_run_end_it(proxy: ReverseProxy, page: str) -> None:
    async with client_of(proxy) as client:
        job = await client.submit(prompts.one_image(count=500, delay_ms=10))
        proxy.check = lambda _: PAGES[page]
        with pytest.raises(UnexpectedResponseError) as caught:
            await job.result()
    assert caught.value.status == PAGES[page].status
    assert caught.value.route == "GET /api/queue"


async def test_a_login_page_instead_of_a_picture_leaves_no_file(proxy: ReverseProxy, tmp_path: Path) -> None:
    async with client_of(proxy) as client:
        result = await client.run_prompt(prompts.one_image(), timeout=10)
        proxy.check = lambda _: PAGES["login page"]
        for call in (result.images[0].read(), result.images[0].save(tmp_path), client.download(FILE, tmp_path)):
            with pytest.raises(UnexpectedResponseError, match="a page instead of the file") as caught:
                await call
            assert (caught.value.status, caught.value.body) == (200, LOGIN.decode())
    assert list(tmp_path.iterdir()) == []


async def test_a_refused_upload_of_a_proxy_is_told(proxy: ReverseProxy) -> None:
    def check(request: Seen) -> Answer | None:
        return PAGES["502"] if "/upload/" in request.path else None

    proxy.check = check
    async with client_of(proxy) as client:
        for call in (client.upload_image(b"x", "x.png"), client.upload_mask(b"x", "x.png", original=FILE)):
            with pytest.raises(UnexpectedResponseError, match="502 Bad Gateway") as caught:
                await call
            assert caught.value.route.startswith("POST /api/upload/")


async def test_a_body_that_is_not_encoded_as_it_says_is_told(proxy: ReverseProxy) -> None:
    proxy.check = lambda _: Answer(200, b"no gzip", {"Content-Encoding": "gzip"})
    async with client_of(proxy) as client:
        with pytest.raises(UnexpectedResponseError, match="cannot be decoded") as caught:
            await client.get_queue()
        assert (caught.value.status, caught.value.route) == (200, "GET /api/queue")


async def test_an_answer_that_is_cut_is_a_failed_connection(proxy: ReverseProxy) -> None:
    proxy.check = lambda _: Answer(200, b'{"queue_running": [], ', {"Content-Type": "application/json"}, cut=True)
    async with client_of(proxy) as client:
        with pytest.raises(ConnectionFailedError) as caught:
            await client.get_queue()
        assert caught.value.is_sent


async def test_a_file_that_a_hook_has_read_is_saved_all_the_same(proxy: ReverseProxy, tmp_path: Path) -> None:
    async def read(response: httpx.Response) -> None:
        await response.aread()

    proxy.check = lambda _: Answer(200, b"picture", {"Content-Type": "image/png"})
    async with httpx.AsyncClient(event_hooks={"response": [read]}) as http_client:
        client = client_of(proxy, http_client=http_client)
        assert (await client.download(FILE, tmp_path / "a.png")).read_bytes() == b"picture"
        await client.close()


async def test_a_file_that_a_proxy_encodes_unasked_is_decoded(proxy: ReverseProxy, tmp_path: Path) -> None:
    data = bytes(range(256)) * 100
    headers = {"Content-Encoding": "gzip", "Content-Type": "image/png", "ETag": '"1"'}
    proxy.check = lambda _: Answer(200, gzip.compress(data), headers)
    async with client_of(proxy) as client:
        assert (await client.download(FILE, tmp_path / "a.png")).read_bytes() == data


def test_synchronous_code(proxy: ReverseProxy) -> None:
    proxy.check = lambda _: PAGES["login page"]
    with ComfyUIApiClient(url=proxy.url, websocket=False) as client:
        with pytest.raises(UnexpectedResponseError):
            client.get_queue()
        with pytest.raises(UnexpectedResponseError):
            client.run_prompt(prompts.one_image())


async def test_a_long_page_is_shortened(proxy: ReverseProxy) -> None:
    proxy.check = lambda _: Answer(200, b"<" * 1_000_000)
    async with client_of(proxy) as client:
        with pytest.raises(UnexpectedResponseError) as caught:
            await client.get_queue()
    assert len(caught.value.body) == 2_000
    assert len(str(caught.value)) < 500
