"""The proxy itself: what no fault touches passes unchanged, and each fault does what it says."""

from __future__ import annotations

import asyncio
import json
import socket
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

import comfy_emulator
from tests import plain_http
from tests.chaos.frames import event
from tests.chaos.proxy import Proxy, proxied

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def emulator() -> Iterator[comfy_emulator.RunningServer]:
    with comfy_emulator.running() as running:
        yield running


@pytest.fixture
def proxy(emulator: comfy_emulator.RunningServer) -> Iterator[Proxy]:
    with proxied(emulator.url) as proxy:
        yield proxy


@pytest.fixture
def http(proxy: Proxy) -> Iterator[httpx.Client]:
    with plain_http.Client(base_url=proxy.url, timeout=5) as client:
        yield client


async def open_socket(proxy: Proxy, client_id: str = "") -> ClientConnection:
    url = f"ws://{proxy.host}/ws?clientId={client_id or uuid.uuid4().hex}"
    socket = await connect(url, ping_interval=None, close_timeout=0.1, compression=None)
    assert json.loads(await socket.recv())["type"] == "status"
    return socket


async def next_type(socket: ClientConnection) -> Any:
    async with asyncio.timeout(5):
        return json.loads(await socket.recv())["type"]


def test_requests_pass_unchanged_over_one_connection(proxy: Proxy, http: httpx.Client) -> None:
    assert http.get("/api/queue").json() == {"queue_running": [], "queue_pending": []}
    assert http.get(f"/api/history/{UNKNOWN}").json() == {}
    upload = http.post("/upload/image", files={"image": ("a.png", b"x" * 300_000)}, data={"type": "temp"})
    assert upload.status_code == 200
    assert http.get("/view", params={"filename": "a.png", "type": "temp"}).content == b"x" * 300_000
    assert proxy.most_at_once == {"rest": 1, "websocket": 0}
    assert [seen.path for seen in proxy.seen("GET", "/history/*")] == [f"/api/history/{UNKNOWN}"]


@pytest.mark.parametrize("fault", ["lose_request", "lose_answer"])
def test_requests_and_answers_can_be_lost(
    proxy: Proxy, http: httpx.Client, emulator: comfy_emulator.RunningServer, fault: str
) -> None:
    emulator.requests.clear()
    getattr(proxy, fault)("POST", "/interrupt")
    with pytest.raises(httpx.TransportError):
        http.post("/api/interrupt", json={})
    reached = [path for _, path, _ in emulator.requests]
    assert reached == ([] if fault == "lose_request" else ["/api/interrupt"])
    assert http.post("/api/interrupt", json={}).status_code == 200


@pytest.mark.parametrize("forward", [True, False])
def test_answers_can_be_replaced(
    proxy: Proxy, http: httpx.Client, emulator: comfy_emulator.RunningServer, forward: bool
) -> None:
    emulator.requests.clear()
    proxy.answer(502, "GET", "/queue", 2, forward=forward)
    assert [http.get("/api/queue").status_code for _ in range(3)] == [502, 502, 200]
    assert len(emulator.requests) == (3 if forward else 1)


def test_an_answer_can_be_held(proxy: Proxy, http: httpx.Client) -> None:
    proxy.hold_answer("GET", "/queue")
    with pytest.raises(httpx.ReadTimeout):
        http.get("/queue", timeout=0.2)
    assert http.get("/queue").status_code == 200


def test_connections_are_refused_for_a_while(proxy: Proxy) -> None:
    began = time.monotonic()
    proxy.refuse(0.5)
    refusals = 0
    while True:
        try:
            socket.create_connection(("127.0.0.1", proxy.port)).close()
            break
        except ConnectionRefusedError:
            refusals += 1
            assert time.monotonic() - began < 5
            time.sleep(0.02)
    assert refusals
    assert time.monotonic() - began >= 0.5


async def test_a_cut_resets_sockets(proxy: Proxy) -> None:
    socket = await open_socket(proxy)
    assert proxy.connections("websocket") == 1
    assert proxy.cut("rest") == 0
    assert proxy.cut("websocket") == 1
    with pytest.raises(ConnectionClosed):
        await next_type(socket)
    assert proxy.connections() == 0


async def test_the_server_hears_of_a_cut_when_it_is_released(
    proxy: Proxy, emulator: comfy_emulator.RunningServer
) -> None:
    socket = await open_socket(proxy, "twice")
    proxy.cut("websocket", keeps_server=True)
    with pytest.raises(ConnectionClosed):
        await next_type(socket)
    second = await open_socket(proxy, "twice")
    # The server forgets an id with the end of any socket that bears it: the second hears nothing from then on.
    assert await hears_of_a_prompt(second, emulator)
    proxy.release()
    async with asyncio.timeout(10):
        while await hears_of_a_prompt(second, emulator):
            pass
    await second.close()


