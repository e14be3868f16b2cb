"""What is asked of the broker and of the result backend, in threads, for Celery and its libraries block.

Each call is one question or one order. When to ask, and what follows from an answer, is for the dispatcher to say; it
keeps no job and no state of any prompt.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any, Final, TypeVar

from amqp.exceptions import ChannelError as AmqpChannelError
from celery import Celery, states
from kombu.exceptions import ChannelError, OperationalError

from comfy_facade.errors import ClientClosedError, ComfyUIError
from comfy_fleet.application import CANCEL, BrokerSettings, make_application
from comfy_fleet.dispatcher_life import is_asked_to_end
from comfy_fleet.errors import BrokerUnreachableError
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.queue_names import broker_priority, queue_for_tags
from comfy_fleet.records import Records
from comfy_fleet.routing import Route
from comfy_fleet.sending import send
from comfy_fleet.settings import without_credentials
from comfy_fleet.worker_card import WorkerCard

T = TypeVar("T")

_RETRIES: Final = {"max_retries": 4, "interval_start": 0.1, "interval_step": 0.5, "interval_max": 2.0}
# How long a call waits, in seconds, and how long it waits between two tries to read a result backend that is away.
_LIMIT: Final = 60.0
_PAUSES: Final = (0.05, 0.1, 0.2, 0.5)


class BrokerCalls:
    """A submitter's calls to broker and result backend; each raises a `BrokerUnreachableError` if those do not answer.

    Whoever called hears of it after 60 seconds at most. Once they are closed, it is a `ClientClosedError`.

    Args:
        settings: Where broker and results are.

    Attributes:
        app: The application, for whoever listens to events.
    """

    def __init__(self, settings: BrokerSettings) -> None:
        self._settings: Final = settings
        self.app: Final[Celery] = make_application(settings)
        # Celery would go on for minutes, whoever closed this meanwhile.
        self.app.conf.update(result_backend_always_retry=False)
        self._sender: Final = make_application(settings, sends_only=True)
        self._records: Final = Records(self.app)
        self._sending: Final = ThreadPoolExecutor(1, thread_name_prefix="comfy_fleet sending")
        self._closed: Final = threading.Event()
        self._reading: Final = ThreadPoolExecutor(2, thread_name_prefix="comfy_fleet reading")

    async def connect(self) -> None:
        """Reach the broker."""
        await self._send_with(self._connect)

    async def close(self) -> None:
        """End the threads, once each has ended the call that it is in, and the connections."""
        self._closed.set()
        await asyncio.to_thread(self._shut_down)

    async def publish(self, task: PromptTask, priority: int, expires_at: float | None) -> None:
        """Put a prompt into the queue of its tags.

        Args:
            task: The prompt.
            priority: From 0 to 9, the most urgent.
            expires_at: When it may no longer be begun, in seconds since 1970.
        """
        await self._send_with(self._publish, task, priority, expires_at)

    async def revoke(self, prompt_id: str) -> bool:
        """Note in the result backend that a prompt is cancelled, unless it is over.

        Args:
            prompt_id: Which.

        Returns:
            Whether it is cancelled now.
        """
        return await self._read_with(self._revoke, prompt_id, "cancelled")

    async def expire(self, prompt_id: str) -> bool:
        """Note in the result backend that a prompt expired, unless it was begun or is over.

        Args:
            prompt_id: Which.

        Returns:
            Whether it is noted now; no worker begins it from then on.
        """
        return await self._read_with(self._expire, prompt_id)

    async def broadcast_cancel(self, prompt_id: str) -> None:
        """Tell all workers that a prompt is cancelled.

        Args:
            prompt_id: Which.
        """
        await self._send_with(self._broadcast_cancel, prompt_id)

    async def queue_lengths(self, names: Sequence[str]) -> dict[str, int]:
        """Count the prompts that wait.

        Args:
            names: The queues.

        Returns:
            How many there are in each; none in one that is not there.
        """
        return await self._send_with(self._queue_lengths, names)

    async def cards(self) -> list[WorkerCard]:
        """Read the cards of all workers, see `Records.cards`.

        Returns:
            The cards.
        """
        return await self._read_with(self._records.cards)

    async def meta(self, prompt_id: str) -> tuple[str, Any]:
        """Read how a prompt's task stands, see `Records.meta`.

        Args:
            prompt_id: Which.

        Returns:
            Celery's state, and its result.
        """
        return await self._read_with(self._records.meta, prompt_id)

    def _connect(self) -> None:
        with self._sender.connection_for_write() as connection:
            connection.ensure_connection(max_retries=3, interval_start=0, interval_step=1, timeout=10)

    def _publish(self, task: PromptTask, priority: int, expires_at: float | None) -> None:
        expires = None if expires_at is None else datetime.fromtimestamp(expires_at, UTC)
        counted = broker_priority(priority, self._settings.broker)
        queue = queue_for_tags(task.tags)
        send(self._sender, task, Route(), queue=queue, priority=counted, expires=expires, retry_policy=_RETRIES)

    def _expire(self, prompt_id: str) -> bool:
        return not self._records.starts(prompt_id) and self._revoke(prompt_id, "expired")

    def _revoke(self, prompt_id: str, reason: str) -> bool:
        if self._records.is_over(prompt_id):
            return False
        backend: Any = self.app.backend
        backend.mark_as_revoked(prompt_id, reason, store_result=True)
        # The result may have come first, and then it stands.
        return self._records.meta(prompt_id)[0] == states.REVOKED

    def _broadcast_cancel(self, prompt_id: str) -> None:
        control: Any = self.app.control
        control.revoke(prompt_id)
        # Nobody's answer is waited for: the record says that it is revoked, and workers look at records as well.
        control.broadcast(CANCEL, arguments={"prompt_id": prompt_id})

    def _queue_lengths(self, names: Sequence[str]) -> dict[str, int]:
        lengths: dict[str, int] = {}
        with self._sender.connection_for_write() as connection:
            for name in names:
                lengths[name] = 0
                # Asking for a queue that is not there closes the channel.
                with contextlib.suppress(ChannelError, AmqpChannelError):
                    lengths[name] = _queue_length(connection, name)
        return lengths

    def _shut_down(self) -> None:
        self._sending.shutdown(wait=True, cancel_futures=True)
        self._reading.shutdown(wait=True, cancel_futures=True)
        self.app.close()
        self._sender.close()

    async def _send_with(self, function: Callable[..., T], *arguments: Any) -> T:
        return await self._in(self._sending, self._settings.broker, function, *arguments)

    async def _read_with(self, function: Callable[..., T], *arguments: Any) -> T:
        return await self._in(self._reading, self._settings.results, self._patiently, function, *arguments)

    def _patiently(self, function: Callable[..., T], *arguments: Any) -> T:
        backend: Any = self.app.backend
        until = time.monotonic() + _LIMIT
        pauses = chain(_PAUSES, repeat(1.0))
        while True:
            try:
                return function(*arguments)
            except Exception as error:
                pause = next(pauses)
                is_late = time.monotonic() + pause > until
                if is_late or not backend.exception_safe_to_retry(error) or self._closed.wait(pause):
                    raise

    async def _in(self, threads: ThreadPoolExecutor, url: str, function: Callable[..., T], *arguments: Any) -> T:
        if self._closed.is_set():
            raise ClientClosedError
        try:
            # Below 3.12 wait_for would take no notice of being cancelled in the turn in which the answer is there.
            async with asyncio.timeout(_LIMIT):
                return await asyncio.get_running_loop().run_in_executor(threads, function, *arguments)
        except asyncio.CancelledError:
            # Closing cancels what no thread has begun.
            if self._closed.is_set() and not is_asked_to_end():
                raise ClientClosedError from None
            raise
        except ComfyUIError:
            raise
        except Exception as error:
            if self._closed.is_set():
                raise ClientClosedError from error
            raise BrokerUnreachableError(without_credentials(url), _reason(error)) from error


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError) and not str(error):
        return f"no answer in {_LIMIT:g} s"
    # What a broker or a backend raises depends on its library; its text may hold the address.
    return type(error).__name__ if isinstance(error, OperationalError) else f"{type(error).__name__}: {error}"


def _queue_length(connection: Any, name: str) -> int:
    with connection.channel() as channel:
        return int(channel.queue_declare(name, passive=True).message_count)
