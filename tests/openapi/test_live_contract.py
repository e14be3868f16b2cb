"""The contract against the server at ``COMFYUI_URL``.

Duty: have the conversations that the emulator has, without what lasts, costs or concerns others, and send the recorded
requests that change nothing anybody would miss. Every answer is judged, and read through the generated client. What is
left behind: three small files in the input folder and settings that are null, always the same, because servers take
neither away.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from comfy_rest import errors

from tests.openapi.bindings import read_answer
from tests.openapi.contract import Contract, Exchange
from tests.openapi.conversation import Session
from tests.openapi.recordings import VERSIONS, all_recordings, require_recordings
from tests.openapi.requests import CONVERSATIONS
from tests.openapi.sending import UNREAD, Answer, Send, over_http

pytestmark = [pytest.mark.live, pytest.mark.timeout(300), pytest.mark.xdist_group("live contract")]

CONTRACT = Contract()

LEFT_OUT = {
    "createUser": "users can't be removed; only refusals are asked for",
    "pruneAssets": "changes what others see of their assets; asked only where assets are off",
    "viewMetadata": "succeeds only where the server has models; asked about absent ones too",
    "getModelPreview": "as viewMetadata",
    "getAssetContent": "0.33.0 loses content whose first asset was deleted, as this suite's is when it ends",
}
"""Operations that need not succeed here, with the reason."""

NOT_A_ROUTE = {"/nope"}

HARMLESS_POSTS = {
    # Refused before anything is queued.
    ("/prompt", b"{}"),
    ("/prompt", b"{"),
    ("/prompt", b'{"prompt": {}}'),
    # About prompts that do not exist.
    ("/queue", b'{"delete": ["nope"]}'),
    ("/queue", b"{"),
    ("/interrupt", b'{"prompt_id": "nope"}'),
    ("/api/jobs/cancel", b'{"job_ids": ["x"]}'),
    # Not on the list of any socket.
    ("/internal/logs/subscribe", b'{"clientId": "rec", "enabled": false}'),
}


@pytest.fixture(scope="module")
def server() -> Iterator[httpx.Client]:
    url = os.environ.get("COMFYUI_URL")
    if not url:
        pytest.skip("COMFYUI_URL names no server")
    with httpx.Client(base_url=url, timeout=60) as client:
        user = _user_of(client)
        if user is not None:
            client.headers["Comfy-User"] = user
        yield client


@pytest.fixture(scope="module")
def version(server: httpx.Client) -> str:
    found: str = server.get("/api/system_stats").json()["system"]["comfyui_version"]
    return found


def _user_of(client: httpx.Client) -> str | None:
    """Give somebody to act as, on a server with several users."""
    users: dict[str, str] | None = client.get("/api/users").json().get("users")
    if users is None:
        return None
    if not users:
        pytest.skip("the server at COMFYUI_URL wants a user but has none; create one first")
    return next(iter(users))


@pytest.fixture(scope="module")
def session(server: httpx.Client, version: str) -> Iterator[Session]:
    """A conversation with the server in which everything was said that may be."""
    # It names the user itself, or nobody.
    with httpx.Client(base_url=server.base_url, timeout=60) as client:
        yield _conversation(server, over_http(client, CONTRACT), version)


def _conversation(server: httpx.Client, send: Send, version: str) -> Session:
    talk = Session(
        CONTRACT,
        send,
        version,
        assets=server.get("/api/features").json().get("assets", False),
        multi_user="users" in server.get("/api/users").json(),
        shared=True,
        user=server.headers.get("Comfy-User"),
    )
    for converse in CONVERSATIONS:
        converse(talk)
    return talk


def test_every_answer_obeys_the_contract(session: Session) -> None:
    assert session.problems == []


def test_every_operation_is_asked_for(session: Session) -> None:
    too_new = {each.operation_id for each in CONTRACT.operations.values() if not each.is_in(session.version)}
    assert session.missing == too_new
    asked = {operation_id for operation_id, _ in session.answered}
    assert set(CONTRACT.operations) - too_new - asked == ({"pruneAssets"} if session.assets else set())


def test_every_operation_succeeds_that_safely_can(session: Session) -> None:
    switched_off = set()
    if not session.assets:
        switched_off = {each.operation_id for each in CONTRACT.operations.values() if each.tag == "assets"}
    expected = set(CONTRACT.operations) - session.missing - switched_off - set(LEFT_OUT)
    assert expected - session.succeeded == set()


def test_many_node_definitions_one_by_one(server: httpx.Client, session: Session) -> None:
    names = list(server.get("/api/object_info").json())
    before = len(session.problems)
    for name in names[:: max(1, len(names) // 20)]:
        session.ask("getNodeDefinition", {"node_class": name})
    assert session.problems[before:] == []


def test_recorded_requests_are_answered_by_contract(server: httpx.Client, version: str) -> None:
    require_recordings()
    asked: dict[tuple[str, str, bytes | None], Exchange] = {}
    for recording in all_recordings():
        exchange = recording.exchange
        body = exchange.request_body
        if exchange.target in NOT_A_ROUTE or not (body is None or isinstance(body, bytes)):
            continue
        if exchange.method in ("GET", "HEAD") or (exchange.target, body) in HARMLESS_POSTS:
            asked[exchange.method, exchange.target, body] = exchange
    assert len(asked) > 60

    problems = [problem for exchange in asked.values() for problem in _problems_of_asking(server, exchange, version)]
    assert problems == []


def _problems_of_asking(server: httpx.Client, exchange: Exchange, version: str) -> Iterator[str]:
    content = exchange.request_body if isinstance(exchange.request_body, bytes) else None
    headers = {"Content-Type": exchange.request_content_type} if exchange.request_content_type else {}
    response = server.request(exchange.method, exchange.target, content=content, headers=headers)
    content_type = response.headers.get("Content-Type")
    answered = replace(
        exchange, status=response.status_code, response_content_type=content_type, response_body=response.content
    )
    yield from CONTRACT.problems(answered, version=version)
    found = CONTRACT.find(exchange.method, exchange.target)
    assert found is not None
    if not found[0].is_in(version) or exchange.method == "HEAD":
        return
    try:
        read = read_answer(found[0], response)
    except errors.UnexpectedStatus:
        read = UNREAD
    problem = Answer(response.status_code, content_type, response.content, read).reading_problem()
    if problem:
        yield f"{exchange.method} {exchange.target}: {problem}"


def test_versions_of_recordings_are_covered(version: str) -> None:
    """A reminder in the log, not a judgement: other versions are welcome."""
    if version not in VERSIONS:
        pytest.skip(f"{version} was never recorded; the other tests still looked at it")
