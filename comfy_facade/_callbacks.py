"""The caller's callbacks, called in order and away from the stream.

A slow callback delays only itself: events wait for it in a bounded inbox. One that raises is reported to the log
and does not harm the run.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from attrs import frozen

from comfy_facade.progress import ProgressCount, RunProgress
from comfy_facade.raw_json import RawObject
from comfy_ws import Event, Inbox, PreviewImage, SlowConsumerError

EventCallback = Callable[[Event], Awaitable[None] | None]
ProgressCallback = Callable[[RunProgress], Awaitable[None] | None]
PreviewCallback = Callable[[PreviewImage], Awaitable[None] | None]

_logger: Final = logging.getLogger("comfy_facade")
# Seconds of callbacks in a row after which whatever else the loop has to do gets a turn.
_LONGEST_TURN: Final = 0.005


@frozen
class Callbacks:
    """What to call during a run, each plain or async.

    Attributes:
        on_event: With each event of the run.
        on_progress: With the progress of the whole run, when it changes.
        on_preview: With each preview.
    """

    on_event: EventCallback | None = None
    on_progress: ProgressCallback | None = None
    on_preview: PreviewCallback | None = None

    def __bool__(self) -> bool:
        return not (self.on_event is None and self.on_progress is None and self.on_preview is None)


class CallbackCaller:
    """Calls a run's callbacks in a task of its own.

    Args:
        callbacks: What to call.
        prompt: The prompt that runs.
        node_defs: The server's definitions by class name, if they are known.
    """

    def __init__(self, callbacks: Callbacks, prompt: RawObject, node_defs: Mapping[str, Any] | None = None) -> None:
        self._callbacks: Final = callbacks
        self._progress: Final = ProgressCount(prompt, node_defs, clock=time.monotonic)
        self.inbox: Final = Inbox()
        self._is_success = False
        self._task: Final = asyncio.create_task(self._call_all(), name="comfy_facade callbacks")

    def stop(self) -> None:
        """Call nothing more."""
        self._task.cancel()

    def end(self, *, is_success: bool) -> None:
        """Say that the run is over, and that nothing more will be put into the inbox.

        Args:
            is_success: Whether it went well; where REST told that and no event, progress still comes to its end.
        """
        self._is_success = is_success
        self.inbox.end()

    async def finish(self) -> None:
        """Wait until everything is called that is still to be called of the run; who gives up waiting ends nothing."""
        self.inbox.end()
        # A callback that asks for the result of its own run would wait for itself.
        if asyncio.current_task() is not self._task:
            await asyncio.wait([self._task])

    async def _call_all(self) -> None:
        loop = asyncio.get_running_loop()
        turn_began_at = loop.time()
        try:
            async for event in self.inbox:
                await self._call_for(event)
                # Plain callbacks and an inbox that is never empty would keep the loop from everything else.
                if loop.time() - turn_began_at > _LONGEST_TURN:
                    await asyncio.sleep(0)
                    turn_began_at = loop.time()
            if self._is_success and self._callbacks.on_progress is not None and self._progress.finish():
                await _call(self._callbacks.on_progress, self._progress.value())
        except SlowConsumerError as error:
            _logger.error("a callback is too slow, it is called no more: %s", error)

    async def _call_for(self, event: Event) -> None:
        if self._callbacks.on_event is not None:
            await _call(self._callbacks.on_event, event)
        if self._callbacks.on_preview is not None and isinstance(event, PreviewImage):
            await _call(self._callbacks.on_preview, event)
        if self._callbacks.on_progress is not None and self._progress.feed(event):
            await _call(self._callbacks.on_progress, self._progress.value())


async def _call(callback: Callable[[Any], Awaitable[None] | None], argument: object) -> None:
    try:
        result = callback(argument)
        if inspect.isawaitable(result):
            await result
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        # What the callback waited for was cancelled, and not this task.
        _logger.exception("the callback %r failed; the run goes on", callback)
    except Exception:
        _logger.exception("the callback %r failed; the run goes on", callback)
