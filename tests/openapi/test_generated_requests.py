"""The emulator answers requests that nobody thought of as the contract says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from schemathesis import GenerationMode, openapi
from schemathesis.core.failures import FailureGroup

import comfy_emulator
from tests import yaml_documents
from tests.openapi.document import CONTRACT_PATH
from tests.openapi.generated_requests import CHECKS, RIGHT, WRONG, ask


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with comfy_emulator.running() as server:
        yield server.url


@pytest.mark.parametrize("operation_id", RIGHT)
def test_right_requests_are_answered_by_contract(operation_id: str, url: str) -> None:
    assert ask(url, operation_id, GenerationMode.POSITIVE) > 0


@pytest.mark.parametrize("operation_id", WRONG)
def test_wrong_requests_are_answered_by_contract(operation_id: str, url: str) -> None:
    assert ask(url, operation_id, GenerationMode.NEGATIVE) > 0


def test_many_operations_can_be_asked_wrongly() -> None:
    assert len(RIGHT) == 66
    assert len(WRONG) > 20


@pytest.mark.parametrize(
    ("forget", "complaint"),
    [("status", "Undocumented status"), ("content", "Undocumented Content-Type"), ("schema", "violates schema")],
)
def test_an_answer_that_is_not_by_contract_is_found(url: str, forget: str, complaint: str) -> None:
    document = yaml_documents.read(CONTRACT_PATH)
    responses = document["paths"]["/api/features"]["get"]["responses"]
    if forget == "status":
        responses["201"] = responses.pop("200")
    elif forget == "content":
        responses["200"]["content"]["text/html"] = responses["200"]["content"].pop("application/json")
    else:
        responses["200"]["content"]["application/json"]["schema"] = {"type": "array"}
    case = openapi.from_dict(document).find_operation_by_id("getFeatures").Case()
    with pytest.raises(FailureGroup, match=complaint):
        case.call_and_validate(base_url=url, checks=CHECKS)
