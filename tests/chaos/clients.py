"""Both clients behind one face, so that every fault meets both.

The synchronous one is called from threads, one per call, as a program with many threads would.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from comfy_facade import AsyncComfyUIApiClient, ComfyUIApiClient, Job, PromptResult, SyncJob
from comfy_ws import BacklogLimits, Event

Flavour = Literal["async", "sync"]
FLAVOURS: tuple[Flavour, ...] = ("async", "sync")

_MOST_THREADS = 256


class EventRecord:
    """What a stream of events gives, with the time of each, read by a task or a thread of its own.

    Attributes:
        seen: Each event and when it came, on the monotonic clock.
        error: What the stream ended with, if it did not just end.
    """

    def __init__(self) -> None:
        self.seen: list[tuple[float, Event]] = []
        self.error: Exception | None = None
        self.ended_at: float | None = None

    def add(self, event: Event) -> None:
        """Note an event."""
        self.seen.append((time.monotonic(), event))

    def end(self, error: Exception | None) -> None:
        """Note the end."""
        self.error, self.ended_at = error, time.monotonic()

    @property
    def events(self) -> list[Event]:
        """The events alone."""
        return [event for _, event in self.seen]

    def kinds(self) -> list[str]:
        """The types of the events."""
        return [event.type for event in self.events]

    async def until(self, *kinds: str, since: float = 0.0, limit: float = 20.0) -> float:
        """Wait for an event of one of some types, and say when it came."""

        def found() -> float | None:
            return next((at for at, event in list(self.seen) if at >= since and event.type in kinds), None)

        await eventually(lambda: found() is not None, limit, lambda: f"no {kinds} in {self.kinds()[-20:]}")
        at = found()
        assert at is not None
        return at

    async def until_end(self, limit: float = 20.0) -> float:
        """Wait for the end, and say when it came."""
        await eventually(lambda: self.ended_at is not None, limit, lambda: f"no end after {self.kinds()[-20:]}")
        assert self.ended_at is not None
        return self.ended_at


class DrivenJob:
    """A job of either client."""

    def __init__(self, client: Client, job: Job | SyncJob) -> None:
        self._client = client
        self.job = job
        self.prompt_id = job.prompt_id

    async def result(self, timeout: float = 30.0) -> PromptResult[Any]:
        """Wait for the result."""
        result: PromptResult[Any] = await self._client.call(self.job.result, timeout=timeout)
        return result

    async def cancel(self) -> bool:
        """Cancel it."""
        return bool(await self._client.call(self.job.cancel))

    def record(self) -> EventRecord:
        """Note its events from now on."""
        return self._client.read(self.job)


class Client:
    """One client of either flavour."""

    def __init__(self, flavour: Flavour, url: str, **options: Any) -> None:
        self.flavour = flavour
        self.raw: AsyncComfyUIApiClient | ComfyUIApiClient
        if flavour == "async":
            self.raw = AsyncComfyUIApiClient(url=url, **options)
        else:
            self.raw = ComfyUIApiClient(url=url, **options)
        self._threads = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="chaos caller")
        self._readers: set[asyncio.Future[None]] = set()
        self._closed = False

    @property
    def client_id(self) -> str:
        """The id under which the server knows it."""
        return self.raw.client_id

    async def call(self, method: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Call a method of the client, or of something that it gave."""
        if self.flavour == "async":
            return await method(*args, **options)
        call = functools.partial(method, *args, **options)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def open(self) -> None:
        """Open the websocket."""
        await self.call(self.raw.init)

    async def run(self, prompt: dict[str, Any], **options: Any) -> PromptResult[Any]:
        """Run a prompt, with a time limit so that no test hangs."""
        options.setdefault("timeout", 30.0)
        result: PromptResult[Any] = await self.call(self.raw.run_prompt, prompt, **options)
        return result

    async def submit(self, prompt: dict[str, Any], **options: Any) -> DrivenJob:
        """Submit a prompt."""
        return DrivenJob(self, await self.call(self.raw.submit, prompt, **options))

    async def stream(self, limits: BacklogLimits | None = None) -> Any:
        """Give a stream of events that nobody reads yet."""
        if isinstance(self.raw, ComfyUIApiClient):
            return await self.call(self.raw.events, limits=limits)
        return self.raw.events(limits=limits)

    async def record(self) -> EventRecord:
        """Note all events from now on."""
        return self.read(await self.stream())

    def read(self, stream: Any) -> EventRecord:
        """Note what a stream gives, in the background."""
        record = EventRecord()
        loop = asyncio.get_running_loop()
        if self.flavour == "async":
            reader: asyncio.Future[None] = loop.create_task(_read(stream, record))
        else:
            reader = loop.run_in_executor(self._threads, _read_in_thread, stream, record)
        self._readers.add(reader)
        return record

    async def close(self) -> None:
        """Close it; whatever reads its events ends by that."""
        if self._closed:
            return
        self._closed = True
        await self.call(self.raw.close)
        if self._readers:
            await asyncio.wait(self._readers, timeout=5)
        for reader in self._readers:
            reader.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)


async def _read(stream: Any, record: EventRecord) -> None:
    try:
        async for event in stream:
            record.add(event)
    except Exception as error:  # noqa: BLE001 - it is what the test looks at
        record.end(error)
    else:
        record.end(None)


def _read_in_thread(stream: Any, record: EventRecord) -> None:
    try:
        for event in stream:
            record.add(event)
    except Exception as error:  # noqa: BLE001 - it is what the test looks at
        record.end(error)
    else:
        record.end(None)


async def eventually(condition: Callable[[], bool], limit: float, told: Callable[[], str] = lambda: "") -> None:
    """Wait until something is true that nobody announces."""
    ends_at = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < ends_at, f"not within {limit} s: {told()}"
        await asyncio.sleep(0.005)
