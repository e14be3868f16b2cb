"""One server and the prompts that a worker runs on it: posted once, or picked up, and their files put into the store.

It knows neither the broker nor other workers. Whatever ends a run while the server cannot be blamed on the prompt is a
`ServerLostError`; everything else is the error that one client would raise.
"""

from __future__ import annotations

import asyncio
import logging
import unicodedata
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Final, TypeVar

from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_facade.errors import (
    AuthenticationError,
    ConnectionFailedError,
    NotFoundError,
    PromptNotFoundError,
    UnexpectedResponseError,
)
from comfy_facade.progress import ProgressCount, RunProgress
from comfy_facade.raw_json import RawObject
from comfy_facade.results import OutputFile, PromptResult
from comfy_facade.saving import safe_name
from comfy_fleet.inputs import with_server_names
from comfy_fleet.model_needs import lacking, model_files
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.results import manifest
from comfy_fleet.server_inputs import ServerInputs
from comfy_fleet.store import Store, StoredFile
from comfy_ws import Event, Executing, ExecutionStart

T = TypeVar("T")

_logger: Final = logging.getLogger("comfy_fleet")

# The server restarted, or lost what it had; that somebody deleted the prompt is no loss.
_LOSSES: Final = frozenset({"forgotten", "evicted", "unknown"})
# Seconds between two readings of the server's definitions that are made because a prompt lacks something.
_DEFINITIONS_AGE: Final = 10.0
_PAUSE: Final = 0.5


class ServerLostError(Exception):
    """The server went away, or forgot the prompt, before it was done."""


class RunWatcher:
    """Is told how a run goes. Both methods are called in the event loop and must not wait."""

    def on_running(self) -> None:
        """The prompt left the server's queue."""

    def on_progress(self, progress: RunProgress) -> None:
        """The run got further.

        Args:
            progress: How far it is.
        """


