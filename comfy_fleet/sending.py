"""A prompt's message and the progress in an event, as Celery and the broker carry them.

It shows neither log nor Flower what is in a prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from celery import Celery

from comfy_facade.progress import RunProgress
from comfy_fleet.application import TASK
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.routing import Route


def send(
    app: Celery,
    task: PromptTask,
    route: Route,
    *,
    queue: str,
    priority: int | None,
    expires: datetime | None = None,
    countdown: float | None = None,
    **options: Any,
) -> None:
    """Put a prompt into a queue.

    Args:
        app: An application that sends only.
        task: The prompt.
        route: What it went through.
        queue: The queue.
        priority: As the broker counts it.
        expires: When it may no longer be begun.
        countdown: Seconds before which it may not be begun.
        options: Further arguments of Celery's `send_task`.
    """
    app.send_task(
        TASK,
        kwargs={"task": task.to_json(), "route": route.to_json()},
        task_id=task.prompt_id,
        queue=queue,
        priority=priority,
        expires=expires,
        countdown=countdown,
        # What logs, events and Flower show of the arguments.
        argsrepr="()",
        kwargsrepr=f"<prompt of {len(task.prompt)} nodes>",
        **options,
    )


def progress_to_json(progress: RunProgress) -> list[Any]:
    """Give progress as JSON.

    Args:
        progress: The progress.

    Returns:
        A JSON array.
    """
    return [
        progress.fraction,
        progress.node_id,
        progress.node_title,
        progress.value,
        progress.max,
        progress.nodes_done,
        progress.nodes_total,
        progress.elapsed,
        progress.remaining,
    ]


def progress_of_json(raw: Sequence[Any]) -> RunProgress:
    """Read progress from JSON.

    Args:
        raw: What `progress_to_json` gave.

    Returns:
        The progress.
    """
    fraction, node_id, title, value, maximum, done, total, elapsed, remaining = raw
    return RunProgress(fraction, node_id, title, value, maximum, done, total, None, elapsed, remaining)
