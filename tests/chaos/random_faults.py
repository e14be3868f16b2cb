"""Faults that come at random, each as often as its weight says, for as long as a block lasts.

They are chosen from a seed, so that the same come in the same order again; at which moments hangs on the machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.chaos.proxy import Proxy

_PAUSES = (0.05, 0.8)
"""Seconds between two faults, the least and the most."""


class RandomFaults:
    """Random faults, one after the other.

    Args:
        proxy: What makes them.
        server_url: The server behind it.
        client_id: The client whose socket can be made deaf.
        seed: With the same seed come the same faults, in the same order.
        counts: Where each is counted, by its name.
    """

    def __init__(self, proxy: Proxy, server_url: str, client_id: str, seed: int, counts: Counter[str]) -> None:
        self._proxy = proxy
        self._socket_url = f"{server_url.replace('http', 'ws', 1)}/ws?clientId={client_id}"
        self._random = random.Random(seed)
        self._counts = counts
        self._faults: list[tuple[str, int, Callable[[], Awaitable[None]]]] = [
            ("socket cut", 4, self._cut_socket),
            ("everything cut", 2, self._cut_all),
            ("socket cut, server not told", 2, self._cut_one_side),
            ("socket half closed", 2, self._half_close),
            ("cut within a frame", 3, self._cut_within),
            ("cut at an event", 3, self._cut_at_event),
            ("deaf socket", 2, self._deafen),
            ("spoiled bytes", 2, self._corrupt),
            ("delay", 2, self._delay),
            ("throttle", 1, self._throttle),
            ("refused", 2, self._refuse),
            ("socket silent", 1, self._swallow_socket),
            ("network silent", 1, self._swallow_all),
            ("posts lost", 3, self._lose_posts),
            ("answers to posts lost", 3, self._lose_answers),
            ("posts answered by a proxy", 3, self._answer_posts),
            ("questions answered by a proxy", 2, self._answer_questions),
            ("handshakes answered by a proxy", 1, self._answer_handshakes),
        ]

    @contextlib.asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Make faults as long as a block lasts, and end with it those that still wait or last."""
        making = asyncio.create_task(self._go_on())
        try:
            yield
        finally:
            making.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await making
            self._proxy.clear()

    async def _go_on(self) -> None:
        weights = [weight for _, weight, _ in self._faults]
        while True:
            await asyncio.sleep(self._random.uniform(*_PAUSES))
            name, _, make = self._random.choices(self._faults, weights)[0]
            self._counts[name] += 1
            await make()

    async def _cut_socket(self) -> None:
        self._proxy.cut("websocket")

    async def _cut_all(self) -> None:
        self._proxy.cut()

    async def _cut_one_side(self) -> None:
        self._proxy.cut("websocket", keeps_server=True)
        await asyncio.sleep(self._random.uniform(0.05, 1.0))
        self._proxy.release()

    async def _half_close(self) -> None:
        self._proxy.half_close()

    async def _cut_within(self) -> None:
        self._proxy.cut_after(self._random.randrange(5_000))

    async def _cut_at_event(self) -> None:
        self._proxy.cut_at_event(self._random.randrange(1, 40))

    async def _deafen(self) -> None:
        with contextlib.suppress(OSError, WebSocketException):
            # Without pings it has no task of its own, which would be counted with the client's.
            second = await connect(self._socket_url, ping_interval=None)
            try:
                await second.recv()
            finally:
                # A polite end takes time, in which the faults may be ended; the socket would then be left open.
                second.transport.abort()

    async def _corrupt(self) -> None:
        self._proxy.corrupt(0.05, self._random.randrange(1 << 30))
        await asyncio.sleep(self._random.uniform(0.1, 1.0))
        self._proxy.corrupt(0)

    async def _delay(self) -> None:
        self._proxy.delay(self._random.uniform(0.01, 0.2))
        await asyncio.sleep(self._random.uniform(0.1, 1.0))
        self._proxy.delay(0)

    async def _throttle(self) -> None:
        self._proxy.throttle(100_000)
        await asyncio.sleep(self._random.uniform(0.1, 1.0))
        self._proxy.throttle(0)

    async def _refuse(self) -> None:
        self._proxy.refuse(self._random.uniform(0.1, 1.0))
        if self._random.random() < 0.7:
            self._proxy.cut()

    async def _swallow_socket(self) -> None:
        self._proxy.swallow("websocket")
        await asyncio.sleep(self._random.uniform(0.5, 2.0))
        self._proxy.resume()

    async def _swallow_all(self) -> None:
        self._proxy.swallow("all", new=self._random.random() < 0.5)
        await asyncio.sleep(self._random.uniform(0.5, 2.0))
        self._proxy.resume()

    async def _lose_posts(self) -> None:
        self._proxy.lose_request("POST", "/prompt", self._random.randrange(1, 5))

    async def _lose_answers(self) -> None:
        self._proxy.lose_answer("POST", "/prompt", self._random.randrange(1, 5))

    async def _answer_posts(self) -> None:
        status, forward = self._random.choice((502, 503, 504)), self._random.random() < 0.5
        self._proxy.answer(status, "POST", "/prompt", self._random.randrange(1, 4), forward=forward)

    async def _answer_questions(self) -> None:
        path = self._random.choice(("/queue", "/history/*"))
        self._proxy.answer(self._random.choice((500, 502, 503)), "GET", path, self._random.randrange(1, 4))

    async def _answer_handshakes(self) -> None:
        self._proxy.answer(503, "GET", "/ws", self._random.randrange(1, 3))
