"""The judge of conversations notices what it is there for."""

from __future__ import annotations

import pytest
from comfy_rest import Client

from tests.openapi.contract import Contract
from tests.openapi.conversation import Session
from tests.openapi.sending import UNREAD, Answer, Request, through_bindings

CONTRACT = Contract()
JSON = "application/json"


def talking(answer: Answer, version: str = "0.33.0", *, assets: bool = True) -> Session:
    return Session(CONTRACT, lambda request: answer, version, assets=assets, multi_user=False, shared=False)


@pytest.mark.parametrize(
    ("operation_id", "answer", "problem"),
    [
        ("getModelFolders", Answer(500, "text/plain", b"", None), "knows only 200"),
        ("getModels", Answer(404, None, b"", None), "404 came instead of (200,)"),
        ("getModelFolders", Answer(200, JSON, b"[1]", [1]), "is not of type 'string'"),
        ("getModelFolders", Answer(200, JSON, b'["a"]', None), "reading changed the answer"),
        ("getModelFolders", Answer(200, JSON, b'["a"]', ["b"]), "reading changed the answer"),
        ("getModelFolders", Answer(200, JSON, b'["a"]', UNREAD), "can't read the answer"),
    ],
)
def test_wrong_answers_are_noticed(operation_id: str, answer: Answer, problem: str) -> None:
    talk = talking(answer)
    talk.ask(operation_id, {"folder": "loras"} if operation_id == "getModels" else None)
    assert any(problem in each for each in talk.problems)


def test_wrong_requests_are_noticed_when_they_are_accepted() -> None:
    talk = talking(Answer(200, None, b"", None))
    talk.ask("updateQueue", json={"delete": "all of them"})
    assert any("is not of type 'array'" in each for each in talk.problems)


def test_old_servers_have_to_say_so() -> None:
    talk = talking(Answer(200, JSON, b'{"cancelled": true}', None), version="0.3.64")
    talk.ask("cancelJobs", json={"job_ids": []})
    assert any("too old" in each for each in talk.problems)
    assert talk.succeeded == set()


def test_assets_that_are_off_have_to_say_so() -> None:
    talk = talking(Answer(200, JSON, b'{"tags": [], "total": 0, "has_more": false}', None), assets=False)
    talk.ask("listTags")
    assert any("200 came instead of (503,)" in each for each in talk.problems)


def test_right_answers_are_no_problem() -> None:
    talk = talking(Answer(200, JSON, b'["a"]', ["a"]))
    talk.ask("getModelFolders")
    assert talk.problems == []
    assert talk.succeeded == {"getModelFolders"}


def test_bindings_are_spared_what_the_contract_forbids() -> None:
    send = through_bindings(Client(base_url="http://comfyui.invalid"), CONTRACT)
    assert send(Request(CONTRACT.operations["getHistory"], {"max_items": "x"})) is None
    assert send(Request(CONTRACT.operations["queuePrompt"], {}, b"{")) is None


def test_waiting_in_vain_ends() -> None:
    with pytest.raises(AssertionError, match="in vain for the end of the world"):
        talking(Answer(200, None, b"", None)).until(lambda: None, "the end of the world", seconds=0.05)
