"""Judges one websocket message by the event contract.

Duty: load ``openapi/comfyui-ws.yaml``, find the message that a frame is, take binary frames apart by their
``x-binary-layout`` alone, and list everything in which a frame departs from the contract. Whoever has a frame, from a
recording, a live server or an emulator, asks ``EventContract.problems``.

Refusals: no I/O but reading the contract, no exception for a frame that is wrong (that is what the list is for), and
no knowledge of `comfy_ws`, whose decoder is judged by the same document elsewhere.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from tests import yaml_documents

CONTRACT_PATH = Path(__file__).resolve().parents[2] / "openapi" / "comfyui-ws.yaml"

_DOCUMENT = "urn:comfyui-ws"
_SIGNATURES = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}


@dataclass(frozen=True)
class Message:
    """One message of the contract.

    Attributes:
        key: Its name among the components.
        event: The `type` of a text message; None for one that may have any.
        number: The type number of a binary message; None for text and for one that may have any.
        definition: All of it.
    """

    key: str
    event: str | None
    number: int | None
    definition: Mapping[str, Any]

    @property
    def is_binary(self) -> bool:
        """Whether it is a binary message."""
        return "x-binary-layout" in self.definition

    @property
    def since(self) -> str | None:
        """The earliest release known to send it, if not all do."""
        found: str | None = self.definition.get("x-comfyui-since")
        return found


class EventContract:
    """The contract, ready to be asked.

    Args:
        version: Of the server that is judged: what the contract says is newer counts as not documented.
        strict: Whether a field that is not documented is a problem. For a client it is none.
    """

    def __init__(self, path: Path = CONTRACT_PATH, *, version: str | None = None, strict: bool = False) -> None:
        self.document: dict[str, Any] = yaml_documents.read(path)
        judged = copy.deepcopy(self.document)
        if version is not None:
            _forget_newer(judged, version)
        if strict:
            _close(judged)
        self._judged = judged
        self._registry: Registry[Any] = Registry().with_resource(_DOCUMENT, DRAFT7.create_resource(judged))
        self.messages = {key: _message(key, each) for key, each in self.document["components"]["messages"].items()}
        sent = [self.messages[key] for key in judged["components"]["messages"] if key != "clientFeatureFlags"]
        self._events = {each.event: each for each in sent if not each.is_binary}
        self._numbers = {each.number: each for each in sent if each.is_binary}

    def message_of(self, frame: str | bytes) -> Message | None:
        """Find which message a frame is; None if it is none at all."""
        if isinstance(frame, bytes):
            if len(frame) < 4:
                return None
            return self._numbers.get(int.from_bytes(frame[:4], "big"), self._numbers[None])
        try:
            name = json.loads(frame)["type"]
        except (ValueError, TypeError, KeyError):
            return None
        return self._events.get(name, self._events[None]) if isinstance(name, str) else None

    def problems(self, frame: str | bytes) -> list[str]:
        """List in what a frame departs from the contract; empty if all is well."""
        message = self.message_of(frame)
        if message is None:
            return ["neither a text message with a type nor a binary one with a number"]
        found = (
            self._binary_problems(message, frame) if isinstance(frame, bytes) else self._text_problems(message, frame)
        )
        return [f"{message.key}: {problem}" for problem in found]

    def take_apart(self, message: Message, frame: bytes) -> dict[str, Any]:
        """Give the parts of a binary frame by name, read by the layout of its message.

        Raises:
            ValueError: The frame does not fit the layout.
        """
        parts: dict[str, Any] = {}
        rest = frame
        for part in message.definition["x-binary-layout"]:
            if part["as"] == "u32":
                size = 4
            elif part["as"] == "bytes":
                size = len(rest) if part["length"] == "rest" else parts[part["length"]]
            else:
                raise ValueError(f"the layout has no kind of part {part['as']}")
            if size > len(rest):
                raise ValueError(f"{part['name']} wants {size} bytes of {len(rest)}")
            taken, rest = rest[:size], rest[size:]
            parts[part["name"]] = int.from_bytes(taken, "big") if part["as"] == "u32" else _read(taken, part)
        if rest:
            raise ValueError(f"{len(rest)} bytes are left over")
        return parts

    def data_schema(self, message: Message) -> Mapping[str, Any]:
        """Give the schema of a text message's `data`, or of a binary one's metadata; empty if there is none."""
        if message.is_binary:
            schemas = [part["schema"] for part in message.definition["x-binary-layout"] if "schema" in part]
            schema: Mapping[str, Any] = schemas[0] if schemas else {}
        else:
            schema = message.definition["payload"]["properties"]["data"]
        return self.resolved(schema)

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow a reference within the document, if the schema is one."""
        reference = schema.get("$ref")
        if reference is None:
            return schema
        found: Any = self.document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        resolved: Mapping[str, Any] = found
        return resolved

    def _text_problems(self, message: Message, frame: str) -> Iterator[str]:
        value = json.loads(frame)
        yield from (f"unexpected member {name}" for name in value.keys() - {"type", "data"})
        yield from self._value_problems(f"/components/messages/{message.key}/payload", value)

    def _binary_problems(self, message: Message, frame: bytes) -> Iterator[str]:
        if message.definition["x-recipients"] == "nobody":
            yield "this message never travels"
        try:
            parts = self.take_apart(message, frame)
        except ValueError as error:
            yield str(error)
            return
        image_type: str | None = None
        for index, part in enumerate(message.definition["x-binary-layout"]):
            value = parts[part["name"]]
            if "enum" in part:
                image_type = part["meanings"].get(str(value))
                if value not in part["enum"]:
                    yield f"{part['name']} is {value}"
            if "schema" in part:
                image_type = value.get("image_type") if isinstance(value, dict) else None
                pointer = f"/components/messages/{message.key}/x-binary-layout/{index}/schema"
                yield from self._value_problems(pointer, value)
            if part.get("encoding") == "image" and not value.startswith(_SIGNATURES.get(str(image_type), b"?")):
                yield f"the picture is no {image_type}"

    def _value_problems(self, pointer: str, value: object) -> Iterator[str]:
        validator = Draft7Validator({"$ref": f"{_DOCUMENT}#{pointer}"}, registry=self._registry)
        for error in validator.iter_errors(value):
            yield f"{error.json_path}: {error.message[:300]}"


