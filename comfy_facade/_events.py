"""The events of a client to iterate over, with the SDK's own exceptions."""

from __future__ import annotations

from comfy_facade.errors import (
    AuthenticationError,
    ClientClosedError,
    ComfyUIError,
    ConnectionFailedError,
    SlowConsumerError,
)
from comfy_ws import (
    ConnectFailedError,
    ConnectionLostError,
    Event,
    EventStream,
    HandshakeRejectedError,
    StreamClosedError,
    StreamError,
)
from comfy_ws import SlowConsumerError as SlowReaderError


class ClientEventStream(EventStream):
    """Everything the server tells a client: an asynchronous iterator and context manager."""

    async def open(self) -> None:
        """Open the client's socket if it is not open yet.

        Raises:
            AuthenticationError: The handshake was refused for its credentials.
            ConnectionFailedError: There is no websocket to be had.
            ClientClosedError: The client is closed.
        """
        try:
            await super().open()
        except StreamError as error:
            raise translated(error) from error

    async def __anext__(self) -> Event:
        """Wait for the next event.

        Returns:
            The event.

        Raises:
            SlowConsumerError: Too much was left unread.
            AuthenticationError: A reconnect was refused for its credentials.
            ConnectionFailedError: The connection ended for good.
            StopAsyncIteration: The stream or its client was closed.
        """
        try:
            return await super().__anext__()
        except StreamError as error:
            raise translated(error) from error


def translated(error: StreamError) -> ComfyUIError:
    """Make an error of the SDK of one of the stream.

    Args:
        error: What the stream raised.

    Returns:
        The error to raise instead.
    """
    match error:
        case HandshakeRejectedError(status=401 | 403):
            return AuthenticationError(error.status, error.url)
        case ConnectFailedError():
            return ConnectionFailedError(error.url, error.reason)
        case ConnectionLostError():
            return ConnectionFailedError("", error.reason)
        case SlowReaderError():
            return SlowConsumerError(error.limit)
        case StreamClosedError():
            return ClientClosedError()
        case _:
            return ConnectionFailedError("", str(error))
