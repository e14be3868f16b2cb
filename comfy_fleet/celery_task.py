"""The one Celery task: a prompt that a worker was given, from its message to its acknowledgement.

It runs in a thread of Celery's pool and waits there for the worker's event loop. What it decides is only how Celery is
told of an outcome.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from celery import Celery, Task
from celery.exceptions import Ignore, Reject
from celery.worker.request import Request

from comfy_facade.raw_json import RawObject, as_object
from comfy_fleet.application import TASK
from comfy_fleet.error_records import reduce_error
from comfy_fleet.outcomes import Done, Failed, Ignored, Moved, Outcome
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.routing import Forward, Route

_logger: Final = logging.getLogger("comfy_fleet")

# What was given back to the broker may come right back.
_PAUSE: Final = 1.0


class PromptFailure(Exception):  # noqa: N818 - Flower shows its name
    """How Celery is told that a prompt failed: a text for people, and the error as JSON."""

    def __repr__(self) -> str:
        # What logs and Flower show; the rest is for the submitter.
        return str(self.args[0]) if self.args else "PromptFailure"

    __str__ = __repr__


class Worker(Protocol):
    """What the task needs of the worker it runs in."""

    def handle(self, task: PromptTask, route: Route) -> Outcome:
        """Do what is to be done with a prompt, and wait until it is."""
        ...

    def forward(self, task: PromptTask, forward: Forward, message: Message) -> None:
        """Put a prompt into another queue."""
        ...

    def forget(self, prompt_id: str) -> None:
        """Delete the records of a prompt that is over."""
        ...


class Message(Protocol):
    """What the task's message says beside its body."""

    priority: int | None
    expires: Any


class WakingRequest(Request):
    """A request whose acknowledgement wakes the consumer's loop.

    Tasks end in threads, and what they leave for the loop to do (the acknowledgement, without which no next prompt
    comes) would otherwise wait until something else wakes it.
    """

    def acknowledge(self) -> None:
        """Acknowledge the message."""
        super().acknowledge()
        wake()

    def reject(self, requeue: bool = False) -> None:
        """Reject the message.

        Args:
            requeue: Whether the broker shall deliver it again.
        """
        super().reject(requeue)
        wake()


_waker: list[int] = []


def wake_through(descriptor: int | None) -> None:
    """Choose the pipe that wakes the consumer's loop.

    Args:
        descriptor: Its end for writing, or `None` for none.
    """
    _waker[:] = [] if descriptor is None else [descriptor]


def wake() -> None:
    """Wake the consumer's loop."""
    for descriptor in tuple(_waker):
        try:
            os.write(descriptor, b"\0")
        except OSError:
            # A full pipe wakes as well, and one that is closed has nobody to wake.
            continue


def register_task(app: Celery, worker: Callable[[], Worker]) -> Any:
    """Register the task.

    Args:
        app: The application.
        worker: Gives the worker that it runs in.

    Returns:
        The task.
    """

    class RunPrompt(Task):  # type: ignore[type-arg]
        """Runs a prompt; see the module."""

        name = TASK
        # The stubs know its name only, as Celery takes it too.
        Request = f"{WakingRequest.__module__}:{WakingRequest.__qualname__}"
        acks_late = True
        reject_on_worker_lost = True
        max_retries = None
        throws = (PromptFailure,)
        resultrepr_maxsize = 64
        typing = False

        def run(self, task: RawObject, route: RawObject) -> Any:
            prompt = PromptTask.of_json(task)
            message: Any = self.request
            try:
                outcome = worker().handle(prompt, Route.of_json(route))
                if isinstance(outcome, Moved):
                    worker().forward(prompt, outcome.forward, _Message(message))
            except Exception as error:
                # The ledger or the broker is away, or the worker is ending: whoever gets the prompt next does better.
                _logger.warning("prompt %s goes back to the broker: %s", prompt.prompt_id, error)
                time.sleep(_PAUSE)
                raise Reject(str(error), requeue=True) from error
            match outcome:
                case Done(manifest):
                    return manifest
                case Failed():
                    failure = outcome.error
                    raise PromptFailure(f"{type(failure).__name__}: {failure}", reduce_error(failure))
                case Moved() | Ignored():
                    raise Ignore

        def after_return(self, status: str, retval: Any, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
            _ = (retval, args, kwargs, einfo)
            if status in ("SUCCESS", "FAILURE"):
                worker().forget(task_id)

    return app.register_task(RunPrompt())


class _Message:
    """What a running task's request says of its message."""

    def __init__(self, request: Any) -> None:
        delivery = as_object(request.delivery_info)
        self.priority: int | None = delivery.get("priority")
        self.expires: Any = request.expires
