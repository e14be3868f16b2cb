"""One worker: the prompts it has in hand, the state of its server, and what becomes of each prompt.

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
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from attrs import define, field, frozen

from comfy_facade.errors import ComfyUIError
from comfy_facade.progress import RunProgress
from comfy_fleet.error_records import reduce_error, restore_error
from comfy_fleet.errors import PromptSetAsideError, UnservedPromptError
from comfy_fleet.model_needs import model_files
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.queue_names import queue_for_tags, queue_of_worker
from comfy_fleet.routing import Forward, Route, Run, SetAside, Situation, Unserved, judge
from comfy_fleet.server_runner import RunWatcher, ServerLostError, ServerRunner
from comfy_fleet.start_record import Change, Start, with_last
from comfy_fleet.worker_card import WorkerCard

_logger: Final = logging.getLogger("comfy_fleet")

_FAILURES_KEPT: Final = 10
_CANCELLED_KEPT: Final = 10_000
# A server that encodes previews can be busy for seconds without being down.
_CHECK_LIMIT: Final = 5.0
_CHECKS_FAILED: Final = 2


class Ledger(Protocol):
    """Where workers write what outlives them."""

    async def starts(self, prompt_id: str) -> list[Start] | None:
        """Read where a prompt was begun; `None` if it has its result, or was cancelled."""
        ...

    async def save_starts(self, prompt_id: str, starts: Sequence[Start]) -> None:
        """Write where a prompt was begun."""
        ...

    async def others(self) -> list[WorkerCard]:
        """Read the cards of the other workers."""
        ...

    async def save_card(self, card: WorkerCard) -> None:
        """Write this worker's card."""
        ...


class Teller(Protocol):
    """How submitters hear of a prompt, best effort."""

    def __call__(self, kind: str, prompt_id: str, **details: Any) -> None:
        """Tell something of a prompt; it must not wait."""
        ...


@frozen
class Done:
    """The prompt ended well."""

    manifest: Mapping[str, Any] = field(repr=False)


@frozen
class Failed:
    """The prompt ended, and not well."""

    error: ComfyUIError


@frozen
class Moved:
    """The prompt has to go elsewhere."""

    forward: Forward


@frozen
class Ignored:
    """The prompt is over already, was cancelled, or was in hand here: there is nothing to do."""


Outcome = Done | Failed | Moved | Ignored


@frozen
class WorkerOptions:
    """How a worker behaves.

    Attributes:
        name: Its name.
        tags: The tags that it serves.
        ahead: How many prompts may be pending on the server beside the one that runs.
        grace: Seconds of silence after which a worker counts as dead, and others take over what it had.
        most_kills: How many losses make a prompt be set aside.
        beat: Seconds between two looks at the server, and two cards.
        lost_after: Seconds without the server after which its prompts run elsewhere.
    """

    name: str
    tags: frozenset[str] = frozenset()
    ahead: int = 1
    grace: float = 15.0
    most_kills: int = 3
    beat: float = 2.0
    lost_after: float = 30.0

    @property
    def slots(self) -> int:
        """How many prompts the worker has in hand at most."""
        return 1 + self.ahead


@define(eq=False)
class _InHand(RunWatcher):
    """A prompt that the worker has."""

    prompt_id: str
    core: WorkerCore
    is_running: bool = False
    is_detached: bool = False
    starts: list[Start] = field(factory=list[Start])
    run: asyncio.Task[dict[str, Any]] | None = None
    saving: asyncio.Task[None] | None = None
    over: asyncio.Event = field(factory=asyncio.Event)
    _told_at: float = field(factory=time.monotonic)

    def on_running(self) -> None:
        if self.is_running:
            return
        self.is_running = True
        self.starts = with_last(self.starts, "running")
        self.saving = asyncio.create_task(self.core.ledger.save_starts(self.prompt_id, self.starts))
        # Of prompts that are over in a moment, their end tells enough.
        asyncio.get_running_loop().call_later(self.core.progress_pause, self._tell_running)

    def _tell_running(self) -> None:
        if not self.over.is_set():
            self.core.tell("running", self.prompt_id)

    def on_progress(self, progress: RunProgress) -> None:
        now = time.monotonic()
        if now - self._told_at < self.core.progress_pause:
            return
        self._told_at = now
        self.core.tell("progress", self.prompt_id, progress=progress)

    async def save(self, change: Change) -> None:
        if self.saving is not None:
            await asyncio.wait([self.saving])
        self.starts = with_last(self.starts, change)
        await self.core.ledger.save_starts(self.prompt_id, self.starts)


