"""Many prompts of one call: handed over as places become free, given back in order or as they end.

It knows a fleet only as something that takes a prompt and gives a job.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from comfy_fleet.fleet_progress import FleetProgress, ProgressReceiver
from comfy_fleet.job import FleetJob

T = TypeVar("T")

_TICK: Final = 0.25


class Batch:
    """Many prompts of one call, handed over as places become free.

    Args:
        submit: Hands over a prompt.
        prompts: The prompts, or jobs.
        at_once: How many are handed over at a time.
        progress: Who is told how far all are.
    """

    def __init__(
        self,
        submit: Callable[[Any], Awaitable[FleetJob]],
        prompts: Iterable[Any] | AsyncIterable[Any],
        at_once: int,
        progress: ProgressReceiver | bool,
    ) -> None:
        self._submit: Final = submit
        self._prompts: Final = _iterated(prompts)
        self._total: Final = len(prompts) if isinstance(prompts, Sequence) else None
        self._places: Final = asyncio.Semaphore(max(at_once, 1))
        self._progress: Final = FleetProgress(progress, time.monotonic)
        self._given: Final = asyncio.Queue[FleetJob | BaseException | None]()
        self._ended: Final = asyncio.Queue[FleetJob | BaseException | None]()
        self._live: Final[dict[str, FleetJob]] = {}
        self._own: Final[set[str]] = set()
        self._waits: Final[set[asyncio.Task[None]]] = set()
        self._done = self._failed = 0
        self._giving: Final = asyncio.create_task(self._give())
        self._ticking: Final = asyncio.create_task(self._tick())

    async def in_order(self) -> AsyncIterator[FleetJob]:
        """Give the jobs in the order of the prompts, each once it is over.

        Yields:
            The jobs.
        """
        while (job := _or_raise(await self._given.get())) is not None:
            await job.wait()
            yield job
            self._places.release()

    async def as_they_end(self) -> AsyncIterator[FleetJob]:
        """Give the jobs as they end.

        Yields:
            The jobs.
        """
        while (job := _or_raise(await self._ended.get())) is not None:
            yield job
            self._places.release()

    async def close(self) -> None:
        """Stop, and cancel what was handed over here and is not over."""
        self._giving.cancel()
        self._ticking.cancel()
        await asyncio.wait([self._giving, self._ticking])
        left = [job for prompt_id, job in self._live.items() if prompt_id in self._own and not job.is_over]
        await asyncio.gather(*(job.cancel() for job in left), return_exceptions=True)
        for wait in self._waits:
            wait.cancel()
        self._tell()

    async def _give(self) -> None:
        try:
            async for prompt in self._prompts:
                await self._places.acquire()
                if isinstance(prompt, FleetJob):
                    job = prompt
                else:
                    job = await self._submit(prompt)
                    self._own.add(job.prompt_id)
                self._live[job.prompt_id] = job
                wait = asyncio.create_task(self._wait(job))
                self._waits.add(wait)
                wait.add_done_callback(self._waits.discard)
                self._given.put_nowait(job)
        except Exception as error:  # noqa: BLE001 - raised where the results are read
            self._given.put_nowait(error)
            self._ended.put_nowait(error)
            return
        self._given.put_nowait(None)
        while self._waits:
            await asyncio.wait(self._waits)
        self._ended.put_nowait(None)

    async def _wait(self, job: FleetJob) -> None:
        await job.wait()
        self._live.pop(job.prompt_id, None)
        self._own.discard(job.prompt_id)
        self._done += 1
        self._failed += job.has_failed
        self._ended.put_nowait(job)

    async def _tick(self) -> None:
        while True:
            self._tell()
            await asyncio.sleep(_TICK)

    def _tell(self) -> None:
        self._progress.tell(list(self._live.values()), self._done, self._failed, self._total)


def _or_raise(item: FleetJob | BaseException | None) -> FleetJob | None:
    if isinstance(item, BaseException):
        raise item
    return item


async def _iterated(items: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
