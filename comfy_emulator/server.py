"""One emulated server: its state, the worker that empties the queue, and the web application in front.

Owns what lives as long as the server does. The answers to requests are built in `comfy_emulator.routes`, the
listening socket and the thread belong to `comfy_emulator.background`.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from comfy_emulator.assets import Assets
from comfy_emulator.catalogue import build_catalogue
from comfy_emulator.faults import Faults
from comfy_emulator.folders import Folders
from comfy_emulator.json_types import JsonObject, is_array, is_object
from comfy_emulator.log import ServerLog
from comfy_emulator.prompt_queue import PromptQueue
from comfy_emulator.result_cache import ResultCache
from comfy_emulator.runner import PromptRun
from comfy_emulator.safetensors import write_tiny
from comfy_emulator.script import Script
from comfy_emulator.sockets import Sockets
from comfy_emulator.surroundings import Surroundings
from comfy_emulator.users import Users
from comfy_emulator.versions import NEWEST, version_named

DEFAULT_MAX_UPLOAD_SIZE: Final = 100 * 1024 * 1024
"""Largest request body unless set otherwise, in bytes."""

_LOG: Final = logging.getLogger(__name__)
_CHECKPOINT: Final = "v1-5-pruned-emaonly.safetensors"


@dataclass(frozen=True, slots=True)
class Options:
    """What a server is started with.

    Attributes:
        version: The ComfyUI version to speak as.
        latency: How long a sampling step takes, in seconds.
        nodes: Functions that become node classes.
        multi_user: Whether requests have to name their user.
        enable_assets: Whether the asset routes work.
        max_upload_size: Largest request body, in bytes.
        allowed_origin: From which origin pages may use the server, `"*"` for any; None refuses those of others.
    """

    version: str = NEWEST
    latency: float = 0.0
    nodes: Sequence[Callable[..., Any]] = ()
    multi_user: bool = False
    enable_assets: bool = False
    max_upload_size: int = DEFAULT_MAX_UPLOAD_SIZE
    allowed_origin: str | None = None


class Server:
    """The state of one server. Except for `faults` and `script`, all of it belongs to the event loop's thread.

    Args:
        options: What it is started with.
        base_directory: Where it keeps its files.

    Attributes:
        options: What it was started with.
        version: The emulated version.
        folders: Its folders.
        faults: Its misbehaviour.
        script: What shall go wrong while prompts run.
        sockets: Its websockets.
        log: Its log, as clients read it.
        queue: Its queue and history.
        catalogue: Its node classes.
        users: Its users.
        assets: Its assets.
        numbers_given: How many prompts took their number from the counter.
        run: The prompt that runs, or ran last.
    """

    def __init__(self, options: Options, base_directory: Path) -> None:
        self.options = options
        self.version = version_named(options.version)
        self.folders = Folders(base_directory.resolve())
        self.folders.create()
        self._create_model_folders()
        self.faults = Faults()
        self.script = Script()
        self.sockets = Sockets()
        self.log = ServerLog(self.sockets)
        self.log.write(f"ComfyUI version: {self.version.name}")
        self.queue = PromptQueue(self._queue_changed)
        self.catalogue = build_catalogue(self.folders, self.version, options.nodes)
        self.users = Users(self.folders.base / "user", multi_user=options.multi_user)
        self.assets = Assets(self.folders, self.version.model_folders)
        self.numbers_given = 0
        self.run: PromptRun | None = None
        self._frees_memory = False
        self._cache = ResultCache(self.version.forgotten_results_kept)
        self._tasks: list[asyncio.Task[None]] = []
        self._worker = self._new_worker()

    @property
    def features(self) -> JsonObject:
        """The server's feature flags."""
        return self.version.server_features(
            max_upload_size=self.options.max_upload_size, enable_assets=self.options.enable_assets
        )

    @property
    def keeps_assets(self) -> bool:
        """Whether files are known as assets."""
        return self.options.enable_assets and self.version.lists_assets_feature

    @property
    def queue_info(self) -> JsonObject:
        """How much is left to do, as `status` events and `GET /prompt` tell it."""
        return {"exec_info": {"queue_remaining": self.queue.remaining}}

    def start(self) -> None:
        """Begin to work on the queue and to send frames."""
        self._tasks = [
            asyncio.create_task(self.sockets.publish(), name="publish frames"),
            asyncio.create_task(self._work(), name="work on the queue"),
        ]

    async def stop(self) -> None:
        """Stop working: interrupt what runs and break all websockets."""
        if self.run is not None:
            self.run.abandon()
        self.sockets.abort()
        await self._cancel(self._tasks)
        self._worker.shutdown(wait=False, cancel_futures=True)

    async def forget(self) -> None:
        """Lose queue, history and results as a restarted process does; what runs vanishes without an event."""
        if self.run is not None:
            self.run.abandon()
        await self._cancel(self._tasks[1:])
        self._worker.shutdown(wait=False, cancel_futures=True)
        self._worker = self._new_worker()
        self.run = None
        self.queue.forget()
        self._cache.clear()
        self.numbers_given = 0
        self._tasks[1:] = [asyncio.create_task(self._work(), name="work on the queue")]

    def interrupt(self, prompt_id: str | None = None) -> bool:
        """Interrupt what runs.

        Args:
            prompt_id: Only if it is this prompt.

        Returns:
            Whether something was interrupted.
        """
        running = self.queue.running
        if self.run is None or running is None or prompt_id not in (None, running.prompt_id):
            return False
        self.run.interrupt()
        return True

    def free_memory(self) -> None:
        """Forget the results of nodes as soon as nothing runs."""
        self._frees_memory = True
        if self.queue.running is None:
            self._free_memory_if_asked()

    def _free_memory_if_asked(self) -> None:
        if self._frees_memory:
            self._frees_memory = False
            self._cache.clear()

    async def _work(self) -> None:
        while True:
            item = await self.queue.next_item()
            self.run = run = PromptRun(item, self._surroundings())
            self.faults.prompts_run.append(item.prompt_id)
            if is_array(run.client_id) or is_object(run.client_id):
                _LOG.error(
                    "prompt %s has the client_id %r, and a real server ends with the first event for that; "
                    "here nobody hears of the prompt",
                    item.prompt_id,
                    run.client_id,
                )
            started = time.monotonic()
            try:
                await run.run()
                self.log.write(f"Prompt executed in {time.monotonic() - started:.2f} seconds")
            except Exception as failure:  # noqa: BLE001 -- a real worker dies of any, and clients would wait for ever
                _LOG.exception(
                    "prompt %s would have ended the worker of a real server, which runs no prompt after it; "
                    "here it failed, and the next one runs",
                    item.prompt_id,
                )
                self.log.write(f"Prompt {item.prompt_id} failed outside its nodes: {failure!r}")
            if self.faults.history_delay > 0:
                await asyncio.sleep(self.faults.history_delay)
            self.queue.finish(item, run.record.as_json())
            if run.client_id is not None:
                ended = {"node": None, "prompt_id": item.prompt_id}
                self.sockets.event("executing", ended, run.client_id)
            self._free_memory_if_asked()
            # A run of quick nodes never waits for anything; others have to get their turn.
            await asyncio.sleep(0)

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            version=self.version,
            catalogue=self.catalogue,
            folders=self.folders,
            sockets=self.sockets,
            cache=self._cache,
            worker=self._worker,
            latency=self.options.latency,
            script=self.script,
            assets=self.assets if self.keeps_assets else None,
        )

    def _queue_changed(self) -> None:
        self.sockets.event("status", {"status": self.queue_info})

    def _create_model_folders(self) -> None:
        for folder in self.version.model_folders:
            for directory in self.folders.model_directories(folder):
                if directory.is_relative_to(self.folders.base / "models"):
                    directory.mkdir(parents=True, exist_ok=True)
        checkpoint = self.folders.base / "models" / "checkpoints" / _CHECKPOINT
        if not checkpoint.exists():
            write_tiny(checkpoint, {"modelspec.title": "emulated checkpoint", "format": "pt"})

    @staticmethod
    def _new_worker() -> ThreadPoolExecutor:
        return ThreadPoolExecutor(max_workers=1, thread_name_prefix="comfy-emulator-worker")

    @staticmethod
    async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


SERVER: Final = web.AppKey("server", Server)
"""Where a web application keeps its server."""
