"""The connections that a proxy holds: of which kind each is, whether it flows, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from attrs import define, field

Kind = Literal["websocket", "rest", "all"]
"""At which connections a fault is aimed."""

_ESTABLISHED = 1
_LONGEST_LINE = 100_000


@define
class Weather:
    """How connections of one kind fare.

    Attributes:
        delay: How long each piece is held back, in seconds.
        bytes_per_second: How much is passed on; 0 for all there is.
        corruption: How likely it is that a byte of a piece is spoiled, from 0 to 1.
    """

    delay: float = 0.0
    bytes_per_second: float = 0.0
    corruption: float = 0.0


def fair_weather() -> dict[str, Weather]:
    """Connections of every kind, unharmed."""
    return {"websocket": Weather(), "rest": Weather(), "new": Weather()}


class Line:
    """One direction of a websocket: pieces that are held back do not hold up those behind them."""

    def __init__(self, deliver: Callable[[bytes], Coroutine[Any, Any, None]]) -> None:
        self._deliver = deliver
        self._waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_LONGEST_LINE)
        self._task: asyncio.Task[None] | None = None

    async def send(self, data: bytes, delay: float) -> None:
        if not delay and self._task is None:
            await self._deliver(data)
            return
        if self._task is None:
            self._task = asyncio.create_task(self._deliver_all())
        if self._task.done():
            raise ConnectionResetError
        await self._waiting.put((time.monotonic() + delay, data))

    async def _deliver_all(self) -> None:
        while True:
            due_at, data = await self._waiting.get()
            await asyncio.sleep(due_at - time.monotonic())
            try:
                await self._deliver(data)
            except OSError:
                return

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()


@define(eq=False)
class Connection:
    """A connection of a client, and the one to the server that belongs to it."""

    client: asyncio.StreamWriter
    kind: Literal["websocket", "rest", "new"] = "new"
    server: asyncio.StreamWriter | None = None
    keeps_server: bool = False
    is_half_closed: bool = False
    is_between_frames: bool = False
    injections: list[bytes] = field(factory=list[bytes])
    flowing: asyncio.Event = field(factory=asyncio.Event)

    def is_of(self, kind: Kind) -> bool:
        return kind == "all" or self.kind == kind

    def is_held_by_client(self) -> bool:
        """Whether the client has not closed it yet, even if nobody reads here; only Linux tells."""
        if sys.platform != "linux":
            return False  # other systems tell it otherwise, or not at all
        raw = self.client.get_extra_info("socket")
        try:
            state: int = raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        except (AttributeError, OSError):
            return False
        return state == _ESTABLISHED

    def reset(self) -> None:
        """End it with RST, on the server's side too unless that is to linger."""
        reset(self.client)
        if self.server is not None and not self.keeps_server:
            reset(self.server)


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with RST."""
    raw = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
