"""Fields that a server adds tomorrow survive in every model that an answer is read as, at any depth.

Walks through all schemas that answers use, builds a value for each with unknown fields in every object, and sends it
through the generated model.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from comfy_rest import models

from tests.openapi.contract import Contract

CONTRACT = Contract()
SCHEMAS: Final[dict[str, dict[str, Any]]] = CONTRACT.document["components"]["schemas"]

ANYTHING: Final = [1, {"deep": [None, {"deeper": "x"}]}, 2.5]
# The last ones are what generated classes call things of their own.
UNKNOWN: Final = ("a field of tomorrow", "kebab-case", "type_", "additional_properties", "to_dict")
VARIANTS: Final = range(3)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _schemas_of_answers() -> set[str]:
    """The names of all schemas that answers use, through other schemas too."""
    found: set[str] = set()
    open_ends: list[Any] = [
        response for operation in CONTRACT.operations.values() for response, _ in CONTRACT.responses(operation).values()
    ]
    while open_ends:
        for reference in _references(open_ends.pop()):
            kind, _, name = reference.removeprefix("#/components/").partition("/")
            if kind == "schemas" and name not in found:
                found.add(name)
                open_ends.append(SCHEMAS[name])
    return found


def _is_object(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object" or any(
        _is_object(SCHEMAS[each["$ref"].rpartition("/")[2]]) for each in schema.get("allOf", ()) if "$ref" in each
    )


OBJECTS: Final = sorted(name for name in _schemas_of_answers() if _is_object(SCHEMAS[name]))


def _sample(schema: Mapping[str, Any], variant: int, *, full: bool) -> Any:
    """Build a value of a schema.

    Args:
        schema: The schema.
        variant: Which of several types or forms to take.
        full: Whether to have optional fields, too.
    """
    if "$ref" in schema:
        return _sample(SCHEMAS[schema["$ref"].rpartition("/")[2]], variant, full=full)
    if "anyOf" in schema:
        return _sample(schema["anyOf"][variant % len(schema["anyOf"])], variant, full=full)
    kinds = schema.get("type")
    kind = kinds[variant % len(kinds)] if isinstance(kinds, list) else kinds
    if kind == "object" or (kind is None and "allOf" in schema):
        return _sample_object(schema, variant, full=full)
    if kind == "array":
        rows = [part["prefixItems"] for part in schema.get("allOf", ()) if "prefixItems" in part]
        if rows:
            return [_sample(each, variant, full=full) for each in rows[0]]
        return [_sample(schema.get("items", {}), variant + index, full=full) for index in range(variant % 3)]
    simple = {"string": "text é", "integer": 7, "number": (1.5, 2)[variant % 2], "boolean": True, "null": None}
    return copy.deepcopy(ANYTHING) if kind is None else simple[kind]


def _sample_object(schema: Mapping[str, Any], variant: int, *, full: bool) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for part in schema.get("allOf", ()):
        built |= _sample({"type": "object", **part}, variant, full=full)
    for name, field in schema.get("properties", {}).items():
        if full or name in schema.get("required", ()):
            built[name] = _sample(field, variant, full=full)
    others = schema.get("patternProperties", {}).get("^", schema.get("additionalProperties", {}))
    for index, name in enumerate(UNKNOWN):
        built[name] = _sample({} if others is True else others, variant + index, full=full)
    return built


def test_all_kinds_of_answers_are_here() -> None:
    assert len(OBJECTS) > 60
    assert {"Job", "HistoryEntry", "CreatedAsset", "NodeDefinition", "SystemStats", "ErrorMessage"} <= set(OBJECTS)
    assert [name for name in OBJECTS if name not in models.__all__] == []


@pytest.mark.parametrize("name", OBJECTS)
def test_unknown_fields_survive(name: str) -> None:
    model = getattr(models, name)
    for full in (False, True):
        for variant in VARIANTS:
            value = _sample(SCHEMAS[name], variant, full=full)
            assert CONTRACT.schema_problems(name, value) == []
            assert all(field in value for field in UNKNOWN)
            written = model.from_dict(copy.deepcopy(value)).to_dict()
            assert json.dumps(written, sort_keys=True) == json.dumps(value, sort_keys=True)
