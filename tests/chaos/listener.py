"""The proxy's port: kept as long as the proxy runs, and open or closed meanwhile, so that clients are refused.

Everything here is for the loop's thread alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Awaitable, Callable

# Elsewhere two sockets hold a port only if both may listen there; there, nothing keeps the port while it is closed.
_TWO_SOCKETS_HOLD_A_PORT = sys.platform == "linux"


def _bound_to(port: int) -> socket.socket:
    bound = socket.socket()
    if sys.platform != "win32":
        # Windows would let any process take the port over with it, and has no need of it.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound


class Listener:
    """Takes up the connections to a port of its own.

    Args:
        loop: Where it runs; one with `add_reader`.
        serve: What becomes of a connection.

    Attributes:
        port: Where it listens.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    ) -> None:
        self._loop = loop
        self._serve = serve
        # It never listens: it keeps the port while the listener is closed.
        self._reservation = _bound_to(0)
        self.port: int = self._reservation.getsockname()[1]
        if not _TWO_SOCKETS_HOLD_A_PORT:
            self._reservation.close()
        self._listener: socket.socket | None = None
        self._accepted: set[socket.socket] = set()
        self._reopening: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(self) -> None:
        """Accept connections."""
        self._reopen_no_more()
        if self._listener is not None:
            return
        # An `asyncio.Server` loses connections that it is accepting while it is closed, and does not close them.
        self._listener = _bound_to(self.port)
        self._listener.setblocking(False)
        self._listener.listen(512)
        self._loop.add_reader(self._listener, self._accept)

    def listen_in(self, seconds: float) -> None:
        """Listen after some time, unless that comes about otherwise before."""
        self._reopening = self._loop.call_later(seconds, self.listen)

    def stop_listening(self) -> None:
        """Refuse connections, until `listen`."""
        self._reopen_no_more()
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    async def close(self) -> None:
        """Give up the port, and end what serves connections."""
        self.stop_listening()
        self._reservation.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # A task that was cancelled before its first step has taken nothing up.
        for raw in self._accepted:
            raw.close()
        await asyncio.sleep(0)

    def _reopen_no_more(self) -> None:
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None

    def _accept(self) -> None:
        if self._listener is None:
            return
        with contextlib.suppress(BlockingIOError, ConnectionError):
            raw, _ = self._listener.accept()
            raw.setblocking(False)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._accepted.add(raw)
            task = self._loop.create_task(self._take_up(raw))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _take_up(self, raw: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=raw, limit=1 << 20)
        self._accepted.discard(raw)
        await self._serve(reader, writer)
