"""A server of plain streams, of which nothing is left when it ends: neither a task nor an open socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from comfy_emulator.background import stop_accepting


@contextlib.asynccontextmanager
async def serving(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Serve connections for as long as the block lasts.

    Args:
        handle: What to do with each; it is closed afterwards.

    Yields:
        The port on 127.0.0.1.
    """
    handlers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def handle_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError):
            try:
                await handle(reader, writer)
            finally:
                writer.close()
                await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers[asyncio.create_task(handle_and_close(reader, writer))] = writer

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        await stop_accepting(*server.sockets)
        server.close()
        for task, writer in handlers.items():
            # Here too, for a task that is cancelled before its first step closes nothing.
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        # The sockets are closed in the turn after the one in which that was asked for.
        await asyncio.sleep(0)