async def hears_of_a_prompt(socket: ClientConnection, emulator: comfy_emulator.RunningServer) -> bool:
    """Whether a socket is told that the queue changed, as all are."""
    prompt = {"1": {"class_type": "ProbeText", "inputs": {"text": str(uuid.uuid4())}}}
    async with plain_http.AsyncClient(base_url=emulator.url) as http:
        assert (await http.post("/prompt", json={"prompt": prompt})).status_code == 200
    try:
        async with asyncio.timeout(0.5):
            await socket.recv()
    except TimeoutError:
        return False
    return True


async def test_a_half_closed_socket_ends(proxy: Proxy) -> None:
    socket = await open_socket(proxy)
    proxy.half_close()
    with pytest.raises(ConnectionClosed):
        await next_type(socket)


async def test_what_is_swallowed_comes_when_it_is_resumed(proxy: Proxy) -> None:
    socket = await open_socket(proxy)
    proxy.swallow("websocket")
    await socket.send(json.dumps({"type": "feature_flags", "data": {}}))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await socket.recv()
    second = await open_socket(proxy)
    assert proxy.overlaps == 1
    await second.close()
    proxy.resume()
    assert proxy.connections("websocket") == 1
    await socket.close()


async def test_new_connections_can_be_swallowed_too(proxy: Proxy) -> None:
    proxy.swallow("all", new=True)
    async with plain_http.AsyncClient(base_url=proxy.url) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.get("/queue", timeout=0.2)
        proxy.resume()
        assert (await http.get("/queue", timeout=5)).status_code == 200


async def test_frames_are_injected_between_others(proxy: Proxy) -> None:
    socket = await open_socket(proxy)
    proxy.inject([event("one", {}), event("two", {"blob": "x" * 200_000})])
    await socket.send(json.dumps({"type": "feature_flags", "data": {}}))
    assert sorted([await next_type(socket) for _ in range(3)]) == ["feature_flags", "one", "two"]
    await socket.close()


async def test_a_socket_is_cut_in_place_of_an_event(proxy: Proxy) -> None:
    proxy.cut_at_event(2)
    socket = await open_socket(proxy)
    await socket.send(json.dumps({"type": "feature_flags", "data": {}}))
    with pytest.raises(ConnectionClosed):
        await next_type(socket)
    assert proxy.cut_at is not None


async def test_a_socket_is_cut_before_a_text(proxy: Proxy) -> None:
    proxy.cut_before(b'"feature_flags"')
    socket = await open_socket(proxy)
    await socket.send(json.dumps({"type": "feature_flags", "data": {}}))
    with pytest.raises(ConnectionClosed):
        await next_type(socket)


async def test_a_socket_is_cut_within_a_frame(proxy: Proxy) -> None:
    socket = await open_socket(proxy)
    proxy.cut_after(10)
    await socket.send(json.dumps({"type": "feature_flags", "data": {}}))
    with pytest.raises(ConnectionClosed):
        await next_type(socket)


async def test_spoiled_bytes_end_a_socket(proxy: Proxy) -> None:
    socket = await open_socket(proxy)
    proxy.corrupt(1.0, seed=3)
    await socket.send(json.dumps({"type": "feature_flags", "data": {}}))
    with pytest.raises(ConnectionClosed):
        await next_type(socket)


def test_delay_and_throttle_slow_down(proxy: Proxy, http: httpx.Client) -> None:
    http.post("/upload/image", files={"image": ("slow.png", b"x" * 50_000)}, data={"type": "temp"})
    proxy.throttle(100_000)
    began = time.monotonic()
    assert len(http.get("/view", params={"filename": "slow.png", "type": "temp"}).content) == 50_000
    assert time.monotonic() - began > 0.4
    proxy.clear()
    proxy.delay(0.1)
    began = time.monotonic()
    http.get("/queue")
    assert time.monotonic() - began > 0.2


def test_nothing_is_left_after_the_end(emulator: comfy_emulator.RunningServer) -> None:
    with proxied(emulator.url) as proxy, plain_http.Client(base_url=proxy.url) as http:
        http.get("/queue")
    with pytest.raises(httpx.ConnectError):
        plain_http.get(f"{proxy.url}/queue")
