"""A small real websocket server on loopback that the tests of this folder speak through."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from comfy_ws import Backoff, Handshake

QUICK = Backoff(initial=0.001, maximum=0.01, jitter=0)
"""Delays that cost a test no time."""

PATIENCE = 10.0
"""Seconds after which a test that waits in vain fails."""

SECRETS = {"Authorization": "Bearer secret", "Cookie": "secret=1", "X-Api-Key": "secret"}
"""Headers that nothing may show."""


def text(name: str, data: Any) -> str:
    """A text frame as the server writes it."""
    return json.dumps({"type": name, "data": data})


class LocalServer:
    """What the server saw, and what it shall do with the next handshakes."""

    def __init__(self) -> None:
        self.port = 0
        self.scheme = "ws"
        self.requests: list[Request] = []
        self.refusals: list[tuple[int, Mapping[str, str]]] = []
        """Answers to the next handshakes in place of a websocket."""
        self.greetings: list[str] = []
        """First text frame of each accepted socket."""
        self.open_sockets: set[ServerConnection] = set()
        self._accepted: asyncio.Queue[ServerConnection] = asyncio.Queue()
        self._left = asyncio.Condition()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/ws?clientId=test"

    @property
    def handshake(self) -> Handshake:
        return Handshake(self.url)

    async def accepted(self) -> ServerConnection:
        """Wait for the next socket that has said its feature flags."""
        async with asyncio.timeout(PATIENCE):
            return await self._accepted.get()

    async def deserted(self) -> None:
        """Wait until no socket is open."""
        async with asyncio.timeout(PATIENCE), self._left:
            await self._left.wait_for(lambda: not self.open_sockets)

    async def handle(self, socket: ServerConnection) -> None:
        self.open_sockets.add(socket)
        try:
            greeting = await socket.recv()
            self.greetings.append(str(greeting))
            self._accepted.put_nowait(socket)
            async for _ in socket:
                pass
        except ConnectionClosed:
            pass
        finally:
            self.open_sockets.discard(socket)
            async with self._left:
                self._left.notify_all()

    def answer(self, socket: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        if not self.refusals:
            return None
        status, headers = self.refusals.pop(0)
        response = socket.respond(HTTPStatus(status), "no websocket here\n")
        for name, value in headers.items():
            response.headers[name] = value
        return response


@contextlib.asynccontextmanager
async def local_server(*, tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncGenerator[LocalServer]:
    """Serve websockets for as long as the block lasts."""
    local = LocalServer()
    async with serve(
        local.handle, "127.0.0.1", port, ssl=tls, process_request=local.answer, max_size=None, close_timeout=0.2
    ) as server:
        local.port = next(iter(server.sockets)).getsockname()[1]
        local.scheme = "wss" if tls else "ws"
        yield local


def other_tasks() -> set["asyncio.Task[Any]"]:
    """The tasks of the running loop besides the caller's."""
    return asyncio.all_tasks() - {asyncio.current_task()}


class Sleeper:
    """A `sleep` without waiting, which notes what it was asked for."""

    def __init__(self) -> None:
        self.delays: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.delays.append(seconds)


async def eventually(condition: Callable[[], bool]) -> None:
    """Give the loop its turns until something is true that nobody announces."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.001)
