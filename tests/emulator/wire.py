"""Talking to an emulated server over real sockets, for the tests of this folder."""

import asyncio
import io
import json
import struct
from collections.abc import Iterable
from typing import Any, Self

import httpx
from PIL import Image
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

FEATURE_FLAGS = json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})

Event = tuple[Any, ...]


class Listener:
    """One websocket and everything it heard so far."""

    def __init__(self, host: str, client_id: str, *, feature_flags: bool = True) -> None:
        self._url = f"ws://{host}/ws?clientId={client_id}"
        self._feature_flags = feature_flags
        self.events: list[Event] = []
        self.heard = asyncio.Condition()
        self.socket: ClientConnection

    async def __aenter__(self) -> Self:
        self.socket = await connect(self._url, max_size=None)
        self._task = asyncio.create_task(self._listen())
        if self._feature_flags:
            await self.socket.send(FEATURE_FLAGS)
            await self.until("feature_flags")
        else:
            await self.until("status")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()
        await self._task

    async def _listen(self) -> None:
        try:
            async for frame in self.socket:
                async with self.heard:
                    self.events.append(decoded(frame))
                    self.heard.notify_all()
        except ConnectionClosed:
            pass
        async with self.heard:
            self.events.append(("closed",))
            self.heard.notify_all()

    async def until(self, kind: str, seconds: float = 10, **wanted: Any) -> Event:
        """Wait until an event of a kind came, with these entries in its data."""

        def found() -> Event | None:
            for event in self.events:
                if event[0] == kind and all(event[1].get(key) == value for key, value in wanted.items()):
                    return event
            return None

        async with self.heard:
            async with asyncio.timeout(seconds):
                await self.heard.wait_for(lambda: found() is not None)
        event = found()
        assert event is not None
        return event

    async def until_end(self, prompt_id: str) -> None:
        """Wait for the last event of a prompt."""
        await self.until("executing", node=None, prompt_id=prompt_id)

    def kinds(self) -> list[str]:
        return [event[0] for event in self.events]

    def drop(self) -> None:
        """Break the connection without a close frame."""
        self.socket.transport.abort()


def decoded(frame: str | bytes) -> Event:
    if isinstance(frame, str):
        message = json.loads(frame)
        return (message["type"], message["data"])
    (kind,) = struct.unpack(">I", frame[:4])
    if kind == 1:
        (number,) = struct.unpack(">I", frame[4:8])
        return ("preview", {"format": number}, *picture_of(frame[8:]))
    (length,) = struct.unpack(">I", frame[4:8])
    head, rest = frame[8 : 8 + length], frame[8 + length :]
    if kind == 3:
        return ("progress_text", {"node": head.decode(), "text": rest.decode()})
    assert kind == 4
    return ("described_preview", json.loads(head), *picture_of(rest))


def picture_of(data: bytes) -> tuple[str | None, tuple[int, int]]:
    with Image.open(io.BytesIO(data)) as image:
        return image.format, image.size


def steps_prompt(**changes: Any) -> dict[str, Any]:
    """A prompt that steps, then shows a picture."""
    inputs = {"seed": 1, "steps": 3, "delay_ms": 0, "width": 16, "height": 16, "preview": "none"} | changes
    return {
        "1": {"class_type": "ProbeSteps", "inputs": inputs},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }


def text_prompt(text: str = "hello") -> dict[str, Any]:
    return {"1": {"class_type": "ProbeText", "inputs": {"text": text}}}


async def post(client: httpx.AsyncClient, prompt: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await client.post("/prompt", json={"prompt": prompt, **more})
    assert answer.status_code == 200, answer.text
    posted: dict[str, Any] = answer.json()
    return posted


async def finished(client: httpx.AsyncClient, prompt_id: str, seconds: float = 10) -> dict[str, Any]:
    """Wait until a prompt is in the history."""
    async with asyncio.timeout(seconds):
        while True:
            history = (await client.get(f"/history/{prompt_id}")).json()
            if history:
                record: dict[str, Any] = history[prompt_id]
                return record
            await asyncio.sleep(0.005)


def without(events: Iterable[Event], *kinds: str) -> list[Event]:
    return [event for event in events if event[0] not in kinds]
