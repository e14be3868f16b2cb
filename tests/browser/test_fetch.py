"""The transport over `fetch`, against a server that does what ComfyUI does not."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import neighbour
from tests.browser.chromium import TOOLS
from tests.browser.conftest import InsidePage
from tests.browser.neighbour import PATIENCE, Neighbour


@pytest.fixture
def server_of_http_2(tmp_path: Path) -> Iterator[str]:
    """The address of a server to which requests can be streamed."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    command = ["node", str(TOOLS / "http2.mjs"), str(key), str(certificate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield f"https://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()
        process.wait(PATIENCE)


@pytest.fixture
def other() -> Iterator[Neighbour]:
    """The server."""
    with neighbour.running() as running:
        yield running


def test_answers_are_read_as_they_come(inside: InsidePage, other: Neighbour) -> None:
    assert inside.call("reads_in_parts", url=other.url)["parts"] == ["first", "second"]


def test_a_cancelled_request_is_aborted(inside: InsidePage, other: Neighbour) -> None:
    assert inside.call("gives_up", url=other.url)["cancelled"]
    assert other.left.wait(PATIENCE)


def test_an_answer_that_does_not_come_is_given_up(inside: InsidePage, other: Neighbour) -> None:
    assert inside.call("asks", url=f"{other.url}/slow", timeout=0.5)["type"] == "ReadTimeout"
    assert other.left.wait(PATIENCE)


def test_an_answer_that_falls_silent_is_given_up(inside: InsidePage, other: Neighbour) -> None:
    answer = inside.call("asks", url=f"{other.url}/silent", timeout=1.5)
    assert answer["type"] == "ReadTimeout"
    assert "nothing more within" in answer["text"]


def test_redirects_are_not_followed(inside: InsidePage, other: Neighbour) -> None:
    answer = inside.call("asks", url=f"{other.url}/moved")
    assert answer["type"] == "NetworkError"
    assert "redirects elsewhere" in answer["text"]
    assert "GET /elsewhere" not in other.headers


def test_decoded_answers_do_not_pass_for_encoded_ones(inside: InsidePage, other: Neighbour) -> None:
    answer = inside.call("asks", url=f"{other.url}/packed")
    assert answer["text"] == "plain" * 100
    assert not {"content-encoding", "content-length", "etag"} & set(answer["headers"])


def test_bodies_are_sent_whole_over_http_1(inside: InsidePage, other: Neighbour) -> None:
    size = 4 * 1024 * 1024
    assert inside.call("asks", url=f"{other.url}/taken", method="POST", size=size)["status"] == 200
    assert other.bodies == [size]


def test_bodies_are_streamed_over_http_2(inside: InsidePage, server_of_http_2: str) -> None:
    size = 1024 * 1024
    answer = inside.call("streams_a_request", url=server_of_http_2, size=size)
    # Held until it was whole, the body would never have been whole.
    assert answer == {"answer": {"size": 2 * size}, "seen": 1}


def test_a_body_that_cannot_be_made_fails_as_it_does_elsewhere(inside: InsidePage, server_of_http_2: str) -> None:
    assert inside.call("fails_to_make_a_body", url=server_of_http_2)["text"] == "no more"


def test_more_than_can_be_held_is_refused(inside: InsidePage, other: Neighbour) -> None:
    answer = inside.call("asks", url=f"{other.url}/taken", method="POST", size=256 * 1024 * 1024 + 65_536)
    assert answer["type"] == "ConnectionFailedError"
    assert "268,435,456 bytes" in answer["text"]
    assert other.bodies == []
