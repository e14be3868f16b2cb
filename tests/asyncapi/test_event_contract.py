"""The event contract as a document: whole, without contradictions, and open for fields to come."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import yaml_documents
from tests.asyncapi.documented import CONTRACT, TEXT_MESSAGES
from tests.asyncapi.messages import EventContract, Message


def below(value: Any, trail: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield trail, value
        for key, inner in value.items():
            yield from below(inner, f"{trail}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from below(inner, f"{trail}/{index}")


def test_all_references_lead_somewhere_and_all_components_are_used() -> None:
    used = {value["$ref"] for _, value in below(CONTRACT.document) if isinstance(value.get("$ref"), str)}
    for reference in used:
        assert CONTRACT.resolved({"$ref": reference})
    declared = {
        f"#/components/{kind}/{name}"
        for kind, components in CONTRACT.document["components"].items()
        for name in components
    }
    assert declared <= used


def test_every_message_is_on_the_channel_and_in_one_operation() -> None:
    in_operations = [
        reference["$ref"].rpartition("/")[2]
        for operation in CONTRACT.document["operations"].values()
        for reference in operation["messages"] + operation.get("reply", {}).get("messages", [])
    ]
    assert sorted(in_operations) == sorted(CONTRACT.messages)
    assert set(CONTRACT.document["channels"]["events"]["messages"]) == set(CONTRACT.messages)


def test_says_of_every_message_who_receives_it() -> None:
    explained = set(re.findall(r"^\* `([\w-]+)`: ", CONTRACT.document["info"]["description"], re.MULTILINE))
    for message in CONTRACT.messages.values():
        if message.key not in ("clientFeatureFlags", "unencodedPreviewImage"):
            assert message.definition["x-recipients"] in explained


def test_names_and_numbers_are_unambiguous() -> None:
    names = [message.event for message in TEXT_MESSAGES]
    assert len(names) == len(set(names))
    numbers = [message.number for message in CONTRACT.messages.values() if message.is_binary]
    assert numbers == [1, 2, 3, 4, None]


@pytest.mark.parametrize("message", TEXT_MESSAGES, ids=lambda message: message.key)
def test_examples_are_valid(message: Message) -> None:
    strict = EventContract(strict=True)
    for example in message.definition.get("examples", []):
        assert strict.problems(json.dumps(example["payload"])) == []


def test_objects_keep_unknown_fields() -> None:
    refusing = [place for place, value in below(CONTRACT.document) if value.get("additionalProperties") is False]
    assert refusing == []


def test_both_contracts_share_one_version() -> None:
    rest = yaml_documents.read(Path(__file__).parents[2] / "openapi" / "comfyui.yaml")
    assert CONTRACT.document["info"]["version"] == rest["info"]["version"]
