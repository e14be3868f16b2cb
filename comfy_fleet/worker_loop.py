"""The event loop of a worker process, in a thread of its own: the server's client, and the worker's core.

It knows the ledger's records and nothing else of Celery.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_facade.errors import ComfyUIError
from comfy_fleet.ledger import Teller
from comfy_fleet.outcomes import Outcome
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.queue_names import queue_of_worker
from comfy_fleet.records import Records
from comfy_fleet.routing import Route
from comfy_fleet.server_runner import ServerLostError, ServerRunner
from comfy_fleet.start_record import Start
from comfy_fleet.store import Store
from comfy_fleet.worker_card import WorkerCard
from comfy_fleet.worker_core import WorkerCore
from comfy_fleet.worker_options import WorkerOptions

T = TypeVar("T")

_logger: Final = logging.getLogger("comfy_fleet")

# Threads for records: a prompt's own, the card, the look for cancelled prompts.
_THREADS: Final = 3
_LOOK: Final = 5.0


class RecordLedger:
    """The ledger of a worker, in the records.

    Args:
        records: The records.
        name: The worker's name.
        threads: Where records are read and written.
    """

    def __init__(self, records: Records, name: str, threads: ThreadPoolExecutor) -> None:
        self._records: Final = records
        self._name: Final = name
        self._threads: Final = threads

    async def is_over(self, prompt_id: str) -> bool:
        """Say whether a prompt has its result, or was cancelled."""
        return await self._do(self._records.is_over, prompt_id)

    async def starts(self, prompt_id: str) -> list[Start] | None:
        """Read where a prompt was begun; `None` if it has its result, or was cancelled."""
        return await self._do(self._records.starts_unless_over, prompt_id)

    async def save_starts(self, prompt_id: str, starts: Sequence[Start]) -> None:
        """Write where a prompt was begun."""
        await self._do(self._records.save_starts, prompt_id, starts)

    async def others(self) -> list[WorkerCard]:
        """Read the cards of the other workers."""
        return [card for card in await self._do(self._records.cards) if card.name != self._name]

    async def save_card(self, card: WorkerCard) -> None:
        """Write this worker's card."""
        await self._do(self._records.save_card, card)

    async def strike_off(self) -> list[str]:
        """Strike workers off that were not heard of for long."""
        return await self._do(self._records.strike_off, time.time())

    async def _do(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


class WorkerLoop:
    """The event loop of a worker process.

    Args:
        options: How the worker behaves.
        make_client: Makes the client of its server.
        store: Where files go.
        records: The records.
        tell: How submitters hear of prompts.
        on_change: Called in the loop when other queues are to be listened to.

    Attributes:
        heritage: The queues of dead workers, which the living take over.
    """

    def __init__(
        self,
        options: WorkerOptions,
        make_client: Callable[[], AsyncComfyUIApiClient],
        store: Store,
        records: Records,
        tell: Teller,
        on_change: Callable[[], None],
    ) -> None:
        self.options: Final = options
        self.heritage: frozenset[str] = frozenset()
        self._make_client: Final = make_client
        self._store: Final = store
        self._records: Final = records
        self._tell: Final = tell
        self._on_change: Final = on_change
        self._up: Final = threading.Event()
        self._ready: Final[Future[tuple[asyncio.AbstractEventLoop, WorkerCore, asyncio.Event]]] = Future()
        self._tasks: Final[set[asyncio.Task[Any]]] = set()
        self._thread: Final = threading.Thread(target=self._main, name="comfy_fleet", daemon=True)

    @property
    def is_up(self) -> bool:
        """Whether the server answers."""
        return self._up.is_set()

    def start(self) -> None:
        """Start the thread and begin to look at the server."""
        self._thread.start()
        self._ready.result()

    def wait_until_up(self) -> None:
        """Wait until the server answers."""
        while not self._up.wait(1.0):
            continue

    def handle(self, task: PromptTask, route: Route) -> Outcome:
        """Do what is to be done with a prompt, and wait until it is.

        Args:
            task: The prompt.
            route: What it went through.

        Returns:
            What became of it.
        """
        return self._call(lambda core: core.handle(task, route)).result()

    def cancel(self, prompt_id: str) -> bool:
        """Cancel a prompt if this worker has it; the cancelling itself is not waited for.

        Args:
            prompt_id: Which.

        Returns:
            Whether it was in hand.
        """
        loop, core, _ = self._ready.result()
        is_in_hand = prompt_id in core.in_hand
        loop.call_soon_threadsafe(lambda: self._spawn(core.cancel(prompt_id)))
        return is_in_hand

    def detach_after(self, seconds: float) -> None:
        """Leave the prompts in hand to whoever comes next, once they had some time to end.

        Args:
            seconds: How long.
        """
        loop, core, _ = self._ready.result()
        loop.call_soon_threadsafe(lambda: loop.call_later(seconds, core.detach))

    def stop(self) -> None:
        """End the thread."""
        loop, _, ended = self._ready.result()
        loop.call_soon_threadsafe(ended.set)
        self._thread.join(10.0)

    def _call(self, work: Callable[[WorkerCore], Coroutine[Any, Any, T]]) -> Future[T]:
        loop, core, _ = self._ready.result()
        return asyncio.run_coroutine_threadsafe(work(core), loop)

    def _main(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _run(self) -> None:
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="comfy_fleet records") as threads:
            ledger = RecordLedger(self._records, self.options.name, threads)
            client = self._make_client()
            runner = ServerRunner(client, self.options.name, self._store, self.options.lost_after)
            core = WorkerCore(self.options, runner, ledger, self._tell, lambda is_up: self._note_up(core, is_up))
            ended = asyncio.Event()
            self._spawn(core.watch_server())
            self._spawn(self._look_around(core, ledger))
            self._ready.set_result((asyncio.get_running_loop(), core, ended))
            try:
                await ended.wait()
            finally:
                for task in self._tasks:
                    task.cancel()
                if self._tasks:
                    await asyncio.wait(self._tasks, timeout=5.0)
                await client.close()

    def _note_up(self, core: WorkerCore, is_up: bool) -> None:
        if is_up:
            self._up.set()
            self._spawn(self._publish_definitions(core))
            self._spawn(self._cancel_orphans(core))
        else:
            self._up.clear()
        self._on_change()

    async def _cancel_orphans(self, core: WorkerCore) -> None:
        try:
            await core.cancel_orphans()
        except Exception as error:  # noqa: BLE001 - of the server, or of whatever the records are kept in
            _logger.warning("what worker %s left on its server is not known: %s", self.options.name, error)

    async def _publish_definitions(self, core: WorkerCore) -> None:
        # Submitters convert workflows with them; they know no server.
        try:
            data = json.dumps(await core.runner.node_defs()).encode()
            await asyncio.to_thread(self._store.write, definitions_path(self.options.name), data)
        except (ComfyUIError, ServerLostError) as error:
            _logger.warning("the node definitions of worker %s are not in the store: %s", self.options.name, error)

    async def _look_around(self, core: WorkerCore, ledger: RecordLedger) -> None:
        while True:
            await asyncio.sleep(min(_LOOK, self.options.grace / 2))
            try:
                await self._take_over(ledger)
                for prompt_id in core.in_hand:
                    if await ledger.is_over(prompt_id):
                        # Cancelled while this worker could not hear it, or done by another.
                        await core.cancel(prompt_id)
            except Exception as error:  # noqa: BLE001 - whatever the records are kept in raises errors of its own
                _logger.warning("worker %s cannot read the records: %s", self.options.name, error)

    async def _take_over(self, ledger: RecordLedger) -> None:
        now = time.time()
        await ledger.strike_off()
        dead = [card for card in await ledger.others() if not card.is_live(now, self.options.grace)]
        heritage = frozenset(queue_of_worker(card.name) for card in dead)
        if heritage != self.heritage:
            self.heritage = heritage
            self._on_change()

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        with contextlib.suppress(asyncio.CancelledError):
            if (error := task.exception()) is not None:
                _logger.error("a worker's task ended", exc_info=error)


def definitions_path(name: str) -> str:
    """Say where the node definitions of a worker's server lie.

    Args:
        name: The worker.

    Returns:
        The path below the store.
    """
    return f"definitions/{name}.json"
