"""Events to iterate over: `async for event in stream`.

A stream holds what its reader has not read yet, within bounds. It opens no socket itself: it listens to a channel,
its own or one that it shares with others, so a client id is never connected twice.
"""

from __future__ import annotations

import ssl as ssl_module
import weakref
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, Self

from comfy_ws.buffer import BacklogLimits
from comfy_ws.channel import FEATURE_FLAGS, EventChannel
from comfy_ws.connection import Connector, Handshake
from comfy_ws.errors import StreamClosedError, StreamError
from comfy_ws.events import Event
from comfy_ws.inbox import Inbox
from comfy_ws.opening import open_connection
from comfy_ws.reconnect import Backoff


class EventStream:
    """The events of a ComfyUI server, as an asynchronous iterator and context manager.

    Every event since the stream was made is yielded, in order; a reconnect in between shows as `Reconnected`. A
    reader that falls behind gets previews and progress coalesced, see `BacklogLimits`. What no other attempt would
    mend (credentials that are refused, an address without a websocket) ends it with an error; `open` tries again.

    Args:
        source: The websocket address, as `websocket_url` builds it, or a channel that somebody else opens and
            closes; then only `limits` counts of the rest.
        headers: Extra headers of the handshake, credentials among them.
        ssl: How to verify a `wss` server.
        feature_flags: What to tell the server on each connection.
        max_message_bytes: Longer messages end the socket; `None` for no limit (outputs can be many megabytes).
        ping_interval: Seconds between keepalive pings, or `None` for none.
        ping_timeout: Seconds until an unanswered ping ends the socket.
        open_timeout: Seconds for one attempt to connect.
        backoff: The delays between attempts.
        limits: How much may stay unread.
        connector: Opens sockets; for tests and other platforms.

    Example:
        ```python
        async with EventStream(websocket_url("http://127.0.0.1:8188", "my-client")) as stream:
            async for event in stream:
                print(event.type)
        ```
    """

    def __init__(
        self,
        source: str | EventChannel,
        *,
        headers: Mapping[str, str] | None = None,
        ssl: ssl_module.SSLContext | None = None,
        feature_flags: Mapping[str, Any] = FEATURE_FLAGS,
        max_message_bytes: int | None = None,
        ping_interval: float | None = 5.0,
        ping_timeout: float | None = 6.0,
        open_timeout: float = 10.0,
        backoff: Backoff | None = None,
        limits: BacklogLimits | None = None,
        connector: Connector = open_connection,
    ) -> None:
        if isinstance(source, EventChannel):
            self._channel = source
        else:
            handshake = Handshake(
                source,
                headers=dict(headers or {}),
                ssl=ssl,
                open_timeout=open_timeout,
                ping_interval=ping_interval,
                ping_timeout=ping_timeout,
                max_message_bytes=max_message_bytes,
            )
            self._channel = EventChannel(handshake, feature_flags=feature_flags, backoff=backoff, connector=connector)
        self._owns_channel: Final = not isinstance(source, EventChannel)
        self._inbox: Final = Inbox(limits or BacklogLimits())
        self._is_closed = False
        self._stop_listening: Final = _listen_weakly(self._channel, self._inbox)

    @property
    def connected(self) -> bool:
        """Whether there is a socket right now."""
        return self._channel.connected

    async def open(self) -> None:
        """Open the socket if it is not open yet, again too after the connection ended for good.

        Raises:
            StreamError: The first attempt failed, or it is too early for another.
        """
        if not self._is_closed:
            # Before it is open, for the first events come at once.
            self._inbox.resume()
        try:
            await self._channel.open()
        except StreamClosedError:
            self._inbox.end(None)
            raise
        finally:
            if self._channel.failure is not None:
                self._inbox.end(self._channel.failure)

    async def close(self) -> None:
        """End the stream; its socket too, unless others share it."""
        self._is_closed = True
        self._stop_listening()
        self._inbox.end(None)
        if self._owns_channel:
            await self._channel.close()

    async def __aenter__(self) -> Self:
        try:
            await self.open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """Wait for the next event.

        Returns:
            The event.

        Raises:
            SlowConsumerError: Too much was left unread.
            StreamError: The connection ended for good, unless `open` is called again.
            StopAsyncIteration: The stream was closed.
        """
        return await anext(self._inbox)


def _listen_weakly(channel: EventChannel, inbox: Inbox) -> Callable[[], None]:
    # A stream that its reader dropped without closing must not go on filling its buffer.
    reference = weakref.ref(inbox)

    def on_event(event: Event, size: int) -> None:
        target = reference()
        if target is not None:
            target.put(event, size)

    def on_end(error: StreamError | None) -> None:
        target = reference()
        if target is not None:
            target.end(error)

    stop = channel.listen(on_event, on_end)
    weakref.finalize(inbox, stop)
    return stop
