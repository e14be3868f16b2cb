"""Celery's events, heard in a thread for as long as a submitter lives.

They are best effort: what is missed while the broker is away is missed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Final

from celery.events.receiver import EventReceiver

from comfy_facade.raw_json import RawObject

_logger: Final = logging.getLogger("comfy_fleet")

# Seconds between two looks whether to stop listening.
_TURN: Final = 0.3


class _Receiver(EventReceiver):
    """Hears the events of tasks."""

    connect_max_retries = 1

    def __init__(self, connection: Any, app: Any, hear: Callable[[RawObject], None], ready: threading.Event) -> None:
        super().__init__(connection, handlers={"*": hear}, routing_key="task.#", app=app)
        self._is_ready: Final = ready

    def on_consume_ready(self, *_arguments: Any, **_options: Any) -> None:
        self._is_ready.set()

    def on_connection_error(self, exc: BaseException, interval: float) -> None:  # noqa: ARG002 - kombu's signature
        _logger.debug("events are not heard: %s", type(exc).__name__)


class EventListener:
    """Hears Celery's events in a thread, and goes on doing so when the broker was away.

    Args:
        app: The application.
        hear: Called in the thread with each event.
    """

    def __init__(self, app: Any, hear: Callable[[RawObject], None]) -> None:
        self._app: Final = app
        self._hear: Final = hear
        self._ended: Final = threading.Event()
        self._ready: Final = threading.Event()
        self._receiver: Any = None
        self._thread: Final = threading.Thread(target=self._listen, name="comfy_fleet events", daemon=True)

    def start(self) -> None:
        """Start the thread, and wait a moment until it listens."""
        self._thread.start()
        self._ready.wait(5.0)

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        if self._receiver is not None:
            self._receiver.should_stop = True
        self._thread.join(5.0)

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                with self._app.connection_for_read() as connection:
                    self._receiver = _Receiver(connection, self._app, self._hear, self._ready)
                    for _ in self._receiver.consume(limit=None, safety_interval=_TURN):
                        if self._ended.is_set():
                            break
            except Exception as error:  # noqa: BLE001 - the next try tells whether it matters
                _logger.debug("events are not heard: %s", type(error).__name__)
            self._ended.wait(_TURN)
