"""The contract against the server at ``COMFYUI_URL``.

Duty: send the recorded requests that change nothing anybody would miss, judge the answers, and read them through the
generated client. Nothing is queued, interrupted, cleared or left behind.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from tests.openapi.bindings import plain, read_answer
from tests.openapi.contract import Contract, Exchange, Operation
from tests.openapi.recordings import VERSIONS, all_recordings, require_recordings

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

CONTRACT = Contract()

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


def ask(server: httpx.Client, exchange: Exchange) -> tuple[Exchange, httpx.Response]:
    """Send the request of an exchange; give the exchange with the answer it got."""
    content = exchange.request_body if isinstance(exchange.request_body, bytes) else None
    headers = {"Content-Type": exchange.request_content_type} if exchange.request_content_type else {}
    response = server.request(exchange.method, exchange.target, content=content, headers=headers)
    answered = replace(
        exchange,
        status=response.status_code,
        response_content_type=response.headers.get("Content-Type"),
        response_body=response.content,
    )
    return answered, response


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

    problems: list[str] = []
    for exchange in asked.values():
        answered, response = ask(server, exchange)
        problems += CONTRACT.problems(answered, version=version)
        problems += _reading_problems(answered, response, version)
    assert problems == []


def test_all_reading_operations_are_answered_by_contract(server: httpx.Client, version: str) -> None:
    """Whole answers, of operations that need no path parameter; long ones were cut off in the recordings."""
    problems: list[str] = []
    refused = set()
    for operation in CONTRACT.operations.values():
        if operation.method != "get" or "{" in operation.path:
            continue
        answered, response = ask(server, Exchange("GET", operation.path, 0))
        problems += CONTRACT.problems(answered, version=version)
        problems += _reading_problems(answered, response, version)
        # Assets may be off.
        if answered.status != 200 and operation.is_in(version) and operation.tag != "assets":
            refused.add(operation.operation_id)
    assert problems == []
    # These two want to be told what.
    assert refused == {"listUserData", "viewFile"}


def test_single_things_are_answered_by_contract(server: httpx.Client, version: str) -> None:
    targets = [f"/api/object_info/{name}" for name in list(server.get("/api/object_info").json())[:20]]
    if CONTRACT.operations["listSubgraphs"].is_in(version):
        targets += [f"/api/global_subgraphs/{name}" for name in list(server.get("/api/global_subgraphs").json())[:3]]
        targets += [f"/api/jobs/{job['id']}" for job in server.get("/api/jobs?limit=5").json()["jobs"]]
    for folder in server.get("/api/models").json():
        targets += [f"/api/models/{folder}", f"/api/experiment/models/{folder}"]
    targets += [f"/internal/files/{directory}" for directory in ("input", "output", "temp")]
    problems: list[str] = []
    for target in targets:
        answered, response = ask(server, Exchange("GET", target, 0))
        problems += CONTRACT.problems(answered, version=version)
        problems += _reading_problems(answered, response, version)
    assert problems == []


def test_file_of_the_user_comes_and_goes_by_contract(server: httpx.Client, version: str) -> None:
    name = f"contract-test-{uuid.uuid4()}.json"
    moved = f"contract-test-{uuid.uuid4()}.json"
    steps = [
        ("POST", f"/api/userdata/{name}?full_info=true", b'{"a": 1}', 200),
        ("POST", f"/api/userdata/{name}?overwrite=false", b"x", 409),
        ("GET", f"/api/userdata/{name}", None, 200),
        ("GET", "/api/userdata?dir=.&full_info=true", None, 200),
        ("GET", "/api/userdata?dir=.&split=true", None, 200),
        ("POST", f"/api/userdata/{name}/move/{moved}", None, 200),
        ("POST", f"/api/userdata/{moved}/move/{name}?full_info=true", None, 200),
        ("DELETE", f"/api/userdata/{name}", None, 204),
        ("DELETE", f"/api/userdata/{name}", None, 404),
    ]
    problems: list[str] = []
    for method, target, body, status in steps:
        answered, response = ask(server, Exchange(method, target, 0, request_body=body))
        problems += CONTRACT.problems(answered, version=version)
        problems += _reading_problems(answered, response, version)
        assert answered.status == status, target
    assert problems == []


def _reading_problems(answered: Exchange, response: httpx.Response, version: str) -> list[str]:
    """Read an answer through the generated client and compare what came of it."""
    found = CONTRACT.find(answered.method, answered.target)
    assert found is not None
    operation: Operation = found[0]
    if not operation.is_in(version) or answered.method == "HEAD":
        return []
    read = plain(read_answer(operation, response))
    body = response.content
    expected: tuple[object, ...] = (body, response.text) if body else (None, b"")
    if (answered.response_content_type or "").startswith("application/json"):
        expected = (body, json.loads(body))
    return [] if read in expected else [f"{answered.method} {answered.target}: reading changed the answer"]


def test_versions_of_recordings_are_covered(version: str) -> None:
    """A reminder in the log, not a judgement: other versions are welcome."""
    if version not in VERSIONS:
        pytest.skip(f"{version} was never recorded; the other tests still looked at it")
