"""One websocket kept open for as long as its owner wants, with every event handed to those who listen.

It reconnects, negotiates feature flags on each connection and says when there was a gap. What no attempt can mend by
itself ends it, until somebody asks for it again. It buffers nothing, knows nothing of runs, and asks nothing over REST.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from attrs import define

from comfy_ws._listeners import EndListener, Listener, Listeners, tell_end
from comfy_ws.connection import Connection, Connector, Handshake
from comfy_ws.decode import decode
from comfy_ws.errors import ConnectionLostError, StreamClosedError, StreamError, anew
from comfy_ws.events import Event, Reconnected
from comfy_ws.opening import open_connection
from comfy_ws.reconnect import Backoff, Reattempts, is_retryable

FEATURE_FLAGS: Final[Mapping[str, Any]] = {"supports_preview_metadata": True}
"""What this library tells servers it can take: previews that say which prompt and node they belong to."""

_logger: Final = logging.getLogger("comfy_ws")
# Without a handler of the program's own, Python would print warnings to standard error.
_logger.addHandler(logging.NullHandler())


@define
class _Gap:
    """The time without a socket, which is told once there is one again."""

    since: float
    attempts: int = 0
    reason: str = ""


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
        self._listeners: Final = Listeners()
        self._reattempts: Final = Reattempts()
        self._task: asyncio.Task[None] | None = None
        self._connection: Connection | None = None
        # What the first attempt since it was last asked for came to.
        self._attempt: asyncio.Future[StreamError | None] | None = None
        self._retry_wait: asyncio.Future[None] | None = None
        self._failure: StreamError | None = None
        self._closed = False
        self._reopening = False
        self._gap: _Gap | None = None
        self._lasted: float | None = None
        self.last_frame_at: float = 0.0

    @property
    def connected(self) -> bool:
        """Whether there is a socket right now (it may be deaf)."""
        return self._connection is not None

    @property
    def failure(self) -> StreamError | None:
        """What ended the channel for good, or `None`; also while it is tried again because somebody asked for it."""
        return self._failure

    def listen(self, on_event: Listener, on_end: EndListener | None = None) -> Callable[[], None]:
        """Hear every event from now on.

        Args:
            on_event: Called with each event and the size of its frame.
            on_end: Called when nothing more will come by itself; at once if that is so already. With an error if the
                channel failed: should somebody open it again, events come again, and it may fail again.

        Returns:
            A function that ends the listening; it may be called twice.
        """
        if self._closed:
            tell_end(on_end, self._failure)
            return lambda: None
        stop = self._listeners.add(on_event, on_end)
        if self._failure is not None:
            tell_end(on_end, self._failure)
        return stop

    async def open(self) -> None:
        """Open the socket, once; later calls wait for the same first attempt unless there is a socket.

        A channel that failed for good is tried again: at once by the first call after a socket, and then not more
        often than each second where credentials are refused, and ever more rarely where there is no websocket.

        Raises:
            StreamError: The first attempt failed, and if another may succeed, they go on in the background; or the
                channel has failed for good, and it is too early to try again.
            StreamClosedError: The channel was closed.
        """
        if self._closed:
            raise StreamClosedError
        if self._connection is not None:
            return
        if self._failure is not None:
            if not self._reattempts.is_due(asyncio.get_running_loop().time()):
                raise anew(self._failure)
            self._reattempts.tried()
            self._failure = self._attempt = None
        if self._attempt is None:
            self._attempt = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._run(), name="comfy_ws channel")
            self._task.add_done_callback(self._on_done)
        error = await asyncio.shield(self._attempt)
        if error is not None:
            raise anew(error)

    def reopen(self, reason: str) -> None:
        """Drop the socket and open another at once, or cut short the wait for the next attempt.

        Args:
            reason: Why, for the log and for the `Reconnected` event.
        """
        if self._connection is not None:
            self._gap = _Gap(asyncio.get_running_loop().time(), reason=reason)
            self._reopening = True
            self._connection.abort()
        elif self._gap is not None and self._retry_wait is not None and not self._retry_wait.done():
            self._gap.reason = reason
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
                self._settle_attempt(StreamClosedError())
                if self._failure is None:
                    self._listeners.end(None)
                self._listeners.clear()

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

    def _on_done(self, task: asyncio.Task[None]) -> None:
        # Here, for a task that is cancelled before its first step does nothing.
        if self._task is task:
            self._task = None
        if task.cancelled() and not self._closed:
            self._fail(ConnectionLostError("the task that kept it open was cancelled"))

    def _fail(self, error: StreamError) -> None:
        now = asyncio.get_running_loop().time()
        # Kept for long, so without the frames that it has passed.
        self._failure = error.with_traceback(None)
        self._note_gap(now, str(error))
        self._reopening = False
        self._reattempts.failed(error, now, lasted=self._lasted)
        self._settle_attempt(error)
        self._listeners.end(error)

    def _note_gap(self, since: float, reason: str) -> _Gap:
        self._gap = self._gap or _Gap(since)
        self._gap.reason = self._gap.reason or reason
        return self._gap

    async def _keep_connected(self) -> None:
        loop = asyncio.get_running_loop()
        delays = self._backoff.delays()
        self._lasted = None
        while not self._closed:
            began_at = loop.time()
            try:
                connection = await self._connect()
            except StreamError as error:
                gap = self._note_gap(began_at, str(error))
                gap.attempts += 1
                self._settle_attempt(error)
                if not is_retryable(error):
                    raise
                _logger.debug("attempt %d: %s", gap.attempts, error)
                await self._wait(next(delays))
                continue
            opened_at = self.last_frame_at = loop.time()
            by_request, self._reopening = self._reopening, False
            self._connection = connection
            self._settle_attempt(None)
            # What the first one came to says nothing any more, should the socket be lost.
            self._attempt = _done(loop)
            self._tell_gap(opened_at, by_request=by_request)
            try:
                await self._receive(connection)
            except StreamError as error:
                self._note_gap(loop.time(), str(error))
            finally:
                self._connection = None
                connection.abort()
                self._lasted = loop.time() - opened_at
            if self._lasted > self._backoff.maximum:
                delays = self._backoff.delays()
            if not (self._closed or self._reopening):
                await self._wait(next(delays))

    def _tell_gap(self, until: float, *, by_request: bool) -> None:
        gap, self._gap = self._gap, None
        if gap is not None:
            attempts = gap.attempts + 1
            _logger.info("websocket open again after %d attempts: %s", attempts, gap.reason)
            self._listeners.tell(Reconnected(attempts, until - gap.since, gap.reason, by_request), 0)

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
            self._listeners.tell(event, len(frame))

    async def _wait(self, delay: float) -> None:
        self._retry_wait = asyncio.get_running_loop().create_future()
        sleeping = asyncio.ensure_future(self._sleep(delay))
        try:
            await asyncio.wait([sleeping, self._retry_wait], return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            self._retry_wait = None

    def _settle_attempt(self, error: StreamError | None) -> None:
        # As a result: an exception would be the same one for all who wait.
        if self._attempt is not None and not self._attempt.done():
            self._attempt.set_result(error)


def _done(loop: asyncio.AbstractEventLoop) -> asyncio.Future[StreamError | None]:
    future: asyncio.Future[StreamError | None] = loop.create_future()
    future.set_result(None)
    return future
