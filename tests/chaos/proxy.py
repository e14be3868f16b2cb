"""A TCP proxy that misbehaves on demand, in a thread of its own, with switches that tests flip from theirs.

It knows which connections carry a websocket and which REST, and so faults can be aimed: at one kind of connection,
at the requests of one route, at one frame of a socket. Both the emulator and real servers stand behind it alike.
It changes nothing that no fault asks it to change, and it judges nothing: what it saw is there for tests to read.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import random
import socket
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Generator, Iterable
from concurrent.futures import Future
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from attrs import define, field, frozen

from tests.chaos.http1 import PIECE, Head, body_pieces, plain_answer, read_head

Kind = Literal["websocket", "rest", "all"]
"""At which connections a fault is aimed."""

T = TypeVar("T")

_PATIENCE = 10.0
_ESTABLISHED = 1
_LONGEST_RECORD = 5_000
_LONGEST_LINE = 100_000
_END_OF_CONNECTION = (OSError, EOFError, asyncio.LimitOverrunError, ValueError, IndexError)


@frozen
class LoseRequest:
    """Break the connection before the request is passed on."""


@frozen
class LateRequest:
    """Break the connection, and pass the request on only some seconds later, or when told to."""

    seconds: float | None


@frozen
class LoseAnswer:
    """Pass the request on, wait for its answer, and break the connection instead of passing that back."""


@frozen
class HoldAnswer:
    """Pass the request on and never answer; the connection stays open."""


@frozen
class Answer:
    """Answer in the server's place, with the request passed on before or not."""

    status: int
    forward: bool = False


Action = LoseRequest | LateRequest | LoseAnswer | HoldAnswer | Answer


@frozen
class SeenRequest:
    """A request that came by, websocket handshakes among them.

    Attributes:
        method: Its method.
        path: Its path, without query.
        at: When, on the monotonic clock.
        forwarded: Whether the server got it.
        prompt_id: The id in the body of a post of a prompt.
    """

    method: str
    path: str
    at: float
    forwarded: bool
    prompt_id: str | None = None


@define(eq=False)
class _Rule:
    method: str
    path: str
    left: int
    action: Action


@define
class _Weather:
    delay: float = 0.0
    bytes_per_second: float = 0.0
    corruption: float = 0.0


class _Line:
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
class _Connection:
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
        """Whether the client has not closed it yet, even if nobody reads here."""
        raw = self.client.get_extra_info("socket")
        try:
            state: int = raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        except (AttributeError, OSError):
            return False
        return state == _ESTABLISHED

    def reset(self) -> None:
        """End it with RST, on the server's side too unless that is to linger."""
        _reset(self.client)
        if self.server is not None and not self.keeps_server:
            _reset(self.server)


