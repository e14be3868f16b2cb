"""What the connection does to a page on the way, and that the results stay the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from websockets.sync.client import connect

from tests import prompts
from tests.browser.conftest import OLDER, SERVERS, InsidePage, address_of
from tests.browser.test_client import PNG, fresh
from tests.chaos.proxy import Proxy, proxied

PATIENCE = 60.0
CHAOS_SERVERS = [name for name in SERVERS if name != OLDER]


@pytest.fixture(params=CHAOS_SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server; its generation matters little here."""
    with address_of(request.param) as url:
        yield url


@pytest.fixture
def proxy(server: str) -> Iterator[Proxy]:
    """A proxy before the server, under another port and so another origin."""
    with proxied(server) as proxy:
        yield proxy


def until(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def is_running(server: str, proxy: Proxy) -> bool:
    """Whether the server runs what came through the proxy, and not something that was left before."""
    posted = {seen.prompt_id for seen in proxy.seen("POST", "/prompt")}
    return any(item[1] in posted for item in httpx.get(f"{server}/queue").json()["queue_running"])


def test_a_cut_socket_is_opened_again(inside: InsidePage, proxy: Proxy) -> None:
    proxy.cut_at_event(8)
    answer = inside.call("runs", url=proxy.url, prompt=fresh(40, 50))
    assert answer["magics"] == [PNG]
    assert not answer["complete"]
    assert proxy.cut_at is not None
    assert proxy.websockets_opened >= 2
    assert answer["progress"][-1] == 1.0


def test_a_frame_cut_in_the_middle_harms_nothing(inside: InsidePage, proxy: Proxy) -> None:
    proxy.cut_after(1500)
    assert inside.call("runs", url=proxy.url, prompt=fresh(40, 50))["magics"] == [PNG]
    assert proxy.cut_at is not None
    assert proxy.websockets_opened >= 2


def test_a_deaf_socket_is_found_out(inside: InsidePage, proxy: Proxy, server: str) -> None:
    # Long enough for the client to find out before the end.
    prompt = fresh(350, 20)
    run = inside.start("runs", url=proxy.url, prompt=prompt, client_id="deaf-in-a-page")
    until(lambda: is_running(server, proxy))
    # A server forgets a socket when another one with the same id ends.
    with connect(f"{server.replace('http', 'ws', 1)}/ws?clientId=deaf-in-a-page") as second:
        second.recv()
    answer = inside.result(run)
    assert answer["magics"] == [PNG]
    assert not answer["complete"]
    assert proxy.websockets_opened >= 2


def test_a_network_that_swallows_everything_is_found_out(inside: InsidePage, proxy: Proxy) -> None:
    run = inside.start("runs", url=proxy.url, prompt=fresh(40, 20))
    until(lambda: proxy.websockets_opened == 1 and bool(proxy.seen("POST", "/prompt")))
    proxy.swallow("websocket")
    try:
        assert inside.result(run)["magics"] == [PNG]
    finally:
        proxy.clear()


def test_a_server_that_is_away_for_a_while_is_waited_for(inside: InsidePage, proxy: Proxy) -> None:
    run = inside.start("runs", url=proxy.url, prompt=fresh(40, 50))
    until(lambda: bool(proxy.seen("POST", "/prompt")))
    proxy.refuse(1.5)
    proxy.cut()
    answer = inside.result(run)
    assert answer["magics"] == [PNG]
    assert proxy.websockets_opened >= 2


def test_a_post_that_never_arrived_is_sent_again(inside: InsidePage, proxy: Proxy) -> None:
    proxy.lose_request("POST", "/prompt")
    answer = inside.call("runs", url=proxy.url, prompt=fresh())
    assert answer["magics"] == [PNG]
    assert proxy.posts_forwarded(answer["prompt_id"]) == 1


def test_a_post_whose_answer_is_lost_gives_its_result(inside: InsidePage, proxy: Proxy) -> None:
    proxy.lose_answer("POST", "/prompt")
    answer = inside.call("runs", url=proxy.url, prompt=fresh())
    assert answer["magics"] == [PNG]
    # Chromium itself repeats what it sent over a connection that it had used before; no page can keep it from that.
    # The second copy finds everything in the server's cache. The client adds none.
    assert proxy.posts_forwarded(answer["prompt_id"]) <= 2


def test_what_is_not_read_is_coalesced(inside: InsidePage, server: str) -> None:
    steps = 400
    prompt = fresh()
    prompt["1"] = prompts.steps(steps, delay_ms=0, seed=prompt["1"]["inputs"]["seed"])
    answer = inside.call("reads_late", url=server, prompt=prompt)
    # Each step brings a preview and progress; a reader that is late gets the latest of each, and everything else.
    assert len(answer["kinds"]) < 150
    assert answer["last_step"] == steps
    assert answer["kinds"][-1] == "execution_success"


def test_the_stream_alone_comes_back(inside: InsidePage, proxy: Proxy) -> None:
    heard = inside.start("hears_of_a_reconnect", url=proxy.url, client_id="alone")
    until(lambda: proxy.websockets_opened == 1)
    done = threading.Event()

    def cut_until_heard() -> None:
        while not done.is_set() and proxy.websockets_opened < 2:
            proxy.cut("websocket")
            done.wait(0.2)

    cutter = threading.Thread(target=cut_until_heard)
    cutter.start()
    try:
        assert inside.result(heard)["attempts"] >= 1
    finally:
        done.set()
        cutter.join()
