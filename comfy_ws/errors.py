"""The exceptions of the event stream.

Tree::

    StreamError
    ├── ConnectFailedError       no socket: refused, unreachable, TLS, time limit
    │   └── HandshakeRejectedError   the server answered, but with no websocket
    ├── ConnectionLostError      an open socket ended
    ├── SlowConsumerError        a subscription fell too far behind
    └── StreamClosedError        the stream was closed by its owner

It holds data, and makes anew what is kept to be raised again: whether an error is worth another attempt is decided in
`comfy_ws.reconnect`. No class here keeps what was sent, and what the server answered a handshake with is shown in no
message and no repr.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from attrs import field, frozen

_KindOfError = TypeVar("_KindOfError", bound="StreamError")


class StreamError(Exception):
    """Root of everything that `comfy_ws` raises."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Python would make the copy of the message alone, which hardly any of the constructors takes.
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[_KindOfError], args: tuple[Any, ...], data: dict[str, Any]) -> _KindOfError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(data)
    return error


class ConnectFailedError(StreamError):
    """A socket could not be opened.

    Attributes:
        url: Where to, without credentials.
        reason: What went wrong, in a few words.
        is_tls: Whether TLS failed (a certificate, a protocol mismatch): another attempt would fail alike.
    """

    def __init__(self, url: str, reason: str, *, is_tls: bool = False) -> None:
        super().__init__(f"no websocket to {url}: {reason}")
        self.url = url
        self.reason = reason
        self.is_tls = is_tls


@frozen
class HandshakeAnswer:
    """The rest of what a server answered a handshake with: a challenge, perhaps. It may hold cookies and tokens.

    Attributes:
        headers: Names and values, in the order in which they came.
        body: The first part of the body.
    """

    headers: Sequence[tuple[str, str]] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)


class HandshakeRejectedError(ConnectFailedError):
    """The server answered the handshake with an ordinary HTTP response.

    Attributes:
        status: Its HTTP status.
        location: Where a redirect points to, else `None`. Redirects are not followed, for credentials would
            travel with them.
        answer: The response's headers and body, for those who can answer a challenge.
    """

    def __init__(
        self, url: str, status: int, *, location: str | None = None, answer: HandshakeAnswer | None = None
    ) -> None:
        detail = f"the server answered with status {status}"
        if location is not None:
            detail += f" (redirect to {location}; connect to that address instead)"
        super().__init__(url, detail)
        self.status = status
        self.location = location
        self.answer = answer or HandshakeAnswer()


class ConnectionLostError(StreamError):
    """An open socket ended, for whatever reason.

    Attributes:
        reason: What the transport said of it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the websocket ended: {reason}")
        self.reason = reason


class SlowConsumerError(StreamError):
    """A subscription held more unread control events than its limit, and was ended rather than emptied.

    Attributes:
        limit: The limit that was passed, in events or bytes as `unit` says.
        unit: `"events"` or `"bytes"`.
    """

    def __init__(self, limit: int, unit: str) -> None:
        super().__init__(
            f"more than {limit} unread {unit} of control events: read faster, or subscribe with a higher limit"
        )
        self.limit = limit
        self.unit = unit


class StreamClosedError(StreamError):
    """The stream was closed, so nothing more will come."""

    def __init__(self) -> None:
        super().__init__("the event stream is closed")


def anew(error: _KindOfError) -> _KindOfError:
    """Make another of an error that is kept, to be raised in its place.

    An error gathers the frames through which it is raised, and they what is in them. One that is kept and raised
    again would hold ever more of both, and those whom it reaches at the same time would spoil each other's traceback.

    Args:
        error: The error that is kept.

    Returns:
        One of the same kind with the same text, attributes and cause, which was not raised yet.
    """
    twin = _restored(type(error), error.args, error.__dict__)
    if notes := getattr(error, "__notes__", None):
        twin.__notes__ = list(notes)
    twin.__cause__ = error.__cause__
    twin.__suppress_context__ = error.__suppress_context__
    return twin
