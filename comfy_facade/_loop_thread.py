"""An event loop for threads that wait: each call's own thread runs it where it may, and else a thread that keeps it.

To hand a call over to another thread and get its answer back takes two switches between threads, each of which may
find its processor asleep and its caches cold. So whoever calls drives the loop meanwhile, for all calls and for
whatever else is in it, and leaves it alone when its own call is over. The keeper takes a loop that is left alone for a
while, so that keepalive pings and reconnects go on between calls. At any time one thread drives the loop at most.

Signals and the garbage collector call in between any two steps, and may call in here again. So nothing is locked but
the right to drive, which nobody waits for; what threads share they change in single steps, each before it looks at
what others change. It knows neither clients nor their methods.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import sys
import threading
import weakref
from collections.abc import Coroutine
from functools import partial
from typing import Any, Final, TypeVar

from comfy_facade._loop_keeping import cut_off, kept_going, may_drive_here, wind_up
from comfy_facade._signals import Interruption, interruption_put_off
from comfy_facade._waited_call import WaitedCall, call_in
from comfy_facade.errors import ClientClosedError

R = TypeVar("R")

# How long a loop is left alone for the next call, in seconds.
_PATIENCE: Final = 0.1
# How often the keeper looks after a turn that lasts, in seconds; it is told of its end.
_LOOKS_APART: Final = 5.0
# How long a cancelled coroutine may take to clean up after Ctrl-C, in seconds.
_CLEANUP_LIMIT: Final = 10.0


class LoopThread:
    """An event loop and the thread that keeps it, until it is ended.

    Args:
        name: The thread's name.

    Raises:
        OSError: The system gives no event loop, for too many files are open, say.
    """

    def __init__(self, name: str) -> None:
        self._is_ended = False
        self._is_winding_up = False
        self._why_ended = "the client is closed"
        self._helm: Final = threading.Lock()  # held by whoever drives, and never waited for
        self._driver: int | None = None
        # Calls that are not over, and the threads that made them.
        self._open: Final[set[WaitedCall[Any]]] = set()
        self._callers: Final[list[int]] = []
        self._turns = 0  # how often callers drove
        # What the keeper listens to, and whether it wants to hear that a turn has ended.
        self._news: Final[queue.SimpleQueue[None]] = queue.SimpleQueue()
        self._keeper_listens = False
        ready: queue.SimpleQueue[asyncio.AbstractEventLoop | Exception] = queue.SimpleQueue()
        # Whoever owns the thread ends it at exit, which threads that are no daemons would keep from being reached.
        self._keeper: Final = threading.Thread(target=self._keep, args=(ready,), name=name, daemon=True)
        try:
            self._keeper.start()
            begun = ready.get()
        except BaseException:
            self._is_ended = True
            self._news.put(None)
            raise
        if isinstance(begun, Exception):
            raise begun
        self._loop: Final = begun
        # Other loops tie themselves to the thread that made them, by its signals or its completion port.
        self._is_lent: Final = isinstance(begun, asyncio.SelectorEventLoop)
        _living.add(self)

    @property
    def is_ended(self) -> bool:
        """Whether it was ended, or belongs to the process that this one was forked from."""
        return self._is_ended

    @property
    def is_current(self) -> bool:
        """Whether this is asked within the loop, or in the thread that keeps it."""
        return threading.get_ident() == self._driver or threading.current_thread() is self._keeper

    @property
    def is_called_from_here(self) -> bool:
        """Whether this is asked within a call, perhaps by a signal's handler or a finalizer in between."""
        return threading.get_ident() in self._callers

    def run(self, coroutine: Coroutine[Any, Any, R]) -> R:
        """Run a coroutine in the loop and wait for its result.

        Args:
            coroutine: What to run; it is closed if it cannot be.

        Returns:
            Its result.

        Raises:
            ClientClosedError: The loop was ended, before or meanwhile.
            RuntimeError: This is called within the loop, which would wait for itself.
            KeyboardInterrupt: Ctrl-C was pressed; the coroutine was cancelled, and has cleaned up.
        """
        caller = threading.get_ident()
        may_drive = self._is_lent and may_drive_here()
        call = WaitedCall(coroutine, partial(self._note_end, caller, may_drive))
        self._callers.append(caller)
        try:
            if self.is_current and not self._is_ended:
                raise RuntimeError(
                    "a callback runs in the event loop of its synchronous client, which cannot wait for itself: call "
                    "the client's methods outside callbacks, or in another thread"
                )
            self._open.add(call)
            if self._is_ended:
                raise ClientClosedError(self._why_ended)
            if may_drive:
                with interruption_put_off() as interruption:
                    if self._takes_turn(caller):
                        return self._drive_to_the_end(call, interruption)
            return self._hand_over(call)
        except asyncio.CancelledError:
            if self._is_ended:
                raise ClientClosedError from None
            raise
        finally:
            self._open.discard(call)
            self._callers.remove(caller)
            call.drop()

    def _takes_turn(self, caller: int) -> bool:
        if not self._helm.acquire(blocking=False):
            return False
        self._driver = caller
        self._turns += 1
        return True

    def _drive_to_the_end(self, call: WaitedCall[R], interruption: Interruption) -> R:
        loop, driver = self._loop, self._driver
        limit: list[asyncio.TimerHandle] = []
        is_given_up = False

        def give_up() -> None:
            nonlocal is_given_up
            if self._driver == driver and not call.is_over:
                is_given_up = True
                loop.stop()

        def cancel() -> None:
            call.cancel(loop)
            call_in(loop, lambda: limit.append(loop.call_later(_CLEANUP_LIMIT, give_up)))

        try:
            call.start(loop)
            interruption.tells(cancel, lambda: call_in(loop, give_up))
            while not (call.is_over or self._is_ended or is_given_up):
                with kept_going(SystemExit):
                    loop.run_forever()
        finally:
            interruption.tells(None, None)
            for timer in limit:
                timer.cancel()
            if not call.is_over:
                call.cancel(loop)
            self._leave()
        if is_given_up:
            raise KeyboardInterrupt
        return call.answer()

    def _leave(self) -> None:
        self._driver = None
        self._helm.release()
        if self._open or self._keeper_listens or self._is_ended:
            self._news.put(None)

    def _hand_over(self, call: WaitedCall[R]) -> R:
        try:
            try:
                self._loop.call_soon_threadsafe(self._start, call)
            except RuntimeError as error:
                if not self._loop.is_closed():
                    raise
                raise ClientClosedError from error
            if self._driver is None:
                self._news.put(None)
            return call.answer()
        except BaseException:
            if not call.is_over and not call.drop():
                call.cancel(self._loop)
                # What it still raises is of no interest: why it was interrupted is told.
                with contextlib.suppress(BaseException):
                    call.answer(_CLEANUP_LIMIT)
            raise

    def _start(self, call: WaitedCall[Any]) -> None:
        # What comes too late is answered when all else has ended.
        if not self._is_winding_up:
            call.start(self._loop)

    def _note_end(self, caller: int, may_drive: bool, call: WaitedCall[Any]) -> None:
        self._open.discard(call)
        if self._is_ended:
            return
        # The keeper leaves the loop to a caller who can take it next time.
        keeper_leaves = self._driver == self._keeper.ident and may_drive and not self._open
        if self._driver == caller or keeper_leaves:
            self._loop.stop()

    def end(self) -> None:
        """Cancel what still runs, end the loop and wait for its thread; a second time does nothing."""
        if self._is_ended:
            return

        def stop() -> None:
            if not self._is_winding_up:
                self._loop.stop()

        self._is_ended = True
        call_in(self._loop, stop)
        self._news.put(None)
        if not self.is_current and not self.is_called_from_here:
            self._keeper.join()

    def leave_behind(self) -> None:
        """End it in a process that was forked, which has neither its thread nor a right to its connections."""
        self._is_ended = True
        self._why_ended = "the client belongs to the process that this one was forked from"
        # It may have been forked within a call: that does not go on here.
        self._loop.stop()
        for call in tuple(self._open):
            call.end(ClientClosedError(self._why_ended))
        cut_off(self._loop)

    def _keep(self, ready: queue.SimpleQueue[asyncio.AbstractEventLoop | Exception]) -> None:
        runner = asyncio.Runner()
        try:
            loop = runner.get_loop()
        except Exception as error:  # noqa: BLE001 - it is raised again in the thread that waits for the loop
            ready.put(error)
            return
        ready.put(loop)
        try:
            while self._takes_helm():
                with kept_going(SystemExit, KeyboardInterrupt):
                    loop.run_forever()
                self._driver = None
                self._helm.release()
            self._is_winding_up = True
            wind_up(runner)
        finally:
            self._is_ended = True
            for call in tuple(self._open):
                # They came too late, and nobody else would answer them.
                call.end(ClientClosedError())

    def _takes_helm(self) -> bool:
        """Wait until the keeper is to drive; `False` if it is for the last time."""
        seen = -1
        while True:
            # A driver's own call is open too, and no reason to listen: he tells of those that he leaves.
            if self._is_ended or (self._open and self._driver is None) or self._turns == seen:
                # Said before it is tried: whoever leaves after this sees it, and whoever left before is not in the way.
                self._keeper_listens = True
                if self._helm.acquire(blocking=False):
                    self._keeper_listens = False
                    self._driver = self._keeper.ident
                    return not self._is_ended
                self._hear(_LOOKS_APART)
                self._keeper_listens = False
                seen = -1
            else:
                seen = self._turns
                self._hear(_PATIENCE)

    def _hear(self, limit: float) -> None:
        with contextlib.suppress(queue.Empty):
            self._news.get(timeout=limit)
            while True:  # what else there is to hear is the same
                self._news.get_nowait()


_living: Final[weakref.WeakSet[LoopThread]] = weakref.WeakSet()


def _leave_all_behind() -> None:
    # All of them, even if there are too few descriptors to cut one off.
    with contextlib.ExitStack() as stack:
        for thread in tuple(_living):
            stack.callback(thread.leave_behind)


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_leave_all_behind)
