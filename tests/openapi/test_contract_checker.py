"""The judge itself: what it lets pass and what it finds."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.openapi.contract import Contract, Exchange

CONTRACT = Contract()
JSON = "application/json; charset=utf-8"


def posted_prompt(body: object, answer: object, status: int = 200) -> Exchange:
    return Exchange(
        "POST",
        "/api/prompt",
        status,
        request_body=json.dumps(body).encode(),
        request_content_type="application/json",
        response_content_type=JSON,
        response_body=json.dumps(answer).encode(),
    )


QUEUED = posted_prompt(
    {"prompt": {"1": {"class_type": "SaveImage", "inputs": {}}}},
    {"prompt_id": "x", "number": 1, "node_errors": {}, "new": True},
)


def test_good_exchange_has_no_problems() -> None:
    assert CONTRACT.problems(QUEUED) == []


@pytest.mark.parametrize(
    ("method", "target", "operation_id", "path_values"),
    [
        ("GET", "/api/queue", "getQueue", {}),
        ("get", "/queue", "getQueue", {}),
        ("GET", "/history/a%20b?x=1", "getHistoryEntry", {"prompt_id": "a b"}),
        ("GET", "/api/userdata/workflows%2Fa.json", "getUserData", {"file": "workflows/a.json"}),
        ("POST", "/api/userdata/a%2Fb/move/c%2Fd", "moveUserData", {"file": "a/b", "dest": "c/d"}),
        ("POST", "/api/jobs/cancel", "cancelJobs", {}),
        ("GET", "/api/assets/seed/status", "getAssetSeedStatus", {}),
        ("GET", "/experiment/models/preview/loras/0/a/b.png", "getModelPreview",
         {"folder": "loras", "path_index": "0", "filename": "a/b.png"}),
        ("GET", "/internal/logs", "getLogs", {}),
    ],
)  # fmt: skip
def test_finds_the_operation(method: str, target: str, operation_id: str, path_values: dict[str, str]) -> None:
    found = CONTRACT.find(method, target)
    assert found is not None
    assert found[0].operation_id == operation_id
    assert found[1] == path_values


@pytest.mark.parametrize(("method", "target"), [("GET", "/nope"), ("DELETE", "/api/queue"), ("GET", "/logs")])
def test_finds_no_operation(method: str, target: str) -> None:
    assert CONTRACT.find(method, target) is None
    assert "no such operation" in CONTRACT.problems(Exchange(method, target, 404))[0]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"request_body": None}, "none was sent"),
        ({"request_body": b"{"}, "not JSON"),
        ({"request_body": b"{}"}, "'prompt' is a required property"),
        ({"request_body": b'{"prompt": {"1": {"inputs": {}}}}'}, "'class_type' is a required property"),
        ({"request_body": b'{"prompt": {}, "number": "1"}'}, "not of type 'number'"),
        ({"request_content_type": "text/plain"}, "takes no text/plain"),
        ({"request_body": {"prompt": "x"}}, "fields were sent"),
        ({"target": "/api/prompt?x=1"}, "unknown query parameter x"),
        ({"status": 201}, "knows only 200, 400, 413, 500"),
        ({"response_content_type": None}, "no content type"),
        ({"response_content_type": "text/html"}, "is text/html"),
        ({"response_body": b"<html>"}, "not JSON"),
        ({"response_body": b'{"prompt_id": "x", "number": 1}'}, "'node_errors' is a required property"),
        ({"response_body": b'{"prompt_id": 1, "number": 1, "node_errors": {}}'}, "not of type 'string'"),
    ],
)
def test_finds_what_is_wrong(changes: dict[str, Any], complaint: str) -> None:
    problems = CONTRACT.problems(replace(QUEUED, **changes))
    assert len(problems) == 1
    assert complaint in problems[0]
    assert "(queuePrompt)" in problems[0]


def test_refused_request_may_be_wrong() -> None:
    refusal = {"error": {"type": "no_prompt", "message": "m", "details": "d"}, "node_errors": {}}
    assert CONTRACT.problems(posted_prompt({}, refusal, status=400)) == []


def test_body_where_there_should_be_none() -> None:
    done = Exchange("POST", "/api/interrupt", 200, response_body=b"")
    assert CONTRACT.problems(done) == []
    assert "2 bytes came" in CONTRACT.problems(replace(done, response_body=b"{}"))[0]
    unknown = replace(done, response_content_type=JSON, response_body=None)
    assert "application/json" in CONTRACT.problems(unknown)[0]
    got = Exchange("GET", "/api/queue", 200, request_body=b"{}", response_content_type=JSON)
    assert "takes none" in CONTRACT.problems(got)[0]


def test_unknown_body_is_not_judged() -> None:
    assert CONTRACT.problems(replace(QUEUED, response_body=None)) == []


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("limit=1&status=failed&sort_order=asc", None),
        ("limit=0", "0 is less than the minimum of 1"),
        ("limit=x", "'x' is not of type 'integer'"),
        ("sort_order=up", "'up' is not one of"),
    ],
)
def test_judges_query_parameters(query: str, complaint: str | None) -> None:
    body = b'{"jobs": [], "pagination": {"offset": 0, "limit": 1, "total": 0, "has_more": false}}'
    problems = CONTRACT.problems(
        Exchange("GET", f"/api/jobs?{query}", 200, response_content_type=JSON, response_body=body)
    )
    assert len(problems) == (0 if complaint is None else 1)
    assert complaint is None or complaint in problems[0]


def test_needs_required_query_parameters() -> None:
    exchange = Exchange("GET", "/api/userdata", 200, response_content_type=JSON, response_body=b"[]")
    assert "lacks dir" in CONTRACT.problems(exchange)[0]
    assert CONTRACT.problems(replace(exchange, target="/api/userdata?dir=a&recurse=TRUE")) == []
    assert "not of type 'boolean'" in CONTRACT.problems(replace(exchange, target="/api/userdata?dir=a&recurse=1"))[0]


def test_judges_forms() -> None:
    exchange = Exchange(
        "POST",
        "/api/upload/image",
        200,
        request_body={"image": b"x", "type": "input"},
        request_content_type="multipart/form-data; boundary=x",
        response_content_type=JSON,
        response_body=b'{"name": "a", "subfolder": "", "type": "input"}',
    )
    assert CONTRACT.problems(exchange) == []
    assert "'image' is a required" in CONTRACT.problems(replace(exchange, request_body={"type": "input"}))[0]
    assert "is not one of" in CONTRACT.problems(replace(exchange, request_body={"image": b"", "type": "x"}))[0]
    assert "give the fields" in CONTRACT.problems(replace(exchange, request_body=b"--x"))[0]


def test_file_may_have_any_type() -> None:
    exchange = Exchange("GET", "/api/view?filename=a.mp4", 206, response_content_type="video/mp4", response_body=b"x")
    assert CONTRACT.problems(exchange) == []


def test_old_server_answers_new_operation_as_missing() -> None:
    exchange = Exchange("GET", "/api/jobs", 404, response_content_type="application/octet-stream", response_body=b"")
    assert CONTRACT.problems(exchange, version="0.3.64") == []
    assert len(CONTRACT.problems(exchange, version="0.8.0")) == 1
    assert "too old" in CONTRACT.problems(replace(exchange, status=200), version="0.3.64")[0]
    odd = replace(exchange, response_content_type=JSON, response_body=b"{}")
    assert "answered with application/json" in CONTRACT.problems(odd, version="0.3.64")[0]


@pytest.mark.parametrize(
    ("schema", "value", "good"),
    [
        ("QueueItem", [1.5, "id", {}, {}, ["9"]], True),
        ("QueueItem", [1, "id", {}, {}, ["9"], {"more": 1}], True),
        ("QueueItem", [1, "id", {}, {}], False),
        ("QueueItem", ["id", 1, {}, {}, []], False),
        ("HistoryEntry", {"prompt": [1, "id", {}, {}, []], "outputs": {}, "status": None}, True),
        ("HistoryEntry", {"prompt": [1, "id", {}, {}, []], "outputs": {}}, True),
        ("HistoryEntry", {"prompt": [1, "id", {}, {}, []], "outputs": {}, "status": "success"}, False),
        ("InputSpecification", ["INT", {"min": 0}], True),
        ("InputSpecification", [["a", 1, True]], True),
        ("InputSpecification", [], False),
        ("InputSpecification", ["INT", {"min": "0"}], False),
        ("InputSpecification", ["COMFY_DYNAMICCOMBO_V3", {"options": [{"key": "a", "inputs": {}}]}], True),
        ("InputSpecification", ["COMFY_DYNAMICCOMBO_V3", {"options": ["a"]}], False),
        ("InputSpecification", ["COMFY_DYNAMICCOMBO_V3"], False),
        ("UserConfiguration", {"storage": "server", "migrated": True}, True),
        ("UserConfiguration", {"storage": "server", "users": {"a_1": "a"}}, True),
        ("UserConfiguration", {"storage": "server"}, False),
        ("SettingValue", None, True),
    ],
)
def test_shapes(schema: str, value: object, *, good: bool) -> None:
    assert (CONTRACT.schema_problems(schema, value) == []) is good
