"""A fleet as its asynchronous users see it: prompts go in, jobs and results come out.

What is handed over was prepared before, and who runs it is the dispatcher's affair; the same methods serve a broker and
this process alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from comfy_facade.errors import ClientClosedError, ComfyUIError
from comfy_facade.raw_json import RawObject
from comfy_fleet.batch import Batch
from comfy_fleet.dispatch import Dispatcher, FleetStatus
from comfy_fleet.dispatcher_choice import LocalServers, over_broker, within_process
from comfy_fleet.dispatcher_life import DispatcherLife
from comfy_fleet.fleet_progress import ProgressReceiver
from comfy_fleet.inputs import InputSources
from comfy_fleet.job import FleetJob
from comfy_fleet.preparation import Expiry, Preparation, moment
from comfy_fleet.queue_names import DEFAULT_PRIORITY, checked_priority
from comfy_fleet.results import FleetFile, FleetResult
from comfy_fleet.store import StoreLocation

if TYPE_CHECKING:
    from comfy_facade._prompt_source import PromptSource

__all__ = ["DEFAULT_PRIORITY", "AsyncFleet", "Expiry", "LocalServers"]

_logger = logging.getLogger("comfy_fleet")


class AsyncFleet:
    """Many servers behind a broker, on Celery; an asynchronous context manager.

    Args:
        broker: The broker's address, `redis://` or `amqp://`; else `COMFY_FLEET_BROKER`.
        results: The address of the result backend; else `COMFY_FLEET_RESULTS`, else the broker if that is Redis.
        store: The directory or fsspec URL that submitters and workers share; else `COMFY_FLEET_STORE`.
        unserved_timeout: Seconds without a live worker that can serve a prompt after which it fails with an
            `UnservedPromptError`; `None` to wait for as long as it takes. Either way it is told at once, by an event
            and in the log.
        visibility_timeout: Seconds after which Redis gives the prompts of a dead worker to others; all workers and
            submitters of a fleet must use the same.

    Raises:
        ValueError: An address is missing.

    Example:
        ```python
        async with AsyncFleet("redis://broker:6379", store="s3://pictures") as fleet:
            async for result in fleet.map(prompts, progress=True):
                await result.images[0].save(f"pictures/{result.prompt_id}/")
        ```
    """

    def __init__(
        self,
        broker: str | None = None,
        results: str | None = None,
        store: StoreLocation | None = None,
        *,
        unserved_timeout: float | None = 60.0,
        visibility_timeout: float | None = None,
    ) -> None:
        self._set_up(over_broker(broker, results, store, visibility_timeout), unserved_timeout)

    @classmethod
    def local(
        cls,
        servers: LocalServers,
        *,
        store: StoreLocation | None = None,
        ahead: int = 1,
        unserved_timeout: float | None = 60.0,
        most_kills: int = 3,
        lost_after: float = 60.0,
        **client_options: Any,
    ) -> Self:
        """Make a fleet of servers that this process reaches itself, with no broker to install.

        Its prompts live as long as the process. Everything else is as with a broker.

        Args:
            servers: Their addresses.
            store: Where files go; a directory that vanishes with the fleet if absent.
            ahead: How many prompts may be pending on a server beside the one that runs.
            unserved_timeout: As in the constructor.
            most_kills: How many servers a prompt may take down before it is set aside.
            lost_after: Seconds without a server after which its prompts run elsewhere.
            client_options: Further arguments of `AsyncComfyUIApiClient` for every server.

        Returns:
            The fleet.
        """
        fleet = cls.__new__(cls)
        make = within_process(
            servers,
            store,
            fleet.temporary_directory,
            ahead=ahead,
            most_kills=most_kills,
            lost_after=lost_after,
            client_options=client_options,
        )
        fleet._set_up(make, unserved_timeout)  # noqa: SLF001 - of this very class
        return fleet

    def temporary_directory(self) -> str:
        """Make a directory that vanishes when the fleet is closed.

        Returns:
            Its path.
        """
        return self._life.temporary_directory()

    def _set_up(self, make: Callable[[], Dispatcher], unserved_timeout: float | None) -> None:
        self._life = DispatcherLife(make)
        self._preparation = Preparation(unserved_timeout)

    async def submit(
        self,
        prompt: PromptSource,
        *,
        priority: int = DEFAULT_PRIORITY,
        tags: Iterable[str] = (),
        expires: Expiry = None,
        workflow: RawObject | None = None,
        inputs: InputSources | None = None,
        disable_random_seed: bool = False,
    ) -> FleetJob:
        """Hand over a prompt.

        Args:
            prompt: A prompt in API format, or anything that `Workflow.load` takes. A value in it may be a `Path`: then
                that file is uploaded to whichever server runs it. It is never changed.
            priority: From 0 to 9, the most urgent.
            tags: The worker must have been started with all of them.
            expires: When it may no longer be begun.
            workflow: The workflow to embed in saved files; by default the one that `prompt` is or carries.
            inputs: Files that the prompt names by text: a mapping from that text to the file, or a directory.
            disable_random_seed: Whether to run it as it is, instead of with fresh seeds.

        Returns:
            The job, once the broker has the prompt.

        Raises:
            InvalidWorkflowError: It is no workflow.
            ValueError: Priority or tags are none.
            StoreFailedError: A file cannot be written to the store.
            BrokerUnreachableError: The broker cannot be reached.
            ClientClosedError: The fleet was closed.
        """
        checked_priority(priority)
        dispatcher = await self._life.opened()
        task = await self._preparation.task(
            prompt, dispatcher, tags=tags, workflow=workflow, inputs=inputs, disable_random_seed=disable_random_seed
        )
        job = FleetJob(task.prompt_id, dispatcher.store, self._cancel, task.seeds)
        job.tell("queued")
        self._life.check()
        await dispatcher.send(task, job, priority=priority, expires_at=moment(expires))
        return job

    async def attach(self, prompt_id: str) -> FleetJob:
        """Follow a prompt that was handed over before, by another process perhaps, beside all who follow it already.

        Args:
            prompt_id: Its id.

        Returns:
            Its job. For an id that the fleet never had, it waits for ever.

        Raises:
            ClientClosedError: The fleet was closed.
            ValueError: This fleet is a local one, and the prompt is over or another process's.
        """
        dispatcher = await self._life.opened()
        job = FleetJob(prompt_id, dispatcher.store, self._cancel)
        await dispatcher.attach(job)
        return job

    async def run(self, prompt: PromptSource, /, **options: Any) -> FleetResult[FleetFile]:
        """Hand over a prompt and wait for its result; cancelling the call cancels the prompt.

        Args:
            prompt: As for `submit`.
            options: As for `submit`.

        Returns:
            The result.
        """
        job = await self.submit(prompt, **options)
        try:
            return await job.result()
        except asyncio.CancelledError:
            try:
                await asyncio.shield(job.cancel())
            except ClientClosedError:
                # A fleet that was closed meanwhile has no more to cancel here.
                pass
            except ComfyUIError as error:
                _logger.warning("prompt %s could not be cancelled and may run: %s", job.prompt_id, error)
            raise

    async def map(
        self,
        prompts: Iterable[PromptSource] | AsyncIterable[PromptSource],
        *,
        progress: ProgressReceiver | bool = False,
        at_once: int = 1000,
        return_errors: bool = False,
        **options: Any,
    ) -> AsyncIterator[FleetResult[FleetFile]]:
        """Run many prompts and give their results in the order of the prompts.

        Args:
            prompts: The prompts; taken as places become free.
            progress: `True` for one progress bar for all, or who shall be told.
            at_once: How many are handed over at a time.
            return_errors: Whether to yield the error of a prompt that failed in place of its result. Otherwise it is
                raised, and the prompts that are not over are cancelled.
            options: As for `submit`, for all.

        Yields:
            The results.
        """
        batch = Batch(partial(self.submit, **options), prompts, at_once, progress)
        try:
            async for job in batch.in_order():
                try:
                    yield await job.result()
                except ComfyUIError as error:
                    if not return_errors:
                        raise
                    yield error  # type: ignore[misc] # pyright: ignore[reportReturnType] - as asked for
        finally:
            await batch.close()

    async def as_completed(
        self,
        prompts: Iterable[PromptSource | FleetJob] | AsyncIterable[PromptSource | FleetJob],
        *,
        progress: ProgressReceiver | bool = False,
        at_once: int = 1000,
        **options: Any,
    ) -> AsyncIterator[FleetJob]:
        """Run many prompts and give their jobs as they end, well or not.

        Args:
            prompts: The prompts, or jobs that were submitted before; taken as places become free.
            progress: `True` for one progress bar for all, or who shall be told.
            at_once: How many are handed over at a time.
            options: As for `submit`, for all.

        Yields:
            Jobs that are over. If this is left early, those that it submitted and that are not over are cancelled.
        """
        batch = Batch(partial(self.submit, **options), prompts, at_once, progress)
        try:
            async for job in batch.as_they_end():
                yield job
        finally:
            await batch.close()

    async def status(self) -> FleetStatus:
        """Say how the fleet stands.

        Returns:
            Workers, what they run, queue lengths, failures.

        Raises:
            BrokerUnreachableError: The broker cannot be reached.
            ClientClosedError: The fleet was closed.
        """
        return await (await self._life.opened()).status()

    async def close(self) -> None:
        """Stop listening, for good. Prompts that a broker has go on; those of a local fleet are cancelled."""
        await self._life.close()

    async def __aenter__(self) -> Self:
        await self._life.opened()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _cancel(self, prompt_id: str) -> bool:
        return await (await self._life.opened()).cancel(prompt_id)
