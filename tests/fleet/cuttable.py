"""A TCP proxy in front of a broker, whose connections tests can cut."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from comfy_emulator.background import stop_accepting
from tests.fleet.brokers import free_port


class Cuttable:
    """A TCP proxy whose connections can be cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.port = free_port()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def cut(self, seconds: float) -> None:
        """Cut all connections, and refuse others for a while."""
        await self.close()
        await asyncio.sleep(seconds)
        await self.listen()

    async def close(self) -> None:
        if self._server is not None:
            await stop_accepting(*self._server.sockets)
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            pair = {writer, far_writer}
            self._writers |= pair
            await asyncio.wait(
                [
                    asyncio.create_task(self._carry(reader, far_writer)),
                    asyncio.create_task(self._carry(far_reader, writer)),
                ]
            )
            self._writers -= pair

    @staticmethod
    async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def cuttable(port: int) -> AsyncIterator[Cuttable]:
    """A proxy in front of a port."""
    proxy = Cuttable(port)
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()