def _message(key: str, definition: Mapping[str, Any]) -> Message:
    if layout := definition.get("x-binary-layout"):
        return Message(key, None, layout[0].get("const"), definition)
    return Message(key, definition["payload"]["properties"]["type"].get("const"), None, definition)


def _read(taken: bytes, part: Mapping[str, Any]) -> Any:
    # Both raise a ValueError for what is none.
    match part.get("encoding"):
        case "utf-8":
            return taken.decode()
        case "json":
            return json.loads(taken.decode())
    return taken


def _forget_newer(value: Any, version: str) -> None:
    """Take out of a document what is newer than a version."""
    if isinstance(value, list):
        for inner in value:
            _forget_newer(inner, version)
    elif isinstance(value, dict):
        for name in list(value):
            inner = value[name]
            since = inner.get("x-comfyui-since") if isinstance(inner, dict) else None
            if since is not None and version_key(since) > version_key(version):
                del value[name]
            else:
                _forget_newer(inner, version)


def _close(value: Any) -> None:
    """Let all objects whose fields are listed refuse others."""
    if isinstance(value, list):
        for inner in value:
            _close(inner)
    elif isinstance(value, dict):
        kinds = value.get("type")
        if "object" in (kinds if isinstance(kinds, list) else [kinds]) and isinstance(value.get("properties"), dict):
            value.setdefault("additionalProperties", False)
        for inner in value.values():
            _close(inner)


def version_key(version: str) -> tuple[int, ...]:
    """Give what orders versions."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
