"""Requests as a proxy saw them, and what a test lets it answer itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from multidict import CIMultiDict


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    target: str
    headers: CIMultiDict[str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def is_handshake(self) -> bool:
        return self.headers.get("Upgrade", "").lower() == "websocket"


@dataclass(frozen=True)
class Answer:
    """What a reverse proxy answers itself instead of asking the server."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    """Whether to break the connection in the middle of the body, or before any answer if there is no body."""


Check = Callable[[Seen], "Answer | int | None"]
"""Looks at a request before it is passed on: an answer or a status to give instead, or `None` to let it pass."""
