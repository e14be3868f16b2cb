"""Runs a proxy in a thread of its own, with a time limit for its start and its end."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

PATIENCE = 10.0
"""Seconds until a proxy that does not start or stop fails the test."""


@contextlib.contextmanager
def in_a_thread(start: Callable[[contextlib.AsyncExitStack], Coroutine[Any, Any, None]]) -> Iterator[None]:
    """Start what serves in a loop of its own, and end it with the block."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        try:
            async with contextlib.AsyncExitStack() as stack:
                await start(stack)
                ended = asyncio.Event()
                started.set_result((loop, ended))
                await ended.wait()
        finally:
            # On a busy machine what a peer does not read any more is still to be sent, and would keep its socket open.
            transports: Mapping[int, asyncio.WriteTransport] = getattr(loop, "_transports", {})
            for transport in tuple(transports.values()):
                transport.abort()
            await asyncio.sleep(0)

    def run() -> None:
        try:
            # The usual loop of Windows cannot be told to wait for a socket, which a proxy may want.
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(main())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=run, name="proxy", daemon=True)
    thread.start()
    loop, ended = started.result(PATIENCE)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(PATIENCE)