class WorkerCore:
    """One worker of a fleet.

    Args:
        options: How it behaves.
        runner: Its server.
        ledger: Where it writes what outlives it.
        tell: How submitters hear of prompts.
        on_up: Called when the server went down or came back, with whether it is up.

    Attributes:
        is_up: Whether the server answers.
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
        self.is_up = False
        self.progress_pause = 0.2
        self._on_up: Final = on_up
        self._in_hand: Final[dict[str, _InHand]] = {}
        self._cancelled: Final[OrderedDict[str, None]] = OrderedDict()
        self._done = self._failed = 0
        self._failures: Final = deque[tuple[str, str]](maxlen=_FAILURES_KEPT)
        self._version = ""
        self._checks_failed = 0
        self._look: Final = asyncio.Event()

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
            version=self._version,
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
        held = self._in_hand[prompt_id] = _InHand(prompt_id, self)
        try:
            outcome = await self._handle(task, route, held)
        finally:
            del self._in_hand[prompt_id]
            held.over.set()
        self._count(prompt_id, outcome)
        _logger.info("prompt %s: %s in %.2f s", prompt_id, _told(outcome), time.monotonic() - began_at)
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
        while True:
            await self._check()
            await self._write_card()
            self._look.clear()
            try:
                async with asyncio.timeout(self.options.beat):
                    await self._look.wait()
            except TimeoutError:
                continue

    async def _check(self) -> None:
        try:
            async with asyncio.timeout(_CHECK_LIMIT):
                stats = await self.runner.client.get_system_stats()
                if not self.is_up:
                    await self.runner.refresh()
        except (ComfyUIError, TimeoutError) as error:
            self._checks_failed += 1
            if self.is_up and (self._checks_failed >= _CHECKS_FAILED or not isinstance(error, TimeoutError)):
                self._set_up(is_up=False, reason=str(error) or f"no answer within {_CHECK_LIMIT:g} s")
            elif not self.is_up and self._checks_failed == 1:
                _logger.warning("server %s is not there yet: %s", self.runner.client.base_url, error)
            return
        self._checks_failed = 0
        self._version = str(getattr(stats.system, "comfyui_version", "") or "")
        if not self.is_up:
            self._set_up(is_up=True)

    def _set_up(self, *, is_up: bool, reason: str = "") -> None:
        self.is_up = is_up
        url = self.runner.client.base_url
        if is_up:
            _logger.info("server %s answers: worker %s takes prompts", url, self.options.name)
        else:
            self.runner.forget()
            _logger.warning("server %s is down, so worker %s takes no prompts: %s", url, self.options.name, reason)
        self._on_up(is_up)

    async def _write_card(self) -> None:
        try:
            await self.ledger.save_card(self.card())
        except Exception as error:  # noqa: BLE001 - whatever the ledger is kept in raises errors of its own
            _logger.warning("worker %s cannot say how it is: %s", self.options.name, error)

    async def _handle(self, task: PromptTask, route: Route, held: _InHand) -> Outcome:
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
            self._suspect(error)
            return None

    async def _run(self, task: PromptTask, held: _InHand, *, look_first: bool) -> Outcome:
        prompt_id = task.prompt_id
        held.starts = [*held.starts, Start(self.options.name, self.instance, time.time())]
        await self.ledger.save_starts(prompt_id, held.starts)
        if prompt_id in self._cancelled or held.is_detached:
            await held.save("given back")
            return Ignored() if prompt_id in self._cancelled else self._to_own_queue()
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
                self._suspect(error)
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

    def _suspect(self, error: ServerLostError) -> None:
        # The look comes at once, and only if it fails too is the server down.
        _logger.debug("server %s is looked at: %s", self.runner.client.base_url, error)
        self._look.set()

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


def _told(outcome: Outcome) -> str:
    match outcome:
        case Done():
            return "done"
        case Failed(error):
            return f"failed, {type(error).__name__}"
        case Moved(forward):
            return f"moved to {forward.queue}"
        case Ignored():
            return "nothing to do"
