"""The synchronous sides of what the client gives: results, jobs, event streams.

Each stands for its asynchronous original and adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self, cast

from comfy_facade._events import ClientEventStream
from comfy_facade._portal import Portal, lift, lift_as
from comfy_facade.job import Job
from comfy_facade.models import QueuedPrompt
from comfy_facade.progress import RunProgress
from comfy_facade.results import OutputFile, PromptResult, SyncOutputFile
from comfy_ws import Event


def sync_file(portal: Portal, file: OutputFile) -> SyncOutputFile:
    """Make the synchronous side of a file.

    Args:
        portal: Where its client lives.
        file: The file.

    Returns:
        The same file.
    """
    return SyncOutputFile(
        filename=file.filename,
        subfolder=file.subfolder,
        type=file.type,
        node_id=file.node_id,
        output_name=file.output_name,
        node_title=file.node_title,
        is_animated=file.is_animated,
        url=file.url,
        reader=lambda: portal.call(file.read),
        saver=lambda to: portal.call(file.save, to),
    )


def sync_result(portal: Portal, result: PromptResult[OutputFile]) -> PromptResult[SyncOutputFile]:
    """Make the synchronous side of a result.

    Args:
        portal: Where its client lives.
        result: The result.

    Returns:
        The same result.
    """
    return PromptResult(
        prompt_id=result.prompt_id,
        images=tuple(sync_file(portal, file) for file in result.images),
        files=tuple(sync_file(portal, file) for file in result.files),
        texts=result.texts,
        outputs=result.outputs,
        streamed_images=result.streamed_images,
        seeds=result.seeds,
        prompt=result.prompt,
        node_errors=result.node_errors,
        cached_nodes=result.cached_nodes,
        timings=result.timings,
        events_complete=result.events_complete,
    )


class SyncJob:
    """A prompt that the server took, as the synchronous client gives it: `Job` without `await`."""

    def __init__(self, portal: Portal, job: Job) -> None:
        self.portal: Final = portal
        self.lifted: Final = job

    result = lift_as(Job.result, sync_result)
    cancel = lift(Job.cancel)

    @property
    def prompt_id(self) -> str:
        """The prompt's id on the server."""
        return self.lifted.prompt_id

    @property
    def progress(self) -> RunProgress:
        """How far the run is."""
        return self.lifted.progress

    @property
    def seeds(self) -> Mapping[tuple[str, str], int]:
        """The seeds that were set for this run, by node id and input name."""
        return self.lifted.seeds

    @property
    def queued(self) -> QueuedPrompt | None:
        """The server's answer to the prompt."""
        return self.lifted.queued

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        """Wait for the next event of the run.

        Returns:
            The event.

        Raises:
            StopIteration: The run is over.
        """
        return _next(self.portal, self.lifted)


class SyncEventStream:
    """Everything the server tells a client, as a plain iterator and context manager."""

    def __init__(self, portal: Portal, stream: ClientEventStream) -> None:
        self.portal: Final = portal
        self.lifted: Final = stream

    open = lift(ClientEventStream.open)
    close = lift(ClientEventStream.close)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        """Wait for the next event.

        Returns:
            The event.

        Raises:
            StopIteration: The stream or its client was closed.
        """
        return _next(self.portal, self.lifted)


_END: Final = object()


def _next(portal: Portal, events: Job | ClientEventStream) -> Event:
    async def advance() -> Event | object:
        # StopAsyncIteration would not pass through a future as itself.
        return await anext(events, _END)

    event = portal.call(advance)
    if event is _END:
        raise StopIteration
    return cast("Event", event)