class Proxy:
    """A running proxy. Its methods may be called from any thread but its own.

    Attributes:
        host: Address and port, as `"127.0.0.1:8188"`.
        url: Where it answers, as `"http://127.0.0.1:8188"`.
        requests: The latest requests, oldest first.
        websockets_opened: How many handshakes succeeded.
        overlaps: How many handshakes came while their client still held another websocket.
        most_at_once: The greatest number of connections at a time, by kind.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, upstream: tuple[str, int]) -> None:
        self._loop = loop
        self._upstream = upstream
        # It never listens: it keeps the port while the listener is closed.
        self._reservation = socket.socket()
        self._reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reservation.bind(("127.0.0.1", 0))
        self.port: int = self._reservation.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self.requests: deque[SeenRequest] = deque(maxlen=_LONGEST_RECORD)
        self._posts: Counter[str] = Counter()
        self.websockets_opened = 0
        self.overlaps = 0
        self.most_at_once: dict[str, int] = {"websocket": 0, "rest": 0}
        self._listener: socket.socket | None = None
        self._accepted: set[socket.socket] = set()
        self._reopening: asyncio.TimerHandle | None = None
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._orphans: list[asyncio.StreamWriter] = []
        self._rules: list[_Rule] = []
        self._weather = {"websocket": _Weather(), "rest": _Weather(), "new": _Weather()}
        self._random = random.Random(0)
        self._swallows_new: set[str] = set()
        self._events_left: int | None = None
        self._cut_before: bytes | None = None
        self._bytes_left: int | None = None
        self._delivering = asyncio.Event()
        self.cut_at: float | None = None
        """When an armed cut (`cut_after`, `cut_at_event`, `cut_before`) came to pass, on the monotonic clock."""

    # Faults of connections

    def cut(self, kind: Kind = "all", *, keeps_server: bool = False) -> int:
        """Break connections with RST; with `keeps_server` the server is not told until `release`.

        Returns:
            How many there were.
        """
        return self._do(lambda: self._cut(kind, keeps_server))

    def release(self) -> None:
        """Let the server see the end of connections that were cut with `keeps_server`."""

        def act() -> None:
            orphans, self._orphans = self._orphans, []
            for writer in orphans:
                _reset(writer)

        self._do(act)

    def half_close(self, kind: Kind = "websocket") -> None:
        """Send the client a FIN and nothing more; what it sends is still passed on."""

        def act() -> None:
            for connection in self._of(kind):
                connection.is_half_closed = True
                with contextlib.suppress(OSError):
                    connection.client.write_eof()

        self._do(act)

    def swallow(self, kind: Kind = "all", *, new: bool = False) -> None:
        """Pass nothing on, in neither direction, while TCP stays open; with `new`, on new connections too."""

        def act() -> None:
            for connection in self._of(kind):
                connection.flowing.clear()
            if new:
                self._swallows_new.add(kind)

        self._do(act)

    def resume(self) -> None:
        """Pass everything on again, what was swallowed included, as TCP does after a pause of the network."""

        def act() -> None:
            self._swallows_new.clear()
            for connection in self._connections:
                connection.flowing.set()

        self._do(act)

    def delay(self, seconds: float, kind: Kind = "all") -> None:
        """Hold each piece back for some time."""
        self._do(lambda: self._set_weather(kind, "delay", seconds))

    def throttle(self, bytes_per_second: float, kind: Kind = "all") -> None:
        """Pass on so much and no more; 0 ends it."""
        self._do(lambda: self._set_weather(kind, "bytes_per_second", bytes_per_second))

    def corrupt(self, probability: float, seed: int = 0) -> None:
        """Spoil a byte of what a websocket's client gets, per piece with a probability; 0 ends it.

        The byte becomes 0xFF, which no frame header and no text of a server holds: what TCP would not let pass is
        not to become another message that is as sound as the first.
        """

        def act() -> None:
            self._random = random.Random(seed)
            self._set_weather("websocket", "corruption", probability)

        self._do(act)

    def refuse(self, seconds: float | None = None) -> None:
        """Refuse new connections for some time, or until `accept`."""

        def act() -> None:
            self._stop_listening()
            if seconds is not None:
                self._reopening = self._loop.call_later(seconds, self._listen)

        self._do(act)

    def accept(self) -> None:
        """Accept new connections again."""

        def act() -> None:
            if self._reopening is not None:
                self._reopening.cancel()
                self._reopening = None
            self._listen()

        self._do(act)

    # Faults of websockets

    def cut_after(self, count: int) -> None:
        """Break the websocket once it has carried so many more bytes to the client, be it within a frame."""

        def act() -> None:
            self._bytes_left, self.cut_at = count, None

        self._do(act)

    def cut_at_event(self, number: int) -> None:
        """Break the websocket in place of an event, counted from 1 and from now."""

        def act() -> None:
            self._events_left, self.cut_at = number, None

        self._do(act)

    def cut_before(self, text: bytes) -> None:
        """Break the websocket in place of the next event that contains a text."""

        def act() -> None:
            self._cut_before, self.cut_at = text, None

        self._do(act)

    def inject(self, frames: Iterable[bytes]) -> None:
        """Send clients raw frames, between those of the server."""
        given = list(frames)

        def act() -> None:
            for connection in self._of("websocket"):
                if connection.is_between_frames and not connection.injections:
                    connection.client.writelines(given)
                else:
                    connection.injections.extend(given)

        self._do(act)

    # Faults of requests

    def lose_request(self, method: str, path: str, count: int = 1) -> None:
        """Break the connection of the next such requests before the server gets them."""
        self._add_rule(method, path, count, LoseRequest())

    def forward_late(self, method: str, path: str, seconds: float | None = None, count: int = 1) -> None:
        """Break the connection of the next such requests, and let the server have them all the same.

        Some seconds later, that is, or when `deliver` is called.
        """
        self._add_rule(method, path, count, LateRequest(seconds))

    def deliver(self) -> None:
        """Let the server have the requests that are kept back for it."""

        def act() -> None:
            self._delivering.set()
            self._delivering = asyncio.Event()

        self._do(act)

    def lose_answer(self, method: str, path: str, count: int = 1) -> None:
        """Break the connection of the next such requests once the server has answered, without its answer."""
        self._add_rule(method, path, count, LoseAnswer())

    def hold_answer(self, method: str, path: str, count: int = 1) -> None:
        """Let the server have the next such requests, and never answer them."""
        self._add_rule(method, path, count, HoldAnswer())

    def answer(self, status: int, method: str, path: str, count: int = 1, *, forward: bool = False) -> None:
        """Answer the next such requests in the server's place, after it had them or without."""
        self._add_rule(method, path, count, Answer(status, forward))

    def clear(self) -> None:
        """End every fault that still waits or lasts; connections that are cut stay cut."""

        def act() -> None:
            self._rules.clear()
            self._weather = {"websocket": _Weather(), "rest": _Weather(), "new": _Weather()}
            self._events_left = self._bytes_left = self._cut_before = None

        self._do(act)
        self.accept()
        self.deliver()
        self.resume()
        self.release()

    # What was seen

    def connections(self, kind: Kind = "all") -> int:
        """Count the connections that clients hold."""
        return self._do(lambda: sum(connection.is_held_by_client() for connection in self._of(kind)))

    def seen(self, method: str, path: str) -> list[SeenRequest]:
        """Give the requests of one route; a path that ends with `*` stands for all that begin so."""
        return [seen for seen in tuple(self.requests) if seen.method == method and _matches(path, seen.path)]

    def posts_forwarded(self, prompt_id: str) -> int:
        """Count how often the server got a prompt: it runs each that it gets, whatever its id."""
        return self._posts[prompt_id]

    # The loop's side

    def _do(self, action: Callable[[], T]) -> T:
        done: Future[T] = Future()

        def act() -> None:
            try:
                result = action()
                # Connections that the action ends are closed in the loop's next turn: this comes after.
                self._loop.call_soon(done.set_result, result)
            except Exception as failure:  # noqa: BLE001 - it is raised again in the calling thread
                done.set_exception(failure)

        self._loop.call_soon_threadsafe(act)
        return done.result(_PATIENCE)

    def _add_rule(self, method: str, path: str, count: int, action: Action) -> None:
        self._do(lambda: self._rules.append(_Rule(method, path, count, action)))

    def _of(self, kind: Kind) -> list[_Connection]:
        return [connection for connection in self._connections if connection.is_of(kind)]

    def _set_weather(self, kind: Kind, name: str, value: float) -> None:
        for key in ("websocket", "rest") if kind == "all" else (kind,):
            setattr(self._weather[key], name, value)

    def _cut(self, kind: Kind, keeps_server: bool) -> int:
        connections = self._of(kind)
        for connection in connections:
            if keeps_server and connection.server is not None:
                connection.keeps_server = True
                self._orphans.append(connection.server)
            connection.reset()
        return len(connections)

    def _cut_as_armed(self, connection: _Connection) -> None:
        self._events_left = self._bytes_left = self._cut_before = None
        self.cut_at = time.monotonic()
        connection.reset()
        raise ConnectionResetError

    def _listen(self) -> None:
        if self._listener is not None:
            return
        self._reopening = None
        # An `asyncio.Server` loses connections that it is accepting while it is closed, and does not close them.
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.setblocking(False)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(512)
        self._loop.add_reader(self._listener, self._accept)

    def _stop_listening(self) -> None:
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    def _accept(self) -> None:
        if self._listener is None:
            return
        with contextlib.suppress(BlockingIOError, ConnectionError):
            raw, _ = self._listener.accept()
            raw.setblocking(False)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._accepted.add(raw)
            self._spawn(self._take_up(raw))

    async def _take_up(self, raw: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=raw, limit=1 << 20)
        self._accepted.discard(raw)
        connection = _Connection(writer)
        self._connections.add(connection)
        await self._serve(connection, reader)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: _Connection, reader: asyncio.StreamReader) -> None:
        if "all" not in self._swallows_new:
            connection.flowing.set()
        try:
            await self._exchange(connection, reader)
        except _END_OF_CONNECTION:
            pass
        finally:
            self._connections.discard(connection)
            connection.client.transport.abort()
            if connection.server is not None and not connection.keeps_server:
                connection.server.transport.abort()

    async def _exchange(self, connection: _Connection, reader: asyncio.StreamReader) -> None:
        upstream: asyncio.StreamReader | None = None
        while True:
            request = await read_head(reader)
            body = await reader.readexactly(request.length or 0)
            self._classify(connection, request)
            await connection.flowing.wait()
            action = self._take_rule(request)
            forwards = not isinstance(action, LoseRequest) and not (isinstance(action, Answer) and not action.forward)
            self._note(request, body, forwards)
            if isinstance(action, LateRequest):
                _reset(connection.client)
                if action.seconds is None:
                    await self._delivering.wait()
                else:
                    await asyncio.sleep(action.seconds)
            if forwards:
                if upstream is None:
                    upstream, connection.server = await asyncio.open_connection(*self._upstream, limit=1 << 20)
                assert connection.server is not None
                await self._pass(connection, connection.server, request.raw + body)
                answer = await read_head(upstream)
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

    def _classify(self, connection: _Connection, request: Head) -> None:
        kind: Literal["websocket", "rest"] = "websocket" if "/ws" in request.first_line[1] else "rest"
        if kind == "websocket":
            self.overlaps += any(other.is_held_by_client() for other in self._of("websocket"))
        if connection.kind == "new":
            connection.kind = kind
            self.most_at_once[kind] = max(self.most_at_once[kind], len(self._of(kind)))
            if kind in self._swallows_new:
                connection.flowing.clear()

    def _take_rule(self, request: Head) -> Action | None:
        for rule in self._rules:
            if rule.left > 0 and rule.method == request.method and _matches(rule.path, request.path):
                rule.left -= 1
                return rule.action
        return None

    def _note(self, request: Head, body: bytes, forwarded: bool) -> None:
        prompt_id: str | None = None
        if request.method == "POST" and _matches("/prompt", request.path):
            with contextlib.suppress(ValueError, AttributeError):
                prompt_id = json.loads(body).get("prompt_id")
            self._posts[str(prompt_id)] += forwarded
        self.requests.append(SeenRequest(request.method, request.path, time.monotonic(), forwarded, prompt_id))

    async def _carry_websocket(
        self, connection: _Connection, client: asyncio.StreamReader, server: asyncio.StreamReader, answer: Head
    ) -> None:
        self.websockets_opened += 1
        assert connection.server is not None
        await self._pass(connection, connection.client, answer.raw)
        to_server, to_client = connection.server, connection.client
        up = _Line(functools.partial(self._pass, connection, to_server))
        down = _Line(functools.partial(self._pass, connection, to_client))
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

    async def _carry_bytes(self, connection: _Connection, source: asyncio.StreamReader, line: _Line) -> None:
        try:
            while piece := await source.read(PIECE):
                await line.send(piece, self._weather["websocket"].delay)
        finally:
            # The end of a connection is swallowed like anything else: the server goes on believing in it.
            await connection.flowing.wait()

    async def _carry_frames(self, connection: _Connection, server: asyncio.StreamReader, line: _Line) -> None:
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
            await line.send(header + piece, self._weather["websocket"].delay)
            left = length - len(piece)
            while left:
                piece = await server.readexactly(min(left, PIECE))
                left -= len(piece)
                await line.send(piece, self._weather["websocket"].delay)
            if connection.injections:
                connection.client.writelines(connection.injections)
                connection.injections = []

    def _cut_if_armed_for(self, connection: _Connection, beginning: bytes) -> None:
        if self._cut_before is not None and self._cut_before in beginning:
            self._cut_as_armed(connection)
        if self._events_left is not None:
            self._events_left -= 1
            if self._events_left <= 0:
                self._cut_as_armed(connection)

    async def _pass(self, connection: _Connection, target: asyncio.StreamWriter, data: bytes) -> None:
        if connection.is_half_closed and target is connection.client:
            return
        weather = self._weather[connection.kind]
        if weather.delay and connection.kind == "rest":
            await asyncio.sleep(weather.delay)
        if connection.kind == "websocket" and target is connection.client:
            if self._random.random() < weather.corruption:
                place = self._random.randrange(len(data))
                data = data[:place] + b"\xff" + data[place + 1 :]
            if self._bytes_left is not None:
                if len(data) > self._bytes_left:
                    target.write(data[: self._bytes_left])
                    self._cut_as_armed(connection)
                self._bytes_left -= len(data)
        step = max(1, int(weather.bytes_per_second / 20)) if weather.bytes_per_second else len(data)
        for start in range(0, len(data), step):
            await connection.flowing.wait()
            target.write(data[start : start + step])
            await target.drain()
            if weather.bytes_per_second:
                await asyncio.sleep(step / weather.bytes_per_second)

    async def run(self, ready: Callable[[], None], ended: asyncio.Event) -> None:
        """Serve until the event is set."""
        try:
            self._listen()
            ready()
            await ended.wait()
        finally:
            self._stop_listening()
            self._reservation.close()
            for writer in self._orphans:
                _reset(writer)
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # A task that was cancelled before its first step has taken nothing up.
            for raw in self._accepted:
                raw.close()
            await asyncio.sleep(0)


def _matches(pattern: str, path: str) -> bool:
    path = path.removeprefix("/api")
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextlib.contextmanager
def proxied(url: str) -> Generator[Proxy]:
    """Run a proxy in front of a server for as long as the block lasts."""
    parts = urlsplit(url)
    ready: Future[tuple[Proxy, asyncio.Event]] = Future()

    async def serve() -> None:
        proxy = Proxy(asyncio.get_running_loop(), (parts.hostname or "127.0.0.1", parts.port or 80))
        ended = asyncio.Event()
        await proxy.run(lambda: ready.set_result((proxy, ended)), ended)

    def main() -> None:
        try:
            asyncio.run(serve())
        except Exception as failure:
            if ready.done():
                raise
            ready.set_exception(failure)

    thread = threading.Thread(target=main, name="chaos proxy", daemon=True)
    thread.start()
    proxy, ended = ready.result(_PATIENCE)
    try:
        yield proxy
    finally:
        proxy._do(ended.set)
        thread.join(_PATIENCE)
