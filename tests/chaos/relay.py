"""What the proxy does in its event loop with each connection: passes on what comes, and makes it go wrong.

What is to go wrong stands in its attributes, which `Proxy` sets; everything here is for the loop's thread alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import random
import time
from collections import Counter, deque
from typing import Literal

from tests.chaos.connections import Connection, Kind, Line, fair_weather, reset
from tests.chaos.http1 import PIECE, Head, body_pieces, plain_answer, read_head
from tests.chaos.listener import Listener
from tests.chaos.rules import Action, Answer, HoldAnswer, LateRequest, LoseRequest, Rule, SeenRequest, matches

_LONGEST_RECORD = 5_000
_END_OF_CONNECTION = (OSError, EOFError, asyncio.LimitOverrunError, ValueError, IndexError)


class Relay:
    """Passes bytes between clients and a server, as `Proxy` told it to.

    Attributes:
        listener: Takes up the connections that clients open.
        requests: The latest requests, oldest first.
        posts: How often each prompt was passed on to the server.
        unheard: How often the connection was cut before the server answered that: a server that has not read yet
            what a reset connection brought never will.
        websockets_opened: How many handshakes succeeded.
        overlaps: How many handshakes came while their client still held another websocket.
        most_at_once: The greatest number of connections at a time, by kind.
        connections: Those that are held now.
        rules: What becomes of the next requests.
        weather: How connections fare, by kind.
        random: Decides which bytes are spoiled.
        swallows_new: Kinds of which new connections carry nothing.
        events_left: After how many events a websocket is cut.
        cut_before: The text in whose place a websocket is cut.
        bytes_left: After how many bytes a websocket is cut.
        cut_at: When that last came to pass, on the monotonic clock.
        delivering: Set when requests that are kept back shall reach the server.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, upstream: tuple[str, int]) -> None:
        self._upstream = upstream
        self.listener = Listener(loop, self._serve)
        self.requests: deque[SeenRequest] = deque(maxlen=_LONGEST_RECORD)
        self.posts: Counter[str] = Counter()
        self.unheard: Counter[str] = Counter()
        self.websockets_opened = 0
        self.overlaps = 0
        self.most_at_once: dict[str, int] = {"websocket": 0, "rest": 0}
        self.connections: set[Connection] = set()
        self._orphans: list[asyncio.StreamWriter] = []
        self.rules: list[Rule] = []
        self.weather = fair_weather()
        self.random = random.Random(0)
        self.swallows_new: set[str] = set()
        self.events_left: int | None = None
        self.cut_before: bytes | None = None
        self.bytes_left: int | None = None
        self.delivering = asyncio.Event()
        self.cut_at: float | None = None

    def of(self, kind: Kind) -> list[Connection]:
        """Give the connections of a kind."""
        return [connection for connection in self.connections if connection.is_of(kind)]

    def set_weather(self, kind: Kind, name: str, value: float) -> None:
        """Change how connections of a kind fare."""
        for key in ("websocket", "rest") if kind == "all" else (kind,):
            setattr(self.weather[key], name, value)

    def cut(self, kind: Kind, keeps_server: bool) -> int:
        """Break connections, and count them; with `keeps_server` the server is not told until `release`."""
        connections = self.of(kind)
        for connection in connections:
            if keeps_server and connection.server is not None:
                connection.keeps_server = True
                self._orphans.append(connection.server)
            connection.reset()
        return len(connections)

    def release(self) -> None:
        """Let the server see the end of connections that were cut without its knowledge."""
        orphans, self._orphans = self._orphans, []
        for writer in orphans:
            reset(writer)

    def _cut_as_armed(self, connection: Connection) -> None:
        self.events_left = self.bytes_left = self.cut_before = None
        self.cut_at = time.monotonic()
        connection.reset()
        raise ConnectionResetError

    async def close(self) -> None:
        """End every connection."""
        self.release()
        await self.listener.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(writer)
        self.connections.add(connection)
        if "all" not in self.swallows_new:
            connection.flowing.set()
        try:
            await self._exchange(connection, reader)
        except _END_OF_CONNECTION:
            pass
        finally:
            self.connections.discard(connection)
            connection.client.transport.abort()
            if connection.server is not None and not connection.keeps_server:
                connection.server.transport.abort()

    async def _exchange(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        upstream: asyncio.StreamReader | None = None
        while True:
            request = await read_head(reader)
            body = await reader.readexactly(request.length or 0)
            self._classify(connection, request)
            await connection.flowing.wait()
            action = self._take_rule(request)
            forwards = not isinstance(action, LoseRequest) and not (isinstance(action, Answer) and not action.forward)
            prompt_id = self._note(request, body, forwards)
            if isinstance(action, LateRequest):
                reset(connection.client)
                if action.seconds is None:
                    await self.delivering.wait()
                else:
                    await asyncio.sleep(action.seconds)
            if forwards:
                if upstream is None:
                    upstream, connection.server = await asyncio.open_connection(*self._upstream, limit=1 << 20)
                assert connection.server is not None
                await self._pass(connection, connection.server, request.raw + body)
                answer = await read_head(upstream)
                self.unheard[prompt_id] -= 1
                if action is None:
                    if answer.status == 101:
                        await self._carry_websocket(connection, reader, upstream, answer)
                        return
                    await self._pass(connection, connection.client, answer.raw)
                    async for piece in body_pieces(upstream, answer):
                        await self._pass(connection, connection.client, piece)
                    if answer.ends_connection or request.ends_connection:
                        return
                    continue
                if answer.status != 101:
                    async for _ in body_pieces(upstream, answer):
                        pass
            if isinstance(action, HoldAnswer):
                await reader.read()
            elif isinstance(action, Answer):
                connection.client.write(plain_answer(action.status))
                await connection.client.drain()
                connection.client.write_eof()
                await reader.read()
            else:
                connection.reset()
            return

    def _classify(self, connection: Connection, request: Head) -> None:
        kind: Literal["websocket", "rest"] = "websocket" if "/ws" in request.first_line[1] else "rest"
        if kind == "websocket":
            self.overlaps += any(other.is_held_by_client() for other in self.of("websocket"))
        if connection.kind == "new":
            connection.kind = kind
            self.most_at_once[kind] = max(self.most_at_once[kind], len(self.of(kind)))
            if kind in self.swallows_new:
                connection.flowing.clear()

    def _take_rule(self, request: Head) -> Action | None:
        for rule in self.rules:
            if rule.left > 0 and rule.method == request.method and matches(rule.path, request.path):
                rule.left -= 1
                return rule.action
        return None

    def _note(self, request: Head, body: bytes, forwarded: bool) -> str:
        prompt_id: str | None = None
        if request.method == "POST" and matches("/prompt", request.path):
            with contextlib.suppress(ValueError, AttributeError):
                prompt_id = json.loads(body).get("prompt_id")
            self.posts[str(prompt_id)] += forwarded
        self.unheard[str(prompt_id)] += forwarded
        self.requests.append(SeenRequest(request.method, request.path, time.monotonic(), forwarded, prompt_id))
        return str(prompt_id)

    async def _carry_websocket(
        self, connection: Connection, client: asyncio.StreamReader, server: asyncio.StreamReader, answer: Head
    ) -> None:
        self.websockets_opened += 1
        assert connection.server is not None
        await self._pass(connection, connection.client, answer.raw)
        to_server, to_client = connection.server, connection.client
        up = Line(functools.partial(self._pass, connection, to_server))
        down = Line(functools.partial(self._pass, connection, to_client))
        directions = {
            asyncio.create_task(self._carry_bytes(connection, client, up)),
            asyncio.create_task(self._carry_frames(connection, server, down)),
        }
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in directions:
                task.cancel()
            up.end()
            down.end()
            await asyncio.gather(*directions, return_exceptions=True)

    async def _carry_bytes(self, connection: Connection, source: asyncio.StreamReader, line: Line) -> None:
        try:
            while piece := await source.read(PIECE):
                await line.send(piece, self.weather["websocket"].delay)
        finally:
            # The end of a connection is swallowed like anything else: the server goes on believing in it.
            await connection.flowing.wait()

    async def _carry_frames(self, connection: Connection, server: asyncio.StreamReader, line: Line) -> None:
        while True:
            connection.is_between_frames = True
            header = await server.readexactly(1)
            connection.is_between_frames = False
            header += await server.readexactly(1)
            length = header[1] & 0x7F
            if length > 125:
                header += await server.readexactly(2 if length == 126 else 8)
                length = int.from_bytes(header[2:])
            piece = await server.readexactly(min(length, PIECE))
            if header[0] & 0x0F in (0x1, 0x2):
                self._cut_if_armed_for(connection, piece)
            await line.send(header + piece, self.weather["websocket"].delay)
            left = length - len(piece)
            while left:
                piece = await server.readexactly(min(left, PIECE))
                left -= len(piece)
                await line.send(piece, self.weather["websocket"].delay)
            if connection.injections:
                connection.client.writelines(connection.injections)
                connection.injections = []

    def _cut_if_armed_for(self, connection: Connection, beginning: bytes) -> None:
        if self.cut_before is not None and self.cut_before in beginning:
            self._cut_as_armed(connection)
        if self.events_left is not None:
            self.events_left -= 1
            if self.events_left <= 0:
                self._cut_as_armed(connection)

    async def _pass(self, connection: Connection, target: asyncio.StreamWriter, data: bytes) -> None:
        if connection.is_half_closed and target is connection.client:
            return
        weather = self.weather[connection.kind]
        if weather.delay and connection.kind == "rest":
            await asyncio.sleep(weather.delay)
        if connection.kind == "websocket" and target is connection.client:
            if self.random.random() < weather.corruption:
                place = self.random.randrange(len(data))
                data = data[:place] + b"\xff" + data[place + 1 :]
            if self.bytes_left is not None:
                if len(data) > self.bytes_left:
                    target.write(data[: self.bytes_left])
                    self._cut_as_armed(connection)
                self.bytes_left -= len(data)
        step = max(1, int(weather.bytes_per_second / 20)) if weather.bytes_per_second else len(data)
        for start in range(0, len(data), step):
            await connection.flowing.wait()
            target.write(data[start : start + step])
            await target.drain()
            if weather.bytes_per_second:
                await asyncio.sleep(step / weather.bytes_per_second)
