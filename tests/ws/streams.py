"""The next event of a stream and all that are left, each waited for with a limit."""

import asyncio

from comfy_ws import Event, EventStream
from tests.ws.sockets import PATIENCE


async def next_of(stream: EventStream) -> Event:
    async with asyncio.timeout(PATIENCE):
        return await anext(stream)


async def all_of(stream: EventStream) -> list[Event]:
    async with asyncio.timeout(PATIENCE):
        return [event async for event in stream]
