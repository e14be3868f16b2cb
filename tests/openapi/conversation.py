"""Talks with a server in the contract's own words, and judges everything that is said.

Duty: note each departure from the contract, in either direction, from the status that was expected, and of what the
bindings read from what was sent. What to say is ``tests.openapi.requests``; ``tests.openapi.sending`` says it.

Refusals: nothing raises because an answer is wrong; ``Session.problems`` says so. Only waiting in vain raises.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from tests.openapi.contract import Contract, Exchange
from tests.openapi.sending import UNSENT, Answer, Form, Request, Send, Value

T = TypeVar("T")


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
