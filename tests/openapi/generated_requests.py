"""Lets Schemathesis make requests from the contract, and judges the answers.

Duty: for an operation, some requests that are right and some that are wrong in what the contract says of them, the
same ones each time; every answer must have a status, a content type and a body that the contract lists. Refusals: it
does not know which server is asked or which operations may be sent there; whoever calls says so.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.openapi.contract import Contract
from tests.openapi.document import Operation

CONTRACT = Contract()
SCHEMA = schemathesis.openapi.from_dict(CONTRACT.document)
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]

RIGHT = list(CONTRACT.operations)
"""All operations can be asked rightly."""

# Making a graph of nodes takes longer than all the rest.
_FEW = {"queuePrompt": 2}

# Longer addresses never reach a handler: the HTTP parser of the server refuses them, by a text.
_LONGEST_ADDRESS = 4_000


def can_be_wrong(operation: Operation) -> bool:
    """Tell whether requests can be made that the contract forbids: every text is right for a parameter that is one."""
    schemas = [definition for definition, _ in CONTRACT.parameters(operation) if definition["in"] == "query"]
    closed = any(each["schema"].get("type") != "string" or "enum" in each["schema"] for each in schemas)
    content = operation.definition.get("requestBody", {}).get("content", {})
    return closed or ("application/json" in content and operation.operation_id != "storeSetting")


WRONG = [operation.operation_id for operation in CONTRACT.operations.values() if can_be_wrong(operation)]
"""The operations that can be asked wrongly."""


def ask(
    url: str, operation_id: str, mode: GenerationMode, *, examples: int = 5, headers: Mapping[str, str] | None = None
) -> int:
    """Send generated requests to a server.

    Args:
        url: Its address.
        operation_id: Which operation.
        mode: Whether the requests are right or wrong.
        examples: How many are made.
        headers: Sent with each.

    Returns:
        How many were sent.

    Raises:
        schemathesis.errors.FailureGroup: An answer is not by contract.
    """
    sent = 0

    @settings(
        max_examples=_FEW.get(operation_id, examples),
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=SCHEMA.find_operation_by_id(operation_id).as_strategy(generation_mode=mode))
    def send(case: Case[Any]) -> None:
        nonlocal sent
        if mode is GenerationMode.NEGATIVE and "id" in case.path_parameters:
            # Another form of it is another path, which may have other methods.
            case.path_parameters["id"] = str(uuid.UUID(int=7))
        assume(len(str(case.as_transport_kwargs(base_url=url))) < _LONGEST_ADDRESS)
        sent += 1
        answer: Any = case.call(base_url=url, headers=dict(headers or {}), timeout=30)
        case.validate_response(answer, checks=CHECKS)

    send()
    return sent
