"""One websocket kept open for as long as its owner wants, with every event handed to those who listen.

It reconnects, negotiates feature flags on each connection and says when there was a gap. It buffers nothing, knows
nothing of runs, and asks nothing over REST.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from comfy_ws.connection import Connection, Connector, Handshake
from comfy_ws.decode import decode
from comfy_ws.errors import StreamClosedError, StreamError, anew
from comfy_ws.events import Event, Reconnected
from comfy_ws.opening import open_connection
from comfy_ws.reconnect import Backoff, is_retryable

Listener = Callable[[Event, int], None]
"""Called with each event and the size of its frame in bytes, on the event loop, in order. Must not block."""

EndListener = Callable[[StreamError | None], None]
"""Called once when nothing more will come: with the error that ended the channel, or `None` if it was closed."""

FEATURE_FLAGS: Final[Mapping[str, Any]] = {"supports_preview_metadata": True}
"""What this library tells servers it can take: previews that say which prompt and node they belong to."""

_logger: Final = logging.getLogger("comfy_ws")
# Without a handler of the program's own, Python would print warnings to standard error.
_logger.addHandler(logging.NullHandler())


class EventChannel:
    """Keeps one websocket open.

    Args:
        handshake: Where to and how.
        feature_flags: What to tell the server on each connection.
        backoff: The delays between attempts.
        connector: Opens a socket; asked anew for each attempt, so that it may renew credentials.
        annotate: Supplies what a frame leaves out, before anybody hears the event.
        sleep: Waits for some seconds; a test's clock can take its place.
    """

    def __init__(
        self,
        handshake: Handshake,
        *,
        feature_flags: Mapping[str, Any] = FEATURE_FLAGS,
        backoff: Backoff | None = None,
        connector: Connector = open_connection,
        annotate: Callable[[Event], Event] = lambda event: event,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._handshake: Final = handshake
        self._greeting: Final = json.dumps({"type": "feature_flags", "data": dict(feature_flags)})
        self._backoff: Final = backoff or Backoff()
        self._connector: Final = connector
        self._annotate: Final = annotate
        self._sleep: Final = sleep
        self._listeners: Final[dict[object, tuple[Listener, EndListener | None]]] = {}
        # Those to tell of an event; made anew when listeners come and go, for events are many more.
        self._told: tuple[Listener, ...] = ()
        self._task: asyncio.Task[None] | None = None
        self._connection: Connection | None = None
        self._first_attempt: asyncio.Future[StreamError | None] | None = None
        self._retry_wait: asyncio.Future[None] | None = None
        self._failure: StreamError | None = None
        self._closed = False
        self._reopening = False
        self._lost_reason = ""
        self.last_frame_at: float = 0.0

    @property
    def connected(self) -> bool:
        """Whether there is a socket right now (it may be deaf)."""
        return self._connection is not None

    @property
    def failure(self) -> StreamError | None:
        """What ended the channel for good, or `None`."""
        return self._failure

    def listen(self, on_event: Listener, on_end: EndListener | None = None) -> Callable[[], None]:
        """Hear every event from now on.

        Args:
            on_event: Called with each event and the size of its frame.
            on_end: Called once when nothing more will come; at once if that is so already.

        Returns:
            A function that ends the listening; it may be called twice.
        """
        if self._closed or self._failure is not None:
            _tell_end(on_end, self._failure)
            return lambda: None
        token = object()
        self._listeners[token] = (on_event, on_end)
        self._told = tuple(told for told, _ in self._listeners.values())

        def stop() -> None:
            if self._listeners.pop(token, None) is not None:
                self._told = tuple(told for told, _ in self._listeners.values())

        return stop

    async def open(self) -> None:
        """Open the socket, once; later calls wait for the same first attempt unless there is a socket.

        Raises:
            StreamError: The first attempt failed, and if another may succeed, they go on in the background; or the
                channel has failed for good since.
            StreamClosedError: The channel was closed.
        """
        if self._closed:
            raise StreamClosedError
        if self._failure is not None:
            raise anew(self._failure)
        if self._connection is not None:
            return
        if self._first_attempt is None:
            self._first_attempt = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._run(), name="comfy_ws channel")
        error = await asyncio.shield(self._first_attempt)
        if error is not None:
            raise anew(error)

    def reopen(self, reason: str) -> None:
        """Drop the socket and open another at once, or cut short the wait for the next attempt.

        Args:
            reason: Why, for the log and for the `Reconnected` event.
        """
        self._lost_reason = reason
        if self._connection is not None:
            self._reopening = True
            self._connection.abort()
        elif self._retry_wait is not None and not self._retry_wait.done():
            self._retry_wait.set_result(None)

    async def close(self) -> None:
        """End everything: the socket within its close time limit, the task, the listeners."""
        if self._closed:
            return
        self._closed = True
        task, self._task = self._task, None
        try:
            if self._connection is not None:
                # The task goes on reading meanwhile: unread frames would hold up the closing handshake.
                async with asyncio.timeout(self._handshake.close_timeout + 1.0):
                    await self._connection.close()
        except (TimeoutError, StreamError) as error:
            _logger.debug("closing the websocket: %s", error)
        finally:
            try:
                if task is not None:
                    task.cancel()
                    await asyncio.wait([task])
            finally:
                # Here too, for a task that is cancelled before its first step does nothing.
                self._settle_first_attempt(StreamClosedError())
                self._end(None)

    async def _run(self) -> None:
        try:
            await self._keep_connected()
        except StreamError as error:
            self._fail(error)
        except Exception as error:
            # A bug, perhaps of the connector. Readers hear of it: the alternative is that they wait for ever.
            _logger.exception("the channel failed")
            failure = StreamError(f"the channel failed: {type(error).__name__}")
            failure.__cause__ = error
            self._fail(failure)

    def _fail(self, error: StreamError) -> None:
        self._failure = error
        self._settle_first_attempt(error)
        self._end(error)

    async def _keep_connected(self) -> None:
        loop = asyncio.get_running_loop()
        delays = self._backoff.delays()
        attempts, lost_at, is_first = 0, loop.time(), True
        while not self._closed:
            attempts += 1
            try:
                connection = await self._connect()
            except StreamError as error:
                self._settle_first_attempt(error)
                if not is_retryable(error):
                    raise
                _logger.debug("attempt %d: %s", attempts, error)
                self._lost_reason = self._lost_reason or str(error)
                is_first = False
                await self._wait(next(delays))
                continue
            opened_at = self.last_frame_at = loop.time()
            by_request, self._reopening = self._reopening, False
            self._connection = connection
            self._settle_first_attempt(None)
            if not is_first:
                _logger.info("websocket open again after %d attempts: %s", attempts, self._lost_reason)
                self._emit(Reconnected(attempts, loop.time() - lost_at, self._lost_reason, by_request), 0)
            self._lost_reason = ""
            try:
                await self._receive(connection)
            except StreamError as error:
                self._lost_reason = self._lost_reason or str(error)
            finally:
                self._connection = None
                connection.abort()
            attempts, lost_at, is_first = 0, loop.time(), False
            if loop.time() - opened_at > self._backoff.maximum:
                delays = self._backoff.delays()
            if not (self._closed or self._reopening):
                await self._wait(next(delays))

    async def _connect(self) -> Connection:
        connection = await self._connector(self._handshake)
        try:
            await connection.send(self._greeting)
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _receive(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        while True:
            frame = await connection.recv()
            self.last_frame_at = loop.time()
            event = decode(frame)
            try:
                event = self._annotate(event)
            except Exception:
                _logger.exception("nothing could be supplied to %s", event.type)
            self._emit(event, len(frame))

    async def _wait(self, delay: float) -> None:
        self._retry_wait = asyncio.get_running_loop().create_future()
        sleeping = asyncio.ensure_future(self._sleep(delay))
        try:
            await asyncio.wait([sleeping, self._retry_wait], return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            self._retry_wait = None

    def _emit(self, event: Event, size: int) -> None:
        for on_event in self._told:
            try:
                on_event(event, size)
            except Exception:
                _logger.exception("a listener failed on %s", event.type)

    def _settle_first_attempt(self, error: StreamError | None) -> None:
        # As a result: an exception would be the same one for all who wait.
        if self._first_attempt is not None and not self._first_attempt.done():
            self._first_attempt.set_result(error)

    def _end(self, error: StreamError | None) -> None:
        listeners = tuple(self._listeners.values())
        self._listeners.clear()
        self._told = ()
        for _, on_end in listeners:
            _tell_end(on_end, error)


def _tell_end(on_end: EndListener | None, error: StreamError | None) -> None:
    if on_end is None:
        return
    try:
        on_end(error)
    except Exception:
        _logger.exception("a listener failed on the end")
