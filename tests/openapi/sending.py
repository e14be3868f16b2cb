"""Sends one request that is put in the contract's words, as plain HTTP or through the generated bindings.

Duty: turn an operation and its values into a request, and give what came back with what the bindings read of it.
Refusals: no judgement of either; that is ``tests.openapi.conversation``.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlencode

import httpx
from comfy_rest import Client, errors, models
from comfy_rest.types import File

from tests.openapi.bindings import module_of, plain, read_answer
from tests.openapi.contract import Contract, Exchange
from tests.openapi.document import Operation

UNSENT: Final = object()
"""Stands where a body could be: null is one."""

UNREAD: Final = object()
"""Stands for what the bindings could not read."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a form."""

    name: str
    content: bytes


Value: TypeAlias = str | int | bool | Sequence[str] | None
Form: TypeAlias = Mapping[str, str | Upload | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, not sent yet.

    Attributes:
        operation: What is asked.
        parameters: Values by the names in the contract; those that are None are left out.
        body: A JSON value, the bytes of a body, a form, or ``UNSENT``.
        is_json: Whether the body is a JSON value.
    """

    operation: Operation
    parameters: Mapping[str, Value]
    body: object = UNSENT
    is_json: bool = False

    def sorted_parameters(self, contract: Contract) -> dict[str, dict[str, Value]]:
        """Give the values by place: path, query and header."""
        places = {parameter["name"]: parameter["in"] for parameter, _ in contract.parameters(self.operation)}
        found: dict[str, dict[str, Value]] = {"path": {}, "query": {}, "header": {}}
        for name, value in self.parameters.items():
            if value is not None:
                found[places[name]][name] = value
        return found

    def exchange(self, contract: Contract) -> Exchange:
        """Give the request as an exchange that has no answer yet."""
        places = self.sorted_parameters(contract)
        target = self.operation.path.format_map(
            {name: quote(str(value), safe="") for name, value in places["path"].items()}
        )
        if places["query"]:
            texts = {name: _text(value) for name, value in places["query"].items()}
            target = f"{target}?{urlencode(texts, doseq=True)}"
        body: Any = None
        content_type = None
        if self.is_json:
            body, content_type = json.dumps(self.body).encode(), "application/json"
        elif isinstance(self.body, Mapping):
            body = {name: each.content if isinstance(each, Upload) else each for name, each in self.body.items()}
            content_type = "multipart/form-data"
        elif isinstance(self.body, bytes):
            declared = self.operation.definition.get("requestBody", {}).get("content", {})
            body, content_type = self.body, next(iter(declared), "application/octet-stream")
        return Exchange(self.operation.method, target, 0, body, content_type)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and what the bindings make of it."""

    status: int
    content_type: str | None
    content: bytes
    read: object

    def json(self) -> Any:
        """Give the JSON of a success; None if this is something else."""
        is_json = self.status < 400 and (self.content_type or "").startswith("application/json")
        return json.loads(self.content) if is_json else None

    def reading_problem(self) -> str | None:
        """Say what the bindings lost or added in reading, if anything."""
        if self.read is UNREAD:
            return "the bindings can't read the answer"
        found = plain(self.read)
        expected: object = self.content
        if isinstance(found, bytes):
            # A file; it may well hold JSON.
            pass
        elif not self.content:
            expected = None
        elif (self.content_type or "").startswith("application/json"):
            expected = json.loads(self.content)
        else:
            expected = self.content.decode(errors="replace")
        return None if type(found) is type(expected) and found == expected else "reading changed the answer"


Send: TypeAlias = Callable[[Request], Answer | None]
"""Sends a request; gives None if it can't be put into these words."""


def over_http(client: httpx.Client, contract: Contract) -> Send:
    """Send requests as they are, bad ones too."""

    def send(request: Request) -> Answer | None:
        exchange = request.exchange(contract)
        headers = {name: str(value) for name, value in request.sorted_parameters(contract)["header"].items()}
        if isinstance(exchange.request_body, bytes) and exchange.request_content_type:
            headers["Content-Type"] = exchange.request_content_type
        response = client.request(
            exchange.method,
            exchange.target,
            headers=headers,
            content=exchange.request_body if isinstance(exchange.request_body, bytes) else None,
            files=_parts(request.body) if isinstance(request.body, Mapping) and not request.is_json else None,
        )
        try:
            read = read_answer(request.operation, response)
        except errors.UnexpectedStatus:
            read = UNREAD
        return Answer(response.status_code, response.headers.get("Content-Type"), response.content, read)

    return send


def through_bindings(client: Client, contract: Contract) -> Send:
    """Send what the contract allows with the generated functions, which is all that they are for."""

    def send(request: Request) -> Answer | None:
        exchange = request.exchange(contract)
        if contract.request_problems(exchange):
            return None
        values = {name: value for name, value in request.parameters.items() if value is not None}
        body = {} if request.body is UNSENT else {"body": _bound_body(request)}
        response = _call(module_of(request.operation).sync_detailed, values, client=client, **body)
        return Answer(response.status_code, response.headers.get("Content-Type"), response.content, response.parsed)

    return send


def _bound_body(request: Request) -> object:
    content = request.operation.definition["requestBody"]["content"]
    name = next(iter(content.values()))["schema"].get("$ref", "").rpartition("/")[2]
    model: Any = getattr(models, name) if name in models.__all__ else None
    if isinstance(request.body, bytes):
        return File(payload=BytesIO(request.body))
    if request.is_json:
        return request.body if model is None else model.from_dict(request.body)
    assert isinstance(request.body, Mapping)
    return _call(model, {name: _bound_field(each) for name, each in request.body.items()})


def _call(function: Callable[..., Any], values: Mapping[str, object], **more: object) -> Any:
    """Call a generated function with values by the names in the contract."""
    taken = inspect.signature(function).parameters
    arguments = {}
    for name, value in values.items():
        python_name = name.lower().replace("-", "_")
        # Names that Python has taken get an underscore behind.
        arguments[python_name if python_name in taken else f"{python_name}_"] = value
    return function(**arguments, **more)


def _bound_field(value: object) -> object:
    if isinstance(value, Upload):
        return File(payload=BytesIO(value.content), file_name=value.name, mime_type="application/octet-stream")
    return value


def _parts(form: Mapping[str, Any]) -> list[tuple[str, Any]]:
    parts: list[tuple[str, Any]] = []
    for name, value in form.items():
        if isinstance(value, Upload):
            parts.append((name, (value.name, value.content)))
        else:
            parts += [(name, (None, text)) for text in ([value] if isinstance(value, str) else value)]
    return parts


def _text(value: Value) -> object:
    return str(value).lower() if isinstance(value, bool) else value
