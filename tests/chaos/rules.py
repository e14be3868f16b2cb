"""What a proxy does with the requests of a route in place of passing them on, and what it notes of each request."""

from __future__ import annotations

from attrs import define, frozen


@frozen
class LoseRequest:
    """Break the connection before the request is passed on."""


@frozen
class LateRequest:
    """Break the connection, and pass the request on only some seconds later, or when told to."""

    seconds: float | None


@frozen
class LoseAnswer:
    """Pass the request on, wait for its answer, and break the connection instead of passing that back."""


@frozen
class HoldAnswer:
    """Pass the request on and never answer; the connection stays open."""


@frozen
class Answer:
    """Answer in the server's place, with the request passed on before or not."""

    status: int
    forward: bool = False


Action = LoseRequest | LateRequest | LoseAnswer | HoldAnswer | Answer


@frozen
class SeenRequest:
    """A request that came by, websocket handshakes among them.

    Attributes:
        method: Its method.
        path: Its path, without query.
        at: When, on the monotonic clock.
        forwarded: Whether the server got it.
        prompt_id: The id in the body of a post of a prompt.
    """

    method: str
    path: str
    at: float
    forwarded: bool
    prompt_id: str | None = None


@define(eq=False)
class Rule:
    """An action, and for how many more requests of which route it is meant."""

    method: str
    path: str
    left: int
    action: Action


def matches(pattern: str, path: str) -> bool:
    """Whether a path is that of a route, be it below `/api` or not; a `*` at the end stands for anything."""
    path = path.removeprefix("/api")
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
