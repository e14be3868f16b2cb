"""A server without sockets: what each handshake comes to is written down beforehand, and time stands still."""

import asyncio

from comfy_ws import Connection, ConnectionLostError, Handshake, HandshakeRejectedError

HANDSHAKE = Handshake("ws://host/ws")


class ScriptedConnection:
    """A socket that says what a test has it say."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[str | None] = asyncio.Queue()

    def tell(self, frame: str) -> None:
        self._frames.put_nowait(frame)

    async def recv(self) -> str:
        frame = await self._frames.get()
        if frame is None:
            raise ConnectionLostError("dropped")
        return frame

    async def send(self, message: str) -> None:
        pass

    async def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        self._frames.put_nowait(None)


class ScriptedServer:
    """Opens a socket at each handshake, or answers with the status that is next in `answers`."""

    def __init__(self) -> None:
        self.handshakes = 0
        self.answers: list[int | Exception] = []
        self.connections: list[ScriptedConnection] = []

    async def __call__(self, handshake: Handshake) -> Connection:
        self.handshakes += 1
        await asyncio.sleep(0)
        if self.answers:
            answer = self.answers.pop(0)
            raise HandshakeRejectedError(handshake.url, answer) if isinstance(answer, int) else answer
        self.connections.append(ScriptedConnection())
        return self.connections[-1]


class Clock:
    """The time of an event loop, which passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now
