"""The contract as a document: valid, complete, and written by its own rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.openapi.contract import Contract
from tests.openapi.document import Operation
from tests.openapi.recordings import VERSIONS, require_recordings, routes

CONTRACT = Contract()
OPERATIONS = list(CONTRACT.operations.values())

USER_SCOPED_TAGS = {"assets", "settings", "userdata"}


def schemas_below(value: Any, trail: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield everything below a value that may be a schema, with its place."""
    if isinstance(value, dict):
        yield trail, value
        for key, inner in value.items():
            yield from schemas_below(inner, f"{trail}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from schemas_below(inner, f"{trail}/{index}")


def test_is_valid_openapi() -> None:
    validate(CONTRACT.document)


def test_has_exactly_the_routes_of_real_servers() -> None:
    require_recordings()
    expected = {}
    for route in routes():
        path = route["path"]
        if path == "/ws":
            continue
        if not path.startswith(("/api/", "/internal/")):
            path = f"/api{path}"
        oldest = route["in"][0]
        expected[route["method"].lower(), path] = None if oldest == VERSIONS[0] else oldest

    described = {(operation.method, operation.path): operation.since for operation in OPERATIONS}

    assert described == expected


def test_has_66_operations() -> None:
    assert len(OPERATIONS) == 66


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.operation_id)
def test_operation_is_complete(operation: Operation) -> None:
    definition = operation.definition
    assert re.fullmatch(r"[a-z][A-Za-z0-9]+", operation.operation_id)
    assert len(definition["tags"]) == 1
    assert operation.tag in {tag["name"] for tag in CONTRACT.document["tags"]}
    assert definition["summary"]
    assert not definition["summary"].endswith(".")
    assert operation.path.startswith(("/api/", "/internal/"))
    in_path = [parameter["name"] for parameter, _ in CONTRACT.parameters(operation) if parameter["in"] == "path"]
    assert in_path == re.findall(r"\{(\w+)\}", operation.path)
    assert any(status.startswith("2") for status in definition["responses"])


@pytest.mark.parametrize(
    "operation",
    [operation for operation in OPERATIONS if operation.tag in USER_SCOPED_TAGS],
    ids=lambda operation: operation.operation_id,
)
def test_user_can_be_chosen(operation: Operation) -> None:
    headers = {parameter["name"] for parameter, _ in CONTRACT.parameters(operation) if parameter["in"] == "header"}
    assert "Comfy-User" in headers


@pytest.mark.parametrize("operation_id", ["viewFile", "getUserData", "getAssetContent"])
def test_file_can_be_read_in_parts(operation_id: str) -> None:
    operation = CONTRACT.operations[operation_id]
    headers = {parameter["name"] for parameter, _ in CONTRACT.parameters(operation) if parameter["in"] == "header"}
    assert "Range" in headers
    assert {"200", "206", "416"} <= set(operation.definition["responses"])


def test_objects_keep_unknown_fields() -> None:
    closed = [
        place
        for place, schema in schemas_below(CONTRACT.document["components"]["schemas"], "")
        if schema.get("type") == "object"
        and "properties" in schema
        and "additionalProperties" not in schema
        # The added half of an allOf; the other half is open.
        and "/allOf/" not in place
        # Forms are open without a word; generators for other languages refuse forms that say so.
        and not re.fullmatch(r"/Upload\w+Request", place)
    ]
    assert closed == []
    refusing = [
        place
        for place, schema in schemas_below(CONTRACT.document, "")
        if schema.get("additionalProperties") is False or schema.get("unevaluatedProperties") is False
    ]
    assert refusing == []


def test_no_text_is_turned_into_something_that_loses_parts_of_it() -> None:
    formats = {
        schema["format"]
        for _, schema in schemas_below(CONTRACT.document, "")
        if isinstance(schema.get("format"), str) and schema.get("type") == "string"
    }
    assert formats == {"binary"}


def test_vocabularies_are_closed_in_requests_only() -> None:
    """An answer with a word that is new must not fail, and the generated readers of enums raise."""
    in_requests = {name for name in CONTRACT.document["components"]["schemas"] if name.endswith("Request")}
    closed = [
        place
        for place, schema in schemas_below(CONTRACT.document["components"]["schemas"], "")
        if isinstance(schema.get("enum"), list) and place.split("/")[1] not in in_requests
    ]
    assert closed == []


def test_all_components_are_used() -> None:
    used = {schema["$ref"] for _, schema in schemas_below(CONTRACT.document, "") if isinstance(schema.get("$ref"), str)}
    declared = {
        f"#/components/{kind}/{name}"
        for kind, components in CONTRACT.document["components"].items()
        for name in components
    }
    # Shapes inside free-form parts, declared for readers that want to look inside.
    assert declared - used == {"#/components/schemas/OutputFile"}
    assert used <= declared
