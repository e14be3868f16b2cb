"""The Celery application that workers and submitters share: how it is set up, and nothing that it does.

All of it is Celery's and the broker's own: late acknowledgement, priorities, expiry, redelivery. JSON alone is read
and written. Two applications are made of the same settings, for one that only sends needs no result backend, and
Celery would otherwise subscribe to the result of every task it sends.
"""

from __future__ import annotations

from typing import Any, Final

from attrs import field, frozen
from celery import Celery

from comfy_fleet.queue_names import PREFIX, PRIORITIES

TASK: Final = "comfy_fleet.run_prompt"
"""The name of the one task."""

CANCEL: Final = "comfy_fleet_cancel"
"""The name of the control command that cancels a prompt on the server that has it."""

DEFAULT_VISIBILITY: Final = 60.0
"""Seconds after which Redis gives the prompts of a dead worker to others; live workers renew theirs."""

DEFAULT_RESULTS_KEPT: Final = 7 * 24 * 3600
"""Seconds for which results and records are kept."""


@frozen
class BrokerSettings:
    """Where broker and results are, and what both sides must agree on.

    Attributes:
        broker: The broker's address.
        results: The result backend's.
        visibility_timeout: Seconds after which Redis gives the prompts of a dead worker to others.
        results_kept: Seconds for which results and records are kept.
    """

    broker: str = field(repr=False)
    results: str = field(repr=False)
    visibility_timeout: float = DEFAULT_VISIBILITY
    results_kept: int = DEFAULT_RESULTS_KEPT

    @property
    def is_redis(self) -> bool:
        """Whether the broker is Redis, which gives unacknowledged messages back by time alone."""
        return self.broker.startswith(("redis", "sentinel"))


def make_application(settings: BrokerSettings, *, sends_only: bool = False) -> Celery:
    """Make the Celery application.

    Args:
        settings: Where broker and results are.
        sends_only: Whether it never reads or writes a result.

    Returns:
        The application.
    """
    app = Celery(
        "comfy_fleet",
        broker=settings.broker,
        backend=None if sends_only else settings.results,
        set_as_current=False,
    )
    app.conf.update(
        task_serializer="json",
        result_serializer="json",
        event_serializer="json",
        accept_content=["json"],
        result_accept_content=["json"],
        enable_utc=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_default_queue=PREFIX,
        task_queue_max_priority=PRIORITIES,
        task_default_delivery_mode="persistent",
        worker_send_task_events=True,
        worker_prefetch_multiplier=1,
        worker_enable_prefetch_count_reduction=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_proc_alive_timeout=30,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_heartbeat=10,
        broker_connection_timeout=5,
        broker_transport_options=_transport_options(settings, sends_only),
        result_expires=settings.results_kept,
        result_backend_always_retry=True,
        result_backend_max_retries=20,
        redis_retry_on_timeout=True,
        redis_socket_keepalive=True,
        redis_socket_timeout=10.0,
        redis_socket_connect_timeout=5.0,
    )
    return app


def _transport_options(settings: BrokerSettings, sends_only: bool) -> dict[str, Any]:
    if settings.is_redis:
        pause = max(min(settings.visibility_timeout / 4, 10.0), 0.5)
        return {
            "visibility_timeout": settings.visibility_timeout,
            "unacked_restore_interval": pause,
            "unacked_restore_throttle": 1,
            "priority_steps": list(range(PRIORITIES)),
            "queue_order_strategy": "priority",
            "health_check_interval": 10,
            "socket_keepalive": True,
            "socket_connect_timeout": 5,
            **({"socket_timeout": 10} if sends_only else {}),
        }
    return {"confirm_publish": True}
