"""One worker: the prompts it has in hand, and what becomes of each.

It decides nothing that `routing.judge` decides, and runs nothing that `ServerRunner` runs; it puts the two together
and keeps the ledger, whatever the ledger is kept in. It knows no broker.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Final

from comfy_facade.errors import ComfyUIError
from comfy_fleet.error_records import reduce_error, restore_error
from comfy_fleet.errors import PromptSetAsideError, UnservedPromptError
from comfy_fleet.ledger import Ledger, Teller
from comfy_fleet.model_needs import model_files
from comfy_fleet.outcomes import Done, Failed, Ignored, Moved, Outcome, told
from comfy_fleet.prompt_in_hand import PromptInHand
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.queue_names import queue_for_tags, queue_of_worker
from comfy_fleet.routing import Forward, Route, Run, SetAside, Situation, Unserved, judge
from comfy_fleet.server_runner import ServerLostError, ServerRunner
from comfy_fleet.server_watch import ServerWatch
from comfy_fleet.start_record import Start
from comfy_fleet.worker_card import WorkerCard
from comfy_fleet.worker_options import WorkerOptions

# Values and protocols have modules of their own; whoever takes them from here still finds them.
__all__ = ["Done", "Failed", "Ignored", "Ledger", "Moved", "Outcome", "Teller", "WorkerCore", "WorkerOptions"]

_logger: Final = logging.getLogger("comfy_fleet")

_FAILURES_KEPT: Final = 10
_CANCELLED_KEPT: Final = 10_000


class WorkerCore:
    """One worker of a fleet.

    Args:
        options: How it behaves.
        runner: Its server.
        ledger: Where it writes what outlives it.
        tell: How submitters hear of prompts.
        on_up: Called when the server went down or came back, with whether it is up.

    Attributes:
        progress_pause: Seconds between two tellings of a prompt's progress.
    """

    def __init__(
        self,
        options: WorkerOptions,
        runner: ServerRunner,
        ledger: Ledger,
        tell: Teller,
        on_up: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self.options: Final = options
        self.runner: Final = runner
        self.ledger: Final = ledger
        self.tell: Final = tell
        self.instance: Final = uuid.uuid4().hex
        self.progress_pause = 0.2
        self._watch: Final = ServerWatch(runner, options.name, options.beat, on_up)
        self._in_hand: Final[dict[str, PromptInHand]] = {}
        self._cancelled: Final[OrderedDict[str, None]] = OrderedDict()
        self._done = self._failed = 0
        self._failures: Final = deque[tuple[str, str]](maxlen=_FAILURES_KEPT)

    @property
    def is_up(self) -> bool:
        """Whether the server answers."""
        return self._watch.is_up

    @property
    def in_hand(self) -> list[str]:
        """The prompts that the worker has."""
        return list(self._in_hand)

    def card(self) -> WorkerCard:
        """Say how the worker is.

        Returns:
            Its card.
        """
        return WorkerCard(
            name=self.options.name,
            instance=self.instance,
            at=time.time(),
            tags=self.options.tags,
            is_up=self.is_up,
            server=self.runner.client.base_url,
            version=self._watch.version,
            slots=self.options.slots,
            in_hand=tuple(self._in_hand),
            running=tuple(held.prompt_id for held in self._in_hand.values() if held.is_running),
            loaded=self.runner.loaded,
            done=self._done,
            failed=self._failed,
            failures=tuple(self._failures),
        )

    async def handle(self, task: PromptTask, route: Route) -> Outcome:
        """Do what is to be done with a prompt that this worker was given.

        Args:
            task: The prompt.
            route: What it went through.

        Returns:
            What became of it.
        """
        prompt_id = task.prompt_id
        twin = self._in_hand.get(prompt_id)
        if twin is not None:
            # The same prompt delivered twice: both deliveries end with the one run.
            await twin.over.wait()
            return Ignored()
        began_at = time.monotonic()
        held = self._in_hand[prompt_id] = PromptInHand(prompt_id, self.progress_pause, self.ledger, self.tell)
        try:
            outcome = await self._handle(task, route, held)
        finally:
            del self._in_hand[prompt_id]
            held.over.set()
        self._count(prompt_id, outcome)
        _logger.info("prompt %s: %s in %.2f s", prompt_id, told(outcome), time.monotonic() - began_at)
        return outcome

    async def cancel(self, prompt_id: str) -> bool:
        """Cancel a prompt on the server if this worker has it, and do not begin it later.

        Args:
            prompt_id: Which.

        Returns:
            Whether it was in hand.
        """
        self._cancelled[prompt_id] = None
        while len(self._cancelled) > _CANCELLED_KEPT:
            self._cancelled.popitem(last=False)
        held = self._in_hand.get(prompt_id)
        if held is None:
            return False
        while held.run is not None and not held.run.done():
            await self._cancel_on_server(prompt_id)
            # It may have been on its way to the server just now.
            await asyncio.wait([held.run], timeout=0.5)
        return True

    def detach(self) -> None:
        """Leave all prompts in hand to whoever comes next; on the server they go on."""
        for held in self._in_hand.values():
            held.is_detached = True
            if held.run is not None:
                held.run.cancel()

    async def cancel_orphans(self) -> None:
        """Cancel what a predecessor left on the server and what is over by now, or was begun elsewhere since."""
        queue = await self.runner.client.get_queue()
        for item in (*queue.running, *queue.pending):
            if item.extra_data.get("client_id") != self.runner.client.client_id or item.prompt_id in self._in_hand:
                continue
            starts = await self.ledger.starts(item.prompt_id)
            if starts is None or (starts and starts[-1].worker != self.options.name):
                _logger.info("prompt %s was left on the server and is not wanted there any more", item.prompt_id)
                await self._cancel_on_server(item.prompt_id)

    async def watch_server(self) -> None:
        """Look at the server and write the card, again and again, until cancelled."""
        await self._watch.watch(self._write_card)

    async def _write_card(self) -> None:
        try:
            await self.ledger.save_card(self.card())
        except Exception as error:  # noqa: BLE001 - whatever the ledger is kept in raises errors of its own
            _logger.warning("worker %s cannot say how it is: %s", self.options.name, error)

    async def _handle(self, task: PromptTask, route: Route, held: PromptInHand) -> Outcome:
        prompt_id = task.prompt_id
        starts = await self.ledger.starts(prompt_id)
        if starts is None or prompt_id in self._cancelled:
            return Ignored()
        held.starts = starts
        lack = await self._lack(task)
        models = model_files(task.prompt)
        is_alone_enough = not held.starts and lack is None and self.is_up and models <= self.runner.loaded
        situation = Situation(
            card=self.card(),
            others=[] if is_alone_enough else await self.ledger.others(),
            starts=held.starts,
            lack=lack,
            now=time.time(),
            grace=self.options.grace,
            most_kills=self.options.most_kills,
        )
        match judge(task, route, situation):
            case Forward() as forward:
                return Moved(forward)
            case SetAside(kills):
                await self._set_aside(task, kills)
                if held.starts and held.starts[-1].worker == self.options.name:
                    await self._cancel_on_server(prompt_id)
                return Failed(PromptSetAsideError(prompt_id, kills))
            case Unserved(reasons):
                return Failed(UnservedPromptError(prompt_id, reasons))
            case Run(look_first):
                return await self._run(task, held, look_first=look_first)

    async def _lack(self, task: PromptTask) -> str | None:
        if not self.is_up:
            return None
        try:
            return await self.runner.lack(task)
        except ServerLostError as error:
            self._watch.suspect(error)
            return None

    async def _run(self, task: PromptTask, held: PromptInHand, *, look_first: bool) -> Outcome:
        prompt_id = task.prompt_id
        held.starts = [*held.starts, Start(self.options.name, self.instance, time.time())]
        await self.ledger.save_starts(prompt_id, held.starts)
        # Since the ledger was asked, the server was; meanwhile the prompt may have expired, or been cancelled.
        is_over = await self.ledger.is_over(prompt_id) or prompt_id in self._cancelled
        if is_over or held.is_detached:
            await held.save("given back")
            return Ignored() if is_over else self._to_own_queue()
        self.tell("taken", prompt_id)
        run = self.runner.run(task, attempt=len(held.starts), look_first=look_first, watcher=held)
        held.run = asyncio.create_task(run, name=f"prompt {prompt_id}")
        await asyncio.wait([held.run])
        if held.run.cancelled():
            # Its start stays open: the server has the prompt, and whoever comes next looks for it there.
            return self._to_own_queue()
        match held.run.exception():
            case None:
                return Done(held.run.result())
            case ServerLostError() as error:
                _logger.warning("prompt %s has to run elsewhere: %s", prompt_id, error)
                self._watch.suspect(error)
                await held.save("lost")
                if prompt_id in self._cancelled:
                    return Ignored()
                return Moved(Forward(queue_for_tags(task.tags), Route()))
            case ComfyUIError() as error:
                return Ignored() if prompt_id in self._cancelled else Failed(error)
            case error:
                _logger.error("prompt %s: the worker failed", prompt_id, exc_info=error)
                return Failed(restore_error(reduce_error(error)))

    async def _cancel_on_server(self, prompt_id: str) -> None:
        try:
            await self.runner.cancel(prompt_id)
        except (ServerLostError, ComfyUIError) as error:
            _logger.warning("prompt %s could not be cancelled on its server: %s", prompt_id, error)

    def _to_own_queue(self) -> Moved:
        return Moved(Forward(queue_of_worker(self.options.name), Route()))

    async def _set_aside(self, task: PromptTask, kills: Sequence[str]) -> None:
        kept = {"task": task.to_json(), "kills": list(kills)}
        path = f"set-aside/{task.prompt_id}.json"
        await asyncio.to_thread(self.runner.store.write, path, json.dumps(kept).encode())

    def _count(self, prompt_id: str, outcome: Outcome) -> None:
        match outcome:
            case Done():
                self._done += 1
            case Failed(error):
                self._failed += 1
                self._failures.append((prompt_id, f"{type(error).__name__}: {error}".partition("\n")[0][:200]))
            case _:
                pass
