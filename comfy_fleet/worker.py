"""A worker process: Celery's own worker on one side, the worker's event loop on the other.

Celery takes prompts from the broker, acknowledges them late, and is told here which queues to listen to: none while
the server is down, those of dead workers beside its own.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from celery import bootsteps, signals
from celery.worker.control import Panel
from kombu.exceptions import OperationalError

from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_fleet.application import CANCEL, BrokerSettings, make_application
from comfy_fleet.celery_task import Message, register_task, wake, wake_through
from comfy_fleet.errors import BrokerUnreachableError
from comfy_fleet.outcomes import Outcome
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.queue_names import queue_of_worker, queues_served
from comfy_fleet.records import Records
from comfy_fleet.routing import Forward, Route
from comfy_fleet.sending import progress_to_json, send
from comfy_fleet.settings import without_credentials
from comfy_fleet.store import Store
from comfy_fleet.worker_loop import WorkerLoop
from comfy_fleet.worker_options import WorkerOptions

_logger: Final = logging.getLogger("comfy_fleet")

_PING_LIMIT: Final = 1.0
# The consumer's messages are renewed this often within the time after which Redis would give them to others.
_RENEWALS: Final = 3


def node_name(worker: str) -> str:
    """Give the name under which Celery, Flower and events know a worker.

    Args:
        worker: The worker.

    Returns:
        The name.
    """
    return f"comfy@{worker}"


class FleetWorker:
    """A worker process.

    Args:
        settings: Where broker and results are.
        options: How the worker behaves.
        make_client: Makes the client of its server; its credentials go nowhere else.
        store: Where files go.
        drain: Seconds that prompts in hand get to end when the worker is told to stop; then they are left to
            whoever comes next.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        options: WorkerOptions,
        make_client: Callable[[], AsyncComfyUIApiClient],
        store: Store,
        *,
        drain: float = 60.0,
    ) -> None:
        self._settings: Final = settings
        self._options: Final = options
        self._drain: Final = drain
        self.app: Final = make_application(settings)
        self._sender: Final = make_application(settings, sends_only=True)
        self._records: Final = Records(self.app)
        self._loop: Final = WorkerLoop(options, make_client, store, self._records, self._tell, self._change_queues)
        self._consumer: Any = None
        register_task(self.app, lambda: self)
        _the_worker[:] = [self]

    def run(self) -> int:
        """Work until told to stop (SIGTERM or SIGINT).

        Returns:
            The exit code.

        Raises:
            BrokerUnreachableError: The broker does not answer.
            ValueError: A worker of this name is at work already.
        """
        self._check_broker()
        self._loop.start()
        self._loop.wait_until_up()
        # Two steps of one name would be confused; the class is made here for it needs the worker.
        self.app.steps["consumer"].add(ConsumerStep)
        signals.worker_shutting_down.connect(self._on_shutdown, weak=False)
        signals.worker_ready.connect(self._on_ready, weak=False)
        worker: Any = self.app.Worker(
            hostname=node_name(self._options.name),
            pool="threads",
            concurrency=self._options.slots,
            queues=self._wanted_queues(),
            task_events=True,
            quiet=True,
            loglevel=logging.getLogger().getEffectiveLevel(),
        )
        worker.start()
        self._loop.stop()
        return int(worker.exitcode or 0)

    def handle(self, task: PromptTask, route: Route) -> Outcome:
        """Do what is to be done with a prompt, see `WorkerLoop.handle`."""
        return self._loop.handle(task, route)

    def forward(self, task: PromptTask, forward: Forward, message: Message) -> None:
        """Put a prompt into another queue, as urgent and as long-lived as before.

        Args:
            task: The prompt.
            forward: Where to.
            message: The message it came with.
        """
        expires = message.expires
        if isinstance(expires, str):
            expires = datetime.fromisoformat(expires)
        send(
            self._sender,
            task,
            forward.route,
            queue=forward.queue,
            priority=message.priority,
            expires=expires,
            countdown=forward.delay or None,
        )
        if forward.unserved is not None:
            self._send_event("task-unserved", task.prompt_id, reasons=dict(forward.unserved))
        else:
            self._send_event("task-moved", task.prompt_id)

    def forget(self, prompt_id: str) -> None:
        """Delete the records of a prompt that is over.

        Args:
            prompt_id: Which.
        """
        try:
            self._records.forget_starts(prompt_id)
        except Exception as error:  # noqa: BLE001 - they expire by themselves
            _logger.debug("the records of prompt %s are left to expire: %s", prompt_id, error)

    def cancel(self, prompt_id: str) -> bool:
        """Cancel a prompt if this worker has it, see `WorkerLoop.cancel`."""
        return self._loop.cancel(prompt_id)

    def attach_consumer(self, consumer: Any) -> None:
        """Take up a consumer that just started, or started anew after the broker was away.

        Args:
            consumer: Celery's consumer.
        """
        self._consumer = consumer
        if consumer.hub is not None:
            if self._settings.is_redis:
                pause = self._settings.visibility_timeout / _RENEWALS
                consumer.hub.call_repeatedly(pause, self._renew, consumer)
            consumer.hub.call_soon(self._sync_queues)

    def _check_broker(self) -> None:
        shown = without_credentials(self._settings.broker)
        try:
            with self._sender.connection_for_write() as connection:
                connection.ensure_connection(max_retries=3, interval_start=0, interval_step=1, timeout=10)
            answers: Any = self.app.control.ping(destination=[node_name(self._options.name)], timeout=_PING_LIMIT)
        except (OperationalError, OSError) as error:
            raise BrokerUnreachableError(shown, type(error).__name__) from error
        if answers:
            raise ValueError(f"a worker {self._options.name} is at work already: give this one another --name")

    def _wanted_queues(self) -> list[str]:
        if not self._loop.is_up:
            return []
        own = queue_of_worker(self._options.name)
        return [own, *queues_served(self._options.tags), *sorted(self._loop.heritage)]

    def _change_queues(self) -> None:
        consumer = self._consumer
        if consumer is not None:
            consumer.call_soon(self._sync_queues)
            wake()

    def _sync_queues(self) -> None:
        consumer = self._consumer
        wanted = self._wanted_queues()
        queues: Any = self.app.amqp.queues
        taken = set(queues.consume_from)
        for name in wanted:
            if name not in taken:
                consumer.add_task_queue(name)
        for name in taken - set(wanted):
            consumer.cancel_task_queue(name)

    def _renew(self, consumer: Any) -> None:
        channel = consumer.task_consumer.channel
        # Kombu counts the time since delivery alone; a prompt may run for longer than a dead worker may be waited for.
        tags = list(channel.qos._delivered)  # noqa: SLF001 - it offers no other way
        if not tags:
            return
        try:
            with channel.conn_or_acquire() as redis:
                redis.zadd(channel.unacked_index_key, dict.fromkeys(tags, time.time()), xx=True)
        except channel.connection_errors as error:
            _logger.warning("the prompts in hand could not be renewed: %s", error)

    def _tell(self, kind: str, prompt_id: str, **details: Any) -> None:
        # That a worker has it, Celery's own events tell.
        if kind == "running":
            self._send_event("task-progress", prompt_id)
        elif kind == "progress":
            self._send_event("task-progress", prompt_id, progress=progress_to_json(details["progress"]))

    def _send_event(self, kind: str, prompt_id: str, **fields: Any) -> None:
        dispatcher = getattr(self._consumer, "event_dispatcher", None)
        if dispatcher is not None:
            dispatcher.send(kind, uuid=prompt_id, **fields)

    def _on_ready(self, **_: Any) -> None:
        _logger.info("worker %s is ready", self._options.name)

    def _on_shutdown(self, **_: Any) -> None:
        _logger.info("worker %s stops; what is not done in %g s goes on", self._options.name, self._drain)
        self._loop.detach_after(self._drain)


