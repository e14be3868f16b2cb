"""A fleet as synchronous code sees it: every method of `AsyncFleet`, lifted; nothing is written twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from comfy_facade._portal import Portal, lift, lift_as
from comfy_facade.errors import ComfyUIError
from comfy_facade.progress import RunProgress
from comfy_fleet.dispatcher_choice import LocalServers
from comfy_fleet.fleet import AsyncFleet
from comfy_fleet.fleet_progress import ProgressReceiver
from comfy_fleet.job import FleetEvent, FleetJob
from comfy_fleet.prompt_task import Seeds
from comfy_fleet.results import FleetFile, FleetResult, SyncFleetFile, sync_result
from comfy_fleet.store import StoreLocation

if TYPE_CHECKING:
    from comfy_facade._prompt_source import PromptSource

T = TypeVar("T")


def _sync_result(_portal: Portal, result: FleetResult[FleetFile]) -> FleetResult[SyncFleetFile]:
    return sync_result(result)


class SyncFleetJob:
    """A prompt that a fleet was given, see `FleetJob`: the same without `await`."""

    def __init__(self, portal: Portal, lifted: FleetJob) -> None:
        self.portal: Final = portal
        self.lifted: Final = lifted

    def __repr__(self) -> str:
        return f"<Sync{repr(self.lifted)[1:]}"

    result = lift_as(FleetJob.result, _sync_result)
    wait = lift(FleetJob.wait)
    cancel = lift(FleetJob.cancel)

    @property
    def prompt_id(self) -> str:
        """The prompt's id, see `FleetJob.prompt_id`."""
        return self.lifted.prompt_id

    @property
    def seeds(self) -> Seeds:
        """The seeds that were set, see `FleetJob.seeds`."""
        return self.lifted.seeds

    @property
    def worker(self) -> str:
        """The worker that has it, see `FleetJob.worker`."""
        return self.lifted.worker

    @property
    def progress(self) -> RunProgress:
        """How far it is, see `FleetJob.progress`."""
        return self.lifted.progress

    @property
    def is_over(self) -> bool:
        """Whether its result, or its error, is there."""
        return self.lifted.is_over

    @property
    def has_failed(self) -> bool:
        """Whether it is over and gave an error."""
        return self.lifted.has_failed

    def events(self) -> Iterator[FleetEvent]:
        """Follow it, see `FleetJob.events`.

        Yields:
            What happens to it.
        """
        yield from _iterated(self.portal, self.lifted.events())


class Fleet:
    """Many servers behind a broker, on Celery; a context manager. See `AsyncFleet` for the arguments.

    Example:
        ```python
        with Fleet("redis://broker:6379", store="/mnt/pictures") as fleet:
            for result in fleet.map(prompts, progress=True):
                result.images[0].save(f"pictures/{result.prompt_id}/")
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
        self._set_up(
            AsyncFleet(broker, results, store, unserved_timeout=unserved_timeout, visibility_timeout=visibility_timeout)
        )

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
        """Make a fleet of servers that this process reaches itself, see `AsyncFleet.local`.

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
        fleet._set_up(  # noqa: SLF001 - of this very class
            AsyncFleet.local(
                servers,
                store=store,
                ahead=ahead,
                unserved_timeout=unserved_timeout,
                most_kills=most_kills,
                lost_after=lost_after,
                **client_options,
            )
        )
        return fleet

    def _set_up(self, lifted: AsyncFleet) -> None:
        self.portal = Portal()
        self.lifted = lifted
        self.portal.end_with(lifted.close)

    submit = lift_as(AsyncFleet.submit, SyncFleetJob)
    attach = lift_as(AsyncFleet.attach, SyncFleetJob)
    run = lift_as(AsyncFleet.run, _sync_result)
    status = lift(AsyncFleet.status)

    def map(
        self,
        prompts: Iterable[PromptSource],
        *,
        progress: ProgressReceiver | bool = False,
        at_once: int = 1000,
        return_errors: bool = False,
        **options: Any,
    ) -> Iterator[FleetResult[SyncFleetFile]]:
        """Run many prompts and give their results in the order of the prompts, see `AsyncFleet.map`.

        Args:
            prompts: The prompts.
            progress: `True` for one progress bar for all, or who shall be told.
            at_once: How many are handed over at a time.
            return_errors: Whether to yield the error of a prompt that failed in place of its result.
            options: As for `submit`, for all.

        Yields:
            The results.
        """
        results = self.lifted.map(prompts, progress=progress, at_once=at_once, return_errors=return_errors, **options)
        for result in _iterated(self.portal, results):
            # Where errors are asked for, they come in place of results.
            item: Any = result
            shown: Any = item if isinstance(item, ComfyUIError) else sync_result(item)
            yield shown

    def as_completed(
        self,
        prompts: Iterable[PromptSource | SyncFleetJob],
        *,
        progress: ProgressReceiver | bool = False,
        at_once: int = 1000,
        **options: Any,
    ) -> Iterator[SyncFleetJob]:
        """Run many prompts and give their jobs as they end, see `AsyncFleet.as_completed`.

        Args:
            prompts: The prompts, or jobs that were submitted before.
            progress: `True` for one progress bar for all, or who shall be told.
            at_once: How many are handed over at a time.
            options: As for `submit`, for all.

        Yields:
            Jobs that are over.
        """
        lifted = (prompt.lifted if isinstance(prompt, SyncFleetJob) else prompt for prompt in prompts)
        # A list tells its length, which the bar shows.
        plain = [*lifted] if isinstance(prompts, list) else lifted
        jobs = self.lifted.as_completed(plain, progress=progress, at_once=at_once, **options)
        for job in _iterated(self.portal, jobs):
            yield SyncFleetJob(self.portal, job)

    def close(self) -> None:
        """Stop listening, see `AsyncFleet.close`, and end the fleet's thread."""
        try:
            if self.portal.is_open:
                self.portal.call(self.lifted.close)
        finally:
            self.portal.close()

    def __enter__(self) -> Self:
        try:
            self.portal.call(self.lifted.__aenter__)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _iterated(portal: Portal, items: AsyncIterator[T]) -> Iterator[T]:
    async def take() -> tuple[T] | None:
        try:
            return (await anext(items),)
        except StopAsyncIteration:
            return None

    async def close() -> None:
        end = getattr(items, "aclose", None)
        if end is not None:
            await end()

    try:
        while (item := portal.call(take)) is not None:
            yield item[0]
    finally:
        if portal.is_open:
            portal.call(close)
