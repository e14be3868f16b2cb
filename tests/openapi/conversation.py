"""Talks with a server in the contract's own words, and judges everything that is said.

Duty: turn an operation and its values into a request, send it (as plain HTTP or through the generated bindings), and
note each departure from the contract, in either direction, from the status that was expected, and of what the bindings
read from what was sent. What to say is ``tests.openapi.requests``.

Refusals: nothing raises because an answer is wrong; ``Session.problems`` says so. Only waiting in vain raises.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

import httpx
from comfy_rest import Client, errors, models
from comfy_rest.types import File

from tests.openapi.bindings import module_of, plain, read_answer
from tests.openapi.contract import Contract, Exchange
from tests.openapi.document import Operation

T = TypeVar("T")

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


@dataclass
class Session:
    """One conversation with one server.

    Attributes:
        contract: What everything is judged by.
        send: How requests travel.
        version: Version of the server.
        assets: Whether the server has assets switched on.
        multi_user: Whether the server tells users apart.
        shared: Whether the server has other uses: then nothing lasting, costly or common to all may be asked of it.
        user: Who is asking, where the server wants to know.
        problems: Everything that was wrong.
        answered: Operation and status of each answer.
        succeeded: Operations that were done as asked, with a status that the contract knows.
        missing: Operations that this server is too old for, and said so.
    """

    contract: Contract
    send: Send
    version: str
    assets: bool
    multi_user: bool
    shared: bool
    user: str | None = None
    problems: list[str] = field(default_factory=list)
    answered: set[tuple[str, int]] = field(default_factory=set)
    succeeded: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)

    def has(self, operation_id: str) -> bool:
        """Tell whether the server has an operation."""
        return self.contract.operations[operation_id].is_in(self.version)

    @property
    def is_old(self) -> bool:
        """Whether the server is of the generation before jobs and assets."""
        return not self.has("cancelJobs")

    def ask(
        self,
        operation_id: str,
        parameters: Mapping[str, Value] | None = None,
        *,
        status: int | tuple[int, ...] = 200,
        json: object = UNSENT,
        content: bytes | None = None,
        form: Form | None = None,
        is_wrong: bool = False,
    ) -> Answer:
        """Ask something and judge the answer.

        Args:
            operation_id: What to ask.
            parameters: Values by the names in the contract. The user is added where the operation takes one;
                give None as ``Comfy-User`` to leave that out.
            status: The status to expect, or several if it depends on what else the server is used for. A server
                that is too old, or has assets off, is expected to say so instead.
            json: A JSON body.
            content: A body as it is.
            form: A multipart body.
            is_wrong: Whether the request is against the contract on purpose although the server does not mind.

        Returns:
            The answer; one with status 0 and no content if the request can't be sent this way.
        """
        operation = self.contract.operations[operation_id]
        given: dict[str, Value] = dict(parameters or {})
        takes_user = any(parameter["name"] == "Comfy-User" for parameter, _ in self.contract.parameters(operation))
        if takes_user and self.user is not None:
            given.setdefault("Comfy-User", self.user)
        body: object = json if json is not UNSENT else content if content is not None else form
        if body is None and json is UNSENT:
            body = UNSENT
        request = Request(operation, given, body, is_json=json is not UNSENT)
        answer = self.send(request)
        if answer is None:
            return Answer(0, None, b"", None)
        self._judge(request, answer, (status,) if isinstance(status, int) else status, is_wrong=is_wrong)
        return answer

    def _judge(self, request: Request, answer: Answer, expected: tuple[int, ...], *, is_wrong: bool) -> None:
        operation = request.operation
        asked = request.exchange(self.contract)
        exchange = Exchange(
            asked.method,
            asked.target,
            answer.status,
            None if is_wrong else asked.request_body,
            asked.request_content_type,
            answer.content_type,
            answer.content,
        )
        self.problems += self.contract.problems(exchange, version=self.version)
        if not operation.is_in(self.version):
            self.missing.add(operation.operation_id)
            return
        name = f"{operation.operation_id} {asked.target}"
        if operation.tag == "assets" and not self.assets:
            expected = (503,)
        if answer.status not in expected:
            self.problems.append(f"{name}: {answer.status} came instead of {expected}: {answer.content[:200]!r}")
        if asked.method != "head" and (problem := answer.reading_problem()):
            self.problems.append(f"{name} -> {answer.status}: {problem}")
        self.answered.add((operation.operation_id, answer.status))
        if answer.status < 300 and str(answer.status) in self.contract.responses(operation):
            self.succeeded.add(operation.operation_id)

    def until(self, found: Callable[[], T | None], what: str, seconds: float = 60) -> T:
        """Ask again and again, until something is found.

        Raises:
            AssertionError: Time is up.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (result := found()) is not None:
                return result
            time.sleep(0.02)
        raise AssertionError(f"waited {seconds} s in vain for {what}; until then: {self.problems}")
