"""Judges one HTTP exchange by the REST contract.

Duty: list everything in which an exchange departs from ``openapi/comfyui.yaml``. Whoever has an exchange, from a
recording, a live server or an emulator, asks ``Contract.problems``.

Refusals: no I/O but reading the contract, no opinion about what a server should have answered, and no exception for
an exchange that is wrong: that is what the list is for. Headers are left to other tests, apart from content types.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.openapi.document import CONTRACT_PATH, ContractDocument, Operation, escape

_DOCUMENT = "urn:comfyui"

Form = Mapping[str, str | bytes | Sequence[str]]
"""The fields of a multipart body; a file is given as its bytes."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as far as they are known.

    Attributes:
        method: In any case.
        target: Path and query as sent, percent-encoded; with or without the ``/api`` prefix.
        status: Status of the answer.
        request_body: Bytes, or the fields of a multipart body; None if nothing was sent.
        request_content_type: None if it is not known; then the body is judged as what the operation expects.
        response_content_type: None if the answer had none.
        response_body: None if it is not known, because a recording left it out or cut it off.
    """

    method: str
    target: str
    status: int
    request_body: bytes | Form | None = None
    request_content_type: str | None = None
    response_content_type: str | None = None
    response_body: bytes | None = None


class Contract(ContractDocument):
    """The contract, ready to be asked."""

    def __init__(self, path: Path = CONTRACT_PATH) -> None:
        super().__init__(path)
        self._registry: Registry[Any] = Registry().with_resource(_DOCUMENT, DRAFT202012.create_resource(self.document))

    def problems(self, exchange: Exchange, *, version: str | None = None) -> list[str]:
        """List in what an exchange departs from the contract.

        A request that was answered with 400 or more may be wrong on purpose; only its answer is judged.

        Args:
            exchange: The exchange.
            version: Version of the server. An operation that it does not have yet must be answered as missing.

        Returns:
            One line for each problem; empty if all is well.
        """
        found = self.find(exchange.method, exchange.target)
        name = f"{exchange.method.upper()} {exchange.target} -> {exchange.status}"
        if found is None:
            return [f"{name}: the contract has no such operation"]
        operation, path_values = found
        if version is not None and not operation.is_in(version):
            problems = list(_problems_of_missing_operation(exchange))
        else:
            problems = []
            if exchange.status < 400:
                problems += self._request_problems(operation, path_values, exchange)
            problems += self._response_problems(operation, exchange)
        return [f"{name} ({operation.operation_id}): {problem}" for problem in problems]

    def request_problems(self, exchange: Exchange) -> list[str]:
        """List in what a request departs from the contract, whatever its answer."""
        found = self.find(exchange.method, exchange.target)
        return (
            ["the contract has no such operation"] if found is None else list(self._request_problems(*found, exchange))
        )

    def schema_problems(self, schema_name: str, value: object) -> list[str]:
        """List in what a value departs from a schema of the contract."""
        return list(self._value_problems(f"/components/schemas/{schema_name}", value))

    def _request_problems(
        self, operation: Operation, path_values: Mapping[str, str], exchange: Exchange
    ) -> Iterator[str]:
        query: dict[str, list[str]] = {}
        for name, text in parse_qsl(urlsplit(exchange.target).query, keep_blank_values=True):
            query.setdefault(name, []).append(text)
        for parameter, pointer in self.parameters(operation):
            name = parameter["name"]
            if parameter["in"] == "path":
                texts = [path_values[name]]
            elif parameter["in"] == "query":
                texts = query.pop(name, [])
            else:
                continue
            if not texts:
                if parameter.get("required"):
                    yield f"the query lacks {name}"
                continue
            value = _from_texts(texts, parameter["schema"])
            yield from (f"parameter {name}: {problem}" for problem in self._value_problems(pointer, value))
        yield from (f"unknown query parameter {name}" for name in query)
        yield from self._request_body_problems(operation, exchange)

    def _request_body_problems(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        declared = operation.definition.get("requestBody")
        body = exchange.request_body
        if declared is None:
            if body:
                yield "a body was sent, but the operation takes none"
            return
        if body is None:
            if declared.get("required"):
                yield "the operation takes a body, but none was sent"
            return
        content: Mapping[str, Any] = declared["content"]
        if exchange.request_content_type is None:
            media_type: str | None = next(iter(content))
        else:
            media_type = _best_match(exchange.request_content_type, content)
        if media_type is None:
            yield f"the operation takes no {exchange.request_content_type}, but {', '.join(content)}"
            return
        pointer = f"{operation.pointer}/requestBody/content/{escape(media_type)}/schema"
        if media_type == "multipart/form-data":
            if isinstance(body, bytes):
                yield "give the fields of a multipart body, not its bytes"
                return
            schema, _ = self.resolve(content[media_type]["schema"], pointer)
            yield from (f"body: {problem}" for problem in self._value_problems(pointer, _from_form(body, schema)))
        elif not isinstance(body, bytes):
            yield f"fields were sent, but the operation takes {media_type}"
        elif media_type == "application/json":
            yield from (f"body: {problem}" for problem in self._json_problems(pointer, body))

    def _response_problems(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        responses = self.responses(operation)
        if str(exchange.status) not in responses:
            yield f"the contract knows only {', '.join(responses)}"
            return
        response, pointer = responses[str(exchange.status)]
        content: Mapping[str, Any] = response.get("content", {})
        body = exchange.response_body
        if not content:
            if body:
                yield f"the answer has no content by contract, but {len(body)} bytes came"
            elif exchange.response_content_type and body is None:
                yield f"the answer has no content by contract, but {exchange.response_content_type} came"
            return
        if exchange.method.upper() == "HEAD":
            return
        if exchange.response_content_type is None:
            yield f"the answer has no content type, but should be {', '.join(content)}"
            return
        media_type = _best_match(exchange.response_content_type, content)
        if media_type is None:
            yield f"the answer is {exchange.response_content_type}, but should be {', '.join(content)}"
            return
        if media_type == "application/json" and body is not None:
            pointer = f"{pointer}/content/{escape(media_type)}/schema"
            yield from (f"answer: {problem}" for problem in self._json_problems(pointer, body))

    def _json_problems(self, pointer: str, body: bytes) -> Iterator[str]:
        try:
            value = json.loads(body)
        except ValueError as error:
            yield f"not JSON: {error}"
            return
        yield from self._value_problems(pointer, value)

    def _value_problems(self, pointer: str, value: object) -> Iterator[str]:
        validator = Draft202012Validator({"$ref": f"{_DOCUMENT}#{pointer}"}, registry=self._registry)
        for error in validator.iter_errors(value):
            message = error.message if len(error.message) <= 300 else f"{error.message[:300]}..."
            yield f"{error.json_path}: {message}"


def _problems_of_missing_operation(exchange: Exchange) -> Iterator[str]:
    """Judge the answer of a server that is too old for the operation.

    It is the router's answer, or that of the folder of the web interface, which is served at every path left over.
    """
    if exchange.status not in (404, 405):
        yield "the server is too old for this operation, which should be a 404 or 405"
    elif exchange.response_body and _media_type(exchange.response_content_type or "") != "text/plain":
        yield f"a missing operation was answered with {exchange.response_content_type}"


def _from_texts(texts: Sequence[str], schema: Mapping[str, Any]) -> object:
    """Read parameter texts as the schema's type; what can't be read stays text, so that the schema complains."""
    if schema.get("type") == "array":
        return list(texts)
    text = texts[-1]
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if schema.get("type") == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


def _from_form(form: Form, schema: Mapping[str, Any]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, field in form.items():
        if isinstance(field, bytes):
            # A schema knows no bytes; that a file is there is all that can be judged.
            fields[name] = ""
        else:
            texts = [field] if isinstance(field, str) else list(field)
            fields[name] = _from_texts(texts, schema.get("properties", {}).get(name, {}))
    return fields


def _best_match(content_type: str, declared: Mapping[str, Any]) -> str | None:
    media_type = _media_type(content_type)
    for candidate in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if candidate in declared:
            return candidate
    return None


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
