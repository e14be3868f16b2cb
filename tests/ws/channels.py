"""A channel that leaves nothing behind, and a listener whose events a test can wait for."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from comfy_ws import Event, EventChannel, Reconnected, StreamError
from tests.ws.sockets import PATIENCE, QUICK, LocalServer, eventually, other_tasks


class Hearer:
    """Listens to a channel and lets a test wait for what comes."""

    def __init__(self, channel: EventChannel) -> None:
        self.sizes: list[int] = []
        self.ends: list[StreamError | None] = []
        self.ended = asyncio.Event()
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self.stop = channel.listen(self._hear, self._end)

    def _hear(self, event: Event, size: int) -> None:
        self.sizes.append(size)
        self._events.put_nowait(event)

    def _end(self, error: StreamError | None) -> None:
        self.ends.append(error)
        self.ended.set()

    async def next(self) -> Event:
        async with asyncio.timeout(PATIENCE):
            return await self._events.get()

    async def end(self) -> StreamError | None:
        async with asyncio.timeout(PATIENCE):
            await self.ended.wait()
        (error,) = self.ends
        return error

    def unheard(self) -> int:
        return self._events.qsize()


@contextlib.asynccontextmanager
async def opened(server: LocalServer, **options: Any) -> AsyncIterator[EventChannel]:
    """A channel with a socket, and a check that it leaves nothing behind."""
    before = other_tasks()
    channel = EventChannel(server.handshake, **{"backoff": QUICK, **options})
    await channel.open()
    try:
        yield channel
    finally:
        await channel.close()
    await server.deserted()
    await eventually(lambda: other_tasks() <= before)


async def fail(server: LocalServer, channel: EventChannel, status: int) -> None:
    """Have the server drop the socket and refuse the next one."""
    peer = await server.accepted()
    server.refusals.append((status, {}))
    peer.transport.abort()
    await eventually(lambda: channel.failure is not None)


async def fail_again(server: LocalServer, channel: EventChannel, hearer: Hearer) -> None:
    await eventually(lambda: len(server.open_sockets) == 1)
    next(iter(server.open_sockets)).transport.abort()
    event = await hearer.next()
    assert isinstance(event, Reconnected)
    assert not event.by_request