class ServerRunner:
    """Runs prompts on one server.

    Args:
        client: The server's client, which the caller opens and closes.
        name: The worker's name.
        store: Where files go.
        lost_after: Seconds without the server after which what it has is given up.
    """

    def __init__(self, client: AsyncComfyUIApiClient, name: str, store: Store, lost_after: float) -> None:
        self.client: Final = client
        self.name: Final = name
        self.store: Final = store
        self._lost_after: Final = lost_after
        self.loaded: frozenset[str] = frozenset()
        self._node_defs: RawObject | None = None
        self._read_at = 0.0
        self._inputs: Final = ServerInputs(client, store)

    async def refresh(self) -> None:
        """Read the server's definitions anew, and trust it with no upload of before (`GET /object_info`).

        Raises:
            ComfyUIError: It could not be asked.
        """
        self._node_defs = (await self.client.get_node_defs()).raw
        self._read_at = asyncio.get_running_loop().time()

    def forget(self) -> None:
        """Note that the server was away: it may be another one now."""
        self._inputs.forget()
        self._node_defs = None
        self.loaded = frozenset()

    async def node_defs(self) -> RawObject:
        """Give the server's raw definitions.

        Returns:
            Definitions by class name.

        Raises:
            ServerLostError: It could not be asked.
        """
        if self._node_defs is None:
            await _lost_if(self.refresh())
        return self._node_defs or {}

    async def lack(self, task: PromptTask) -> str | None:
        """Say what the server lacks to run a prompt.

        Args:
            task: The prompt.

        Returns:
            What it lacks, or `None`.

        Raises:
            ServerLostError: It could not be asked.
        """
        lack = lacking(task.prompt, await self.node_defs())
        if lack is not None and asyncio.get_running_loop().time() - self._read_at > _DEFINITIONS_AGE:
            # A model may have been put there since.
            await _lost_if(self.refresh())
            lack = lacking(task.prompt, await self.node_defs())
        return lack

    async def run(self, task: PromptTask, *, attempt: int, look_first: bool, watcher: RunWatcher) -> dict[str, Any]:
        """Run a prompt to its end and put its files into the store.

        Cancelling this call leaves the prompt on the server.

        Args:
            task: The prompt.
            attempt: Which start this is, from 1; later ones keep their files apart from those of earlier ones.
            look_first: Whether the server may have the prompt already; then it is picked up.
            watcher: Is told how it goes.

        Returns:
            The result's manifest.

        Raises:
            ServerLostError: The server went away, or forgot the prompt.
            ComfyUIError: As one client raises it: rejected, failed in a node, interrupted, deleted.
            StoreFailedError: A file cannot be written.
        """
        result = await self._picked_up(task, watcher) if look_first else None
        if result is None:
            result = await self._posted(task, watcher)
        folder = task.prompt_id if attempt == 1 else f"{task.prompt_id}/attempt-{attempt}"
        taken: set[str] = set()
        files = await self._kept(result, folder, taken)
        streamed: list[StoredFile] = []
        for ordinal, image in enumerate(result.streamed_images, 1):
            name = _free_name(f"streamed-{ordinal}{_suffix(image.mime_type)}", ordinal, taken)
            streamed.append(await asyncio.to_thread(self.store.write, f"{folder}/{name}", image))
        return manifest(task, result, files, streamed, worker=self.name, attempt=attempt)

    async def cancel(self, prompt_id: str) -> bool:
        """Cancel a prompt on the server, and no other.

        Args:
            prompt_id: Which.

        Returns:
            Whether there was anything to cancel.

        Raises:
            ServerLostError: It could not be asked.
        """
        return await _lost_if(self.client.cancel_prompt(prompt_id))

    async def _posted(self, task: PromptTask, watcher: RunWatcher) -> PromptResult[OutputFile]:
        names = {name: await _lost_if(self._inputs.name_of(file)) for name, file in task.inputs.items()}

        def hear(event: Event) -> None:
            if isinstance(event, ExecutionStart):
                self.loaded = model_files(task.prompt) or self.loaded
                watcher.on_running()

        return await _lost_if(
            self.client.run_prompt(
                with_server_names(task.prompt, names) if names else task.prompt,
                workflow=task.workflow,
                disable_random_seed=True,
                prompt_id=task.prompt_id,
                on_event=hear,
                on_progress=watcher.on_progress,
            )
        )

    async def _picked_up(self, task: PromptTask, watcher: RunWatcher) -> PromptResult[OutputFile] | None:
        try:
            status = await self._outlasting(partial(self.client.get_prompt_status, task.prompt_id))
        except PromptNotFoundError:
            return None
        except ServerLostError as error:
            if isinstance(error.__cause__, PromptNotFoundError):
                return None
            raise
        _logger.info("prompt %s is picked up from its server: %s", task.prompt_id, status)
        if status.running:
            watcher.on_running()
        if not status.done:
            listening = asyncio.create_task(self._listen(task, watcher))
            try:
                await _lost_if(self.client.wait_for_prompt(task.prompt_id))
            finally:
                listening.cancel()
                await asyncio.wait([listening])
        return await self._outlasting(partial(self.client.get_prompt_result, task.prompt_id))

    async def _listen(self, task: PromptTask, watcher: RunWatcher) -> None:
        progress = ProgressCount(task.prompt)
        async with self.client.events() as events:
            async for event in events:
                if getattr(event, "prompt_id", None) != task.prompt_id:
                    continue
                if isinstance(event, (ExecutionStart, Executing)):
                    watcher.on_running()
                if progress.feed(event):
                    watcher.on_progress(progress.value())

    async def _outlasting(self, make: Callable[[], Awaitable[T]]) -> T:
        """Ask again while the server is away: what a prompt made is worth more than its time."""
        deadline = asyncio.get_running_loop().time() + self._lost_after
        while True:
            try:
                return await _lost_if(make())
            except ServerLostError as error:
                if not isinstance(error.__cause__, ConnectionFailedError):
                    raise
                if asyncio.get_running_loop().time() + _PAUSE > deadline:
                    raise
            await asyncio.sleep(_PAUSE)

    async def _kept(self, result: PromptResult[OutputFile], folder: str, taken: set[str]) -> list[StoredFile]:
        kept: list[StoredFile] = []
        for ordinal, file in enumerate(result.files, 1):
            name = _free_name(safe_name(file.filename), ordinal, taken)
            try:
                kept.append(await self._keep(file, f"{folder}/{name}"))
            except NotFoundError as error:
                # The server restarted since, which empties `temp`, or somebody deleted the file.
                raise ServerLostError(f"{file.filename} of prompt {result.prompt_id} is gone: {error}") from error
        return kept

    async def _keep(self, file: OutputFile, path: str) -> StoredFile:
        if file.is_image and not file.is_animated:
            # Such files are small; all others pass through the disk.
            return await asyncio.to_thread(self.store.write, path, await self._outlasting(file.read))
        place = await asyncio.to_thread(self.store.place, path)
        try:
            await self._outlasting(partial(file.save, place))
            return await asyncio.to_thread(self.store.keep, place, path)
        finally:
            await asyncio.to_thread(self.store.discard, place)


async def _lost_if(work: Awaitable[T]) -> T:
    try:
        return await work
    except PromptNotFoundError as error:
        if error.reason in _LOSSES:
            raise ServerLostError(str(error)) from error
        raise
    except (ConnectionFailedError, AuthenticationError) as error:
        raise ServerLostError(str(error)) from error
    except UnexpectedResponseError as error:
        if error.status >= 500:
            raise ServerLostError(str(error)) from error
        raise


def _free_name(name: str, ordinal: int, taken: set[str]) -> str:
    """Make a name that no other file of the result has, and take it."""
    free = name
    while (key := unicodedata.normalize("NFC", free.casefold())) in taken:
        free = f"{ordinal}-{name}"
        ordinal += 1
    # Stores may ignore case, and how an accent is written.
    taken.add(key)
    return free


def _suffix(mime_type: str) -> str:
    return "." + (PurePosixPath(mime_type).name or "bin").replace("jpeg", "jpg")
