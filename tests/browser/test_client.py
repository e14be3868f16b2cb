"""The client in a page, against servers of another origin."""

from __future__ import annotations

import itertools
import random

import pytest

import comfy_emulator
from tests import prompts
from tests.browser import neighbour
from tests.browser.conftest import InsidePage

PNG = b"\x89PNG\r\n\x1a\n".hex()
# A real server may have run these tests before, and has their results in its cache.
_seeds = itertools.count(random.randrange(10**12))


def fresh(count: int = 5, delay_ms: int = 20) -> prompts.Prompt:
    """A prompt that no server has in its cache."""
    return prompts.one_image(count=count, delay_ms=delay_ms, seed=next(_seeds))


def test_a_run_gives_its_pictures_previews_progress_and_texts(inside: InsidePage, server: str) -> None:
    prompt = prompts.two_images_and_text()
    prompt["1"] = prompts.steps(6, delay_ms=20, seed=next(_seeds))
    answer = inside.call("runs", url=server, prompt=prompt)
    assert answer["magics"] == [PNG, PNG]
    assert answer["complete"]
    assert set(answer["previews"]) == {"image/jpeg"}
    assert answer["progress"] == sorted(answer["progress"])
    assert answer["progress"][-1] == 1.0
    assert answer["texts"] == [prompt["3"]["inputs"]["text"]]


def test_images_sent_over_the_socket_arrive(inside: InsidePage, server: str) -> None:
    prompt = prompts.over_websocket()
    prompt["1"] = prompts.steps(2, seed=next(_seeds))
    assert len(inside.call("runs", url=server, prompt=prompt)["streamed"]) == 1


def test_messages_of_many_megabytes_arrive(inside: InsidePage, server: str) -> None:
    size = 4_000_000 + next(_seeds) % 100_000
    answer = inside.call("runs", url=server, prompt=prompts.custom_event(size))
    assert answer["complete"]
    assert answer["longest"] == size


def test_without_a_websocket_rest_tells(inside: InsidePage, server: str) -> None:
    answer = inside.call("runs", url=server, prompt=fresh(), websocket=False)
    assert answer["magics"] == [PNG]
    assert not answer["complete"]


def test_the_synchronous_client_waits_where_the_browser_lets_it(inside: InsidePage, server: str) -> None:
    answer = inside.call("runs_synchronously", url=server, prompt=fresh(), second=fresh())
    assert answer["magic"] == PNG
    assert answer["previews"]
    assert answer["queue"]
    assert "executed" in answer["events"]
    assert answer["after"] == "ClientClosedError"


def test_the_synchronous_client_names_the_other_where_it_cannot_wait(inside: InsidePage) -> None:
    answer = inside.call_plainly("waits_in_synchronous_code")
    assert answer["type"] == "SyncUnavailableError"
    assert "use AsyncComfyUIApiClient" in answer["text"]


def test_an_error_of_a_node_comes_as_one(inside: InsidePage, server: str) -> None:
    answer = inside.call("fails", url=server, prompt=prompts.failing("out of paint"))
    assert (answer["type"], answer["node_id"]) == ("NodeExecutionError", "2")
    assert "out of paint" in answer["text"]


def test_a_refused_prompt_comes_as_one(inside: InsidePage, server: str) -> None:
    answer = inside.call("fails", url=server, prompt={"1": {"class_type": "NoSuchNode", "inputs": {}}})
    assert answer["type"] == "PromptRejectedError"
    assert "NoSuchNode" in answer["text"]


def test_files_go_up_and_come_down(inside: InsidePage, server: str) -> None:
    answer = inside.call("moves_files", url=server, size=300_000)
    assert answer["same"]
    assert answer["path"] == "/tmp/saved/page.png"
    assert answer["subfolder"] == "from a path"


def test_prompts_are_cancelled_and_so_are_those_left_behind(inside: InsidePage, server: str) -> None:
    # The older server answers the first request with a status that a browser hides.
    answer = inside.call("cancels", url=server, prompt=fresh(500, 20))
    assert answer == {"cancelled": True, "outcome": "PromptInterruptedError", "left": "cancelled"}


def test_what_no_socket_can_carry_is_left_out_and_said(inside: InsidePage, server: str) -> None:
    answer = inside.call("says_what_is_left_out", url=server, prompt=fresh())
    assert answer["complete"]
    (of_the_socket,) = (text for text in answer["log"] if "websocket" in text)
    assert "authorization" in of_the_socket
    assert "comfy-user" not in of_the_socket
    assert "BrowserConnector(query=...)" in of_the_socket
    (of_the_user,) = (text for text in answer["log"] if "Comfy-User" in text)
    assert "is left out" in of_the_user
    assert not any("a-token" in text or "somebody" in text for text in answer["log"])


def test_a_token_goes_into_the_query_when_asked_for(inside: InsidePage, server: str) -> None:
    assert inside.call("puts_a_token_into_the_query", url=server, prompt=fresh())["complete"]
    address = server.replace("http", "ws", 1) + "/ws?clientId=known&token=a%20b%26c"
    assert f"websocket: {address}" in inside.page.said()


def test_a_user_is_named_where_the_server_lets_pages_do_so(inside: InsidePage) -> None:
    with neighbour.running() as server:
        inside.call("names_its_user", url=server.url)
        headers = server.headers["GET /api/settings"]
    assert headers["comfy-user"] == "somebody"


@pytest.mark.parametrize(
    ("options", "said"),
    [({"verify": False}, "leave verify out"), ({"verify": "/etc/ca.pem"}, "leave verify out")],
    ids=["nobody", "a path"],
)
def test_verify_is_refused(inside: InsidePage, options: dict[str, object], said: str) -> None:
    answer = inside.call("fails", url="https://127.0.0.1:1", prompt={}, **options)
    assert answer["type"] == "ValueError"
    assert said in answer["text"]


def test_a_server_that_lets_in_no_pages_is_named_as_such(inside: InsidePage, site: str) -> None:
    with comfy_emulator.running() as server:
        answer = inside.call("fails", url=server.url, prompt=prompts.plain_image())
    assert answer["type"] == "ConnectionFailedError"
    assert f"start ComfyUI with --enable-cors-header {site}" in answer["text"]


def test_a_header_that_no_page_may_send_is_named(inside: InsidePage, server: str) -> None:
    answer = inside.call("fails", url=server, prompt=prompts.plain_image(), headers={"X-Api-Key": "secret"})
    assert answer["type"] == "AnswerHiddenError"
    assert "x-api-key" in answer["text"]
    assert "secret" not in answer["text"]


def test_nobody_at_home(inside: InsidePage) -> None:
    answer = inside.call("fails", url="http://127.0.0.1:9", prompt=prompts.plain_image())
    assert answer["type"] == "ConnectionFailedError"
    assert "is it running" in answer["text"]
    assert inside.call("cannot_open", url="http://127.0.0.1:9")["type"] == "ConnectFailedError"
