"""The event stream alone: every event in one match that leaves nothing out. It is checked, never run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never, assert_type

from comfy_ws import (
    AssetScan,
    BacklogLimits,
    Backoff,
    BrowserConnector,
    ConnectFailedError,
    Connection,
    ConnectionLostError,
    Connector,
    Event,
    EventChannel,
    EventStream,
    Executed,
    Executing,
    ExecutionCached,
    ExecutionError,
    ExecutionInterrupted,
    ExecutionStart,
    ExecutionSuccess,
    FeatureFlags,
    Handshake,
    HandshakeAnswer,
    HandshakeRejectedError,
    Inbox,
    Logs,
    NodeProgress,
    PreviewImage,
    Progress,
    ProgressState,
    ProgressText,
    Reconnected,
    SlowConsumerError,
    Status,
    StreamClosedError,
    StreamError,
    UndecodableFrame,
    UnknownEvent,
    decode,
    is_retryable,
    open_connection,
    websocket_url,
)


def told(event: Event) -> str | None:
    match event:
        case Status():
            return f"{event.queue_remaining} left for {event.sid}"
        case FeatureFlags() | Logs() | AssetScan() | UnknownEvent():
            return event.type
        case ExecutionStart() | ExecutionSuccess():
            assert_type((event.prompt_id, event.timestamp), tuple[str, float | None])
            return event.prompt_id
        case ExecutionCached():
            return ", ".join(event.nodes)
        case Executing():
            return event.node
        case Progress():
            return f"{event.value} of {event.max} in {event.node}"
        case ProgressState():
            node: NodeProgress = event.nodes["1"]
            return f"{node.value} of {node.max}: {node.state}"
        case Executed():
            return event.node
        case ExecutionError() | ExecutionInterrupted():
            return event.node_id
        case PreviewImage():
            assert_type((event.data, event.mime_type), tuple[bytes, str])
            return event.node_id
        case ProgressText():
            return event.text
        case Reconnected():
            return f"after {event.downtime} s and {event.attempts} attempts: {event.reason}"
        case UndecodableFrame():
            assert_type(event.raw, str | bytes)
            return event.reason
        case _:
            assert_never(event)


async def streams() -> None:
    url = websocket_url("http://127.0.0.1:8188", "me")
    try:
        async with EventStream(url, limits=BacklogLimits(events=10)) as stream:
            async for event in stream:
                assert_type(event, Event)
    except HandshakeRejectedError as error:
        assert_type(error.status, int)
    except (ConnectFailedError, ConnectionLostError, SlowConsumerError, StreamClosedError) as error:
        assert_type(is_retryable(error), bool)
    except StreamError as error:
        assert_type(str(error), str)
    assert_type(decode("{}"), Event)
    assert_type(Backoff().delays(), Iterator[float])


async def channels(answer: HandshakeAnswer) -> None:
    connector: Connector = open_connection
    in_a_page: Connector = BrowserConnector(query=lambda: {"token": "a"})
    EventChannel(Handshake("ws://127.0.0.1:8188/ws"), connector=in_a_page)
    channel = EventChannel(Handshake("ws://127.0.0.1:8188/ws"), connector=connector)
    inbox = Inbox()
    channel.listen(inbox.put, inbox.end)
    async for event in inbox:
        assert_type(event, Event)
    connection: Connection = await connector(Handshake("ws://127.0.0.1:8188/ws"))
    assert_type(await connection.recv(), str | bytes)
    assert_type(answer.body, bytes)