_the_worker: Final[list[FleetWorker]] = []


class ConsumerStep(bootsteps.StartStopStep):
    """Takes up Celery's consumer whenever it starts, and lets threads wake its loop."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._pipe: tuple[int, int] | None = None

    def start(self, parent: Any) -> None:
        """Take up the consumer.

        Args:
            parent: Celery's consumer.
        """
        if parent.hub is not None:
            reader, writer = self._pipe = os.pipe()
            os.set_blocking(reader, False)
            os.set_blocking(writer, False)
            parent.hub.add_reader(reader, os.read, reader, 4096)
            wake_through(writer)
        _the_worker[0].attach_consumer(parent)

    def stop(self, parent: Any) -> None:
        """Close the pipe.

        Args:
            parent: Celery's consumer.
        """
        wake_through(None)
        if self._pipe is not None:
            if parent.hub is not None:
                parent.hub.remove_reader(self._pipe[0])
            for descriptor in self._pipe:
                os.close(descriptor)
            self._pipe = None


def _cancel_here(_state: Any, prompt_id: str, **_: Any) -> dict[str, bool]:
    """Answer the control command: cancel a prompt if this worker has it."""
    return {"in_hand": _the_worker[0].cancel(prompt_id)}


_panel: Any = Panel
_panel.register(type="control", name=CANCEL, args=[("prompt_id", str)])(_cancel_here)
