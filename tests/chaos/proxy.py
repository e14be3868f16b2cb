"""A TCP proxy that misbehaves on demand, in a thread of its own, with switches that tests flip from theirs.

It knows which connections carry a websocket and which REST, and so faults can be aimed: at one kind of connection,
at the requests of one route, at one frame of a socket. Both the emulator and real servers stand behind it alike.
It changes nothing that no fault asks it to change, and it judges nothing: what it saw is there for tests to read.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from typing import TypeVar
from urllib.parse import urlsplit

from tests.chaos.connections import Kind, fair_weather
from tests.chaos.relay import Relay
from tests.chaos.rules import (
    Action,
    Answer,
    HoldAnswer,
    LateRequest,
    LoseAnswer,
    LoseRequest,
    Rule,
    SeenRequest,
    matches,
)
from tests.proxies.background import PATIENCE, in_a_thread

T = TypeVar("T")


class Proxy:
    """A running proxy. Its methods may be called from any thread but its own.

    Attributes:
        port: Its port.
        host: Address and port, as `"127.0.0.1:8188"`.
        url: Where it answers, as `"http://127.0.0.1:8188"`.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, relay: Relay) -> None:
        self._loop = loop
        self._relay = relay
        self.port = relay.listener.port
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"

    # Faults of connections

    def cut(self, kind: Kind = "all", *, keeps_server: bool = False) -> int:
        """Break connections with RST; with `keeps_server` the server is not told until `release`.

        Returns:
            How many there were.
        """
        return self._do(lambda: self._relay.cut(kind, keeps_server))

    def release(self) -> None:
        """Let the server see the end of connections that were cut with `keeps_server`."""
        self._do(self._relay.release)

    def half_close(self, kind: Kind = "websocket") -> None:
        """Send the client a FIN and nothing more; what it sends is still passed on."""

        def act() -> None:
            for connection in self._relay.of(kind):
                connection.is_half_closed = True
                with contextlib.suppress(OSError):
                    connection.client.write_eof()

        self._do(act)

    def swallow(self, kind: Kind = "all", *, new: bool = False) -> None:
        """Pass nothing on, in neither direction, while TCP stays open; with `new`, on new connections too."""

        def act() -> None:
            for connection in self._relay.of(kind):
                connection.flowing.clear()
            if new:
                self._relay.swallows_new.add(kind)

        self._do(act)

    def resume(self) -> None:
        """Pass everything on again, what was swallowed included, as TCP does after a pause of the network."""

        def act() -> None:
            self._relay.swallows_new.clear()
            for connection in self._relay.connections:
                connection.flowing.set()

        self._do(act)

    def delay(self, seconds: float, kind: Kind = "all") -> None:
        """Hold each piece back for some time."""
        self._do(lambda: self._relay.set_weather(kind, "delay", seconds))

    def throttle(self, bytes_per_second: float, kind: Kind = "all") -> None:
        """Pass on so much and no more; 0 ends it."""
        self._do(lambda: self._relay.set_weather(kind, "bytes_per_second", bytes_per_second))

    def corrupt(self, probability: float, seed: int = 0) -> None:
        """Spoil a byte of what a websocket's client gets, per piece with a probability; 0 ends it.

        The byte becomes 0xFF, which no frame header and no text of a server holds: what TCP would not let pass is
        not to become another message that is as sound as the first.
        """

        def act() -> None:
            self._relay.random = random.Random(seed)
            self._relay.set_weather("websocket", "corruption", probability)

        self._do(act)

    def refuse(self, seconds: float | None = None) -> None:
        """Refuse new connections for some time, or until `accept`."""

        def act() -> None:
            self._relay.listener.stop_listening()
            if seconds is not None:
                self._relay.listener.listen_in(seconds)

        self._do(act)

    def accept(self) -> None:
        """Accept new connections again."""
        self._do(self._relay.listener.listen)

    # Faults of websockets

    def cut_after(self, count: int) -> None:
        """Break the websocket once it has carried so many more bytes to the client, be it within a frame."""

        def act() -> None:
            self._relay.bytes_left, self._relay.cut_at = count, None

        self._do(act)

    def cut_at_event(self, number: int) -> None:
        """Break the websocket in place of an event, counted from 1 and from now."""

        def act() -> None:
            self._relay.events_left, self._relay.cut_at = number, None

        self._do(act)

    def cut_before(self, text: bytes) -> None:
        """Break the websocket in place of the next event that contains a text."""

        def act() -> None:
            self._relay.cut_before, self._relay.cut_at = text, None

        self._do(act)

    def inject(self, frames: Iterable[bytes]) -> None:
        """Send clients raw frames, between those of the server."""
        given = list(frames)

        def act() -> None:
            for connection in self._relay.of("websocket"):
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
            self._relay.delivering.set()
            self._relay.delivering = asyncio.Event()

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
            self._relay.rules.clear()
            self._relay.weather = fair_weather()
            self._relay.events_left = self._relay.bytes_left = self._relay.cut_before = None

        self._do(act)
        self.accept()
        self.deliver()
        self.resume()
        self.release()

    # What was seen

    @property
    def websockets_opened(self) -> int:
        """How many handshakes succeeded."""
        return self._relay.websockets_opened

    @property
    def overlaps(self) -> int:
        """How many handshakes came while their client still held another websocket."""
        return self._relay.overlaps

    @property
    def most_at_once(self) -> dict[str, int]:
        """The greatest number of connections at a time, by kind."""
        return self._relay.most_at_once

    @property
    def cut_at(self) -> float | None:
        """When an armed cut (`cut_after`, `cut_at_event`, `cut_before`) came to pass, on the monotonic clock."""
        return self._relay.cut_at

    def connections(self, kind: Kind = "all") -> int:
        """Count the connections that clients hold."""
        return self._do(lambda: sum(connection.is_held_by_client() for connection in self._relay.of(kind)))

    def seen(self, method: str, path: str) -> list[SeenRequest]:
        """Give the requests of one route; a path that ends with `*` stands for all that begin so."""
        return [seen for seen in tuple(self._relay.requests) if seen.method == method and matches(path, seen.path)]

    def posts_forwarded(self, prompt_id: str) -> int:
        """Count how often a prompt was passed on to the server: it runs each that it gets, whatever its id."""
        return self._relay.posts[prompt_id]

    def posts_unheard(self, prompt_id: str) -> int:
        """Count how often that was on a connection that was cut before the server answered: it may not have got it."""
        return self._relay.unheard[prompt_id]

    # Handing over to the loop

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
        return done.result(PATIENCE)

    def _add_rule(self, method: str, path: str, count: int, action: Action) -> None:
        self._do(lambda: self._relay.rules.append(Rule(method, path, count, action)))


@contextlib.contextmanager
def proxied(url: str) -> Generator[Proxy]:
    """Run a proxy in front of a server for as long as the block lasts."""
    parts = urlsplit(url)
    proxies: list[Proxy] = []

    async def start(stack: contextlib.AsyncExitStack) -> None:
        loop = asyncio.get_running_loop()
        relay = Relay(loop, (parts.hostname or "127.0.0.1", parts.port or 80))
        stack.push_async_callback(relay.close)
        relay.listener.listen()
        proxies.append(Proxy(loop, relay))

    with in_a_thread(start):
        yield proxies[0]
