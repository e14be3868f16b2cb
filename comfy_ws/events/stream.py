"""What the stream adds of its own: that it was away, and what it could make no event of.

Nothing that came is left out for being odd: it is passed on as it is, and not interpreted.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from attrs import field, frozen


@frozen
class Reconnected:
    """The stream has a socket again; what was sent in between is lost, so ask over REST.

    Attributes:
        attempts: How many attempts it took.
        downtime: Seconds without a socket.
        reason: Why the last one ended.
        by_request: Whether this side dropped the last one on purpose, because it seemed deaf.
    """

    type: ClassVar[Literal["reconnected"]] = "reconnected"
    attempts: int
    downtime: float
    reason: str
    by_request: bool = False


@frozen
class UnknownEvent:
    """Something this library has no class for: an event of a custom node or of a newer server.

    Attributes:
        type: The event's name; `"binary:N"` for a binary frame of type N.
        data: The raw payload: any JSON value, or `bytes` for a binary frame.
    """

    type: str
    data: Any = field(default=None, repr=False)


@frozen
class UndecodableFrame:
    """A frame that is none: broken JSON, wrong lengths.

    Attributes:
        raw: The frame as it came.
        reason: What is wrong with it.
    """

    type: ClassVar[Literal["undecodable_frame"]] = "undecodable_frame"
    raw: str | bytes = field(repr=lambda value: f"<{len(value)} long>")
    reason: str
