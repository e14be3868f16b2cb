"""Where events wait for one reader.

It puts a bounded buffer and a waiting reader together, and belongs to one event loop. It hears nothing by itself:
whoever owns it puts events in.
"""

from __future__ import annotations

import asyncio
from typing import Final, Self

from comfy_ws.buffer import BacklogLimits, EventBuffer
from comfy_ws.errors import SlowConsumerError, StreamError, anew
from comfy_ws.events import Event


class Inbox:
    """Events for one reader, an asynchronous iterator that ends when its writer ends it.

    Args:
        limits: How much may stay unread.
    """

    def __init__(self, limits: BacklogLimits | None = None) -> None:
        self._buffer: Final = EventBuffer(limits or BacklogLimits())
        self._reader: asyncio.Future[None] | None = None
        self._error: StreamError | None = None
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """Wait for the next event.

        Returns:
            The event.

        Raises:
            SlowConsumerError: Too much was left unread.
            StreamError: What the inbox was ended with, once everything before it is read.
            StopAsyncIteration: The inbox was ended.
        """
        while not self._buffer:
            if self._ended:
                if self._error is not None:
                    raise anew(self._error)
                raise StopAsyncIteration
            if self._reader is None or self._reader.done():
                self._reader = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._reader)
        return self._buffer.pop()

    def put(self, event: Event, size: int = 0) -> None:
        """Add an event.

        Args:
            event: The event.
            size: The size of its frame, in bytes.
        """
        if self._ended:
            return
        try:
            self._buffer.push(event, size)
        except SlowConsumerError as error:
            self.end(error)
        self._wake()

    def end(self, error: StreamError | None = None) -> None:
        """Say that nothing more will come.

        Args:
            error: What the reader gets after the last event; `None` to just stop.
        """
        if not self._ended:
            self._ended, self._error = True, error
        self._wake()

    def resume(self) -> None:
        """Take events again after an end with an error, unless that was the reader's being too far behind.

        What was not read yet stays to be read, and the error is not told any more.
        """
        if self._error is not None and not isinstance(self._error, SlowConsumerError):
            self._ended, self._error = False, None

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
