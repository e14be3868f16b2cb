"""Just enough HTTP/1.1 to see where a message begins and ends, for a proxy that passes messages on unchanged.

Requests carry `Content-Length` or nothing; answers may be chunked too, or end with their connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from attrs import frozen

PIECE = 64 * 1024
"""The most that is read at once, in bytes."""


@frozen
class Head:
    """The first line and the headers of a message, as bytes and as values."""

    raw: bytes
    first_line: tuple[str, str, str]
    headers: dict[str, str]

    @property
    def method(self) -> str:
        """The method of a request."""
        return self.first_line[0]

    @property
    def path(self) -> str:
        """The path of a request, without query."""
        return self.first_line[1].partition("?")[0]

    @property
    def status(self) -> int:
        """The status of an answer."""
        return int(self.first_line[1])

    @property
    def length(self) -> int | None:
        """How long the body is, where the head says so."""
        value = self.headers.get("content-length")
        return None if value is None else int(value)

    @property
    def is_chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return self.headers.get("transfer-encoding", "").lower() == "chunked"

    @property
    def ends_connection(self) -> bool:
        """Whether nothing follows this message."""
        return self.headers.get("connection", "").lower() == "close"


async def read_head(reader: asyncio.StreamReader) -> Head:
    """Read the head of a message; `IncompleteReadError` where there is none."""
    raw = await reader.readuntil(b"\r\n\r\n")
    lines = raw.decode("latin-1").split("\r\n")
    words = lines[0].split(" ", 2)
    fields = (line.partition(":") for line in lines[1:] if line)
    return Head(
        raw,
        (words[0], words[1], words[2] if len(words) > 2 else ""),
        {name.strip().lower(): value.strip() for name, _, value in fields},
    )


async def body_pieces(reader: asyncio.StreamReader, answer: Head) -> AsyncIterator[bytes]:
    """Yield the body of an answer, as it came on the wire."""
    if answer.status in (204, 304):
        return
    if answer.is_chunked:
        while True:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            yield line + await reader.readexactly(size + 2)
            if size == 0:
                return
    elif answer.length is not None:
        left = answer.length
        while left:
            piece = await reader.read(min(left, PIECE))
            if not piece:
                raise asyncio.IncompleteReadError(b"", left)
            left -= len(piece)
            yield piece
    else:
        while piece := await reader.read(PIECE):
            yield piece


def plain_answer(status: int) -> bytes:
    """Make an answer such as a proxy gives of its own accord."""
    body = f"{status}: an answer of the proxy".encode()
    head = (f"HTTP/1.1 {status} Chaos", "Content-Type: text/plain", f"Content-Length: {len(body)}", "Connection: close")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
