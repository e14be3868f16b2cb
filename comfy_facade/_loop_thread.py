"""An event loop for threads that wait: each call's own thread runs it where it may, and else a thread that keeps it.

To hand a call over to another thread and get its answer back takes two switches between threads, each of which may
find its processor asleep and its caches cold. So whoever calls runs the loop meanwhile, for all calls and for whatever
else is in it, and leaves it alone when its own call is over. The keeper takes a loop that is left alone for a while,
so that keepalive pings and reconnects go on between calls. At any time one thread drives the loop at most.

It knows neither clients nor their methods.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Coroutine, Generator
from functools import partial
from typing import Any, Final, TypeVar

from comfy_facade._signals import Interruption, interruption_put_off, no_handler_may_raise
from comfy_facade._waited_call import WaitedCall
from comfy_facade.errors import ClientClosedError

R = TypeVar("R")

# How long a loop is left alone for the next call, in seconds.
_PATIENCE: Final = 0.1

# How long a cancelled coroutine may take to clean up after Ctrl-C, in seconds.
_CLEANUP_LIMIT: Final = 10.0

_logger: Final = logging.getLogger("comfy_facade")


class LoopThread:
    """An event loop and the thread that keeps it, until it is ended.

    Args:
        name: The thread's name.

    Raises:
        OSError: The system gives no event loop, for too many files are open, say.
    """

    def __init__(self, name: str) -> None:
        # It guards all that follows. It may be taken twice, for garbage that is collected within may end a client.
        self._changed: Final = threading.Condition(threading.RLock())
        self._is_ended = False
        # The identity of the thread that runs the loop, or is about to or just did.
        self._driver: int | None = None
        # Calls that began and are not over.
        self._calls = 0
        # How often callers ran the loop.
        self._turns = 0
        # Whether the keeper wants to know when the caller that runs the loop leaves it.
        self._keeper_listens = False
        ready: queue.SimpleQueue[asyncio.AbstractEventLoop | Exception] = queue.SimpleQueue()
        # A program that forgets its client ends all the same: whoever owns the thread ends it at exit, which threads
        # that are no daemons would keep from being reached.
        self._keeper: Final = threading.Thread(target=self._keep, args=(ready,), name=name, daemon=True)
        self._keeper.start()
        begun = ready.get()
        if isinstance(begun, Exception):
            raise begun
        self._loop: Final = begun
        # Other loops tie themselves to the thread that made them, by its signals or its completion port.
        self._is_lent: Final = isinstance(begun, asyncio.SelectorEventLoop)

    @property
    def is_current(self) -> bool:
        """Whether this is asked within the loop, or in the thread that keeps it."""
        return threading.get_ident() in (self._driver, self._keeper.ident)

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
        if self.is_current:
            coroutine.close()
            raise RuntimeError(
                "a callback runs in the event loop of its synchronous client, which cannot wait for itself: call the "
                "client's methods outside callbacks, or in another thread"
            )
        may_drive = self._is_lent and not _is_in_a_loop() and no_handler_may_raise()
        call = WaitedCall(coroutine, partial(self._note_end, threading.get_ident(), may_drive))
        try:
            if may_drive:
                with interruption_put_off() as interruption:
                    if self._takes_turn(call):
                        return self._drive_to_the_end(call, interruption)
            return self._hand_over(call)
        except asyncio.CancelledError:
            if self._is_ended:
                raise ClientClosedError from None
            raise
        finally:
            call.drop()

    def _takes_turn(self, call: WaitedCall[R]) -> bool:
        with self._changed:
            if self._is_ended or self._driver is not None:
                return False
            self._driver = threading.get_ident()
            self._turns += 1
            self._calls += 1
            call.is_begun = True
            call.start(self._loop)
            return True

    def _drive_to_the_end(self, call: WaitedCall[R], interruption: Interruption) -> R:
        limit: list[asyncio.TimerHandle] = []
        is_given_up = False

        def give_up() -> None:
            nonlocal is_given_up
            if self._driver == threading.get_ident():
                is_given_up = True
                self._loop.stop()

        def cancel() -> None:
            self._loop.call_soon_threadsafe(lambda: limit.append(self._loop.call_later(_CLEANUP_LIMIT, give_up)))
            call.cancel(self._loop)

        try:
            interruption.cancel = cancel
            if interruption.is_asked:
                cancel()
            while not (call.is_over or self._is_ended or is_given_up):
                with _kept_going(SystemExit):
                    self._loop.run_forever()
        finally:
            interruption.cancel = None
            if not call.is_over and not self._is_ended:
                call.cancel(self._loop)
            for timer in limit:
                timer.cancel()
            self._leave()
        if is_given_up:
            raise KeyboardInterrupt
        return call.answer()

    def _leave(self) -> None:
        with self._changed:
            self._driver = None
            if self._calls or self._keeper_listens or self._is_ended:
                self._changed.notify()

    def _hand_over(self, call: WaitedCall[R]) -> R:
        with self._changed:
            if self._is_ended:
                raise ClientClosedError
            self._calls += 1
            call.is_begun = True
            self._loop.call_soon_threadsafe(call.start, self._loop)
            if self._driver is None:
                self._changed.notify()
        try:
            return call.answer()
        except BaseException:
            if not call.is_over:
                self._clean_up(call)
            raise

    def _clean_up(self, call: WaitedCall[Any]) -> None:
        with self._changed:
            if not self._is_ended:
                call.cancel(self._loop)
        # What it still raises is of no interest: why it was interrupted is told.
        with contextlib.suppress(BaseException):
            call.answer(_CLEANUP_LIMIT)

    def _note_end(self, caller: int, may_drive: bool) -> None:
        with self._changed:
            self._calls -= 1
            if self._is_ended:
                return
            # The keeper leaves the loop to a caller who can take it next time.
            keeper_leaves = self._driver == self._keeper.ident and may_drive and not self._calls
            if self._driver == caller or keeper_leaves:
                self._loop.stop()

    def end(self) -> None:
        """Cancel what still runs, end the loop and wait for its thread; a second time does nothing."""
        with self._changed:
            if self._is_ended:
                return
            self._is_ended = True
            if self._driver is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._changed.notify()
        if not self.is_current:
            self._keeper.join()

    def _keep(self, ready: queue.SimpleQueue[asyncio.AbstractEventLoop | Exception]) -> None:
        runner = asyncio.Runner()
        try:
            loop = runner.get_loop()
        except Exception as error:  # noqa: BLE001 - it is raised again in the thread that waits for the loop
            ready.put(error)
            return
        ready.put(loop)
        while self._awaits_turn():
            with _kept_going(SystemExit, KeyboardInterrupt):
                loop.run_forever()
        # Once for what was handed over last, and once for its first step, so that nobody waits for what never began.
        for _ in range(2):
            loop.call_soon(loop.stop)
            with _kept_going(SystemExit, KeyboardInterrupt):
                loop.run_forever()
        runner.close()

    def _awaits_turn(self) -> bool:
        """Wait until the keeper is to run the loop; `False` if it is for the last time."""
        with self._changed:
            if self._driver == self._keeper.ident:
                self._driver = None
            seen = -1
            while self._driver is not None or not (self._is_ended or self._calls or self._turns == seen):
                if self._turns != seen:
                    seen = self._turns
                    self._changed.wait(_PATIENCE)
                else:
                    # A turn that lasts: to look after it again and again would cost more than to be told.
                    self._keeper_listens = True
                    self._changed.wait()
                    self._keeper_listens = False
                    seen = -1
            self._driver = self._keeper.ident
            return not self._is_ended


@contextlib.contextmanager
def _kept_going(*kinds: type[BaseException]) -> Generator[None]:
    """Leave to a task what ends programs: it has it as its own error, and a loop is no program."""
    try:
        yield
    except kinds:
        _logger.exception("a callback tried to end the thread that runs the client's event loop")


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
