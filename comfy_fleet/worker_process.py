"""What the command line does for a fleet: run a worker in this process, and read how the fleet stands.

The command line finds it by its name. It shows nothing itself; rows and records are for whoever prints them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from attrs import frozen

from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_fleet.application import DEFAULT_VISIBILITY, BrokerSettings
from comfy_fleet.celery_dispatch import CeleryDispatcher
from comfy_fleet.dispatch import FleetStatus
from comfy_fleet.queue_names import MOST_TAGS, checked_name, checked_tags
from comfy_fleet.settings import BROKER, RESULTS, STORE, read_setting, required_setting, results_beside, worker_name
from comfy_fleet.store import Store
from comfy_fleet.worker import FleetWorker
from comfy_fleet.worker_options import WorkerOptions

_ID_SHOWN: Final = 8


class ServerAddress(Protocol):
    """A server and how to reach it, as the command line chose it."""

    @property
    def shown_url(self) -> str:
        """The address without credentials."""
        ...

    def client(self, **options: Any) -> AsyncComfyUIApiClient:
        """Make a client of the server."""
        ...


@frozen
class FleetSettings:
    """Where a fleet is.

    Attributes:
        broker: Broker and result backend.
        store: Where files lie, or `None` where that was not asked for.
    """

    broker: BrokerSettings
    store: str | None


def read_settings(
    broker: str | None,
    results: str | None,
    store: str | None,
    visibility: float | None,
    environment: Mapping[str, str] = os.environ,
) -> FleetSettings:
    """Find out where a fleet is.

    Args:
        broker: The broker's address, or `None` for the environment's.
        results: The result backend's likewise.
        store: The store likewise.
        visibility: Seconds after which Redis gives a dead worker's prompts to others, or `None`.
        environment: The environment variables.

    Returns:
        The settings.

    Raises:
        ValueError: Something is missing.
        OSError: A file that the environment names cannot be read.
    """
    broker_url = required_setting(BROKER, broker, environment, "a broker (--broker)")
    results_url = results_beside(broker_url, read_setting(RESULTS, results, environment))
    settings = BrokerSettings(broker_url, results_url, visibility or DEFAULT_VISIBILITY)
    return FleetSettings(settings, read_setting(STORE, store, environment))


async def work(
    settings: FleetSettings,
    server: ServerAddress,
    *,
    name: str | None,
    tags: Iterable[str],
    ahead: int,
    most_kills: int,
    lost_after: float,
    grace: float,
    drain: float,
    is_debug: bool,
) -> int:
    """Run a worker until it is told to stop. Celery takes over this thread, signals among it.

    Args:
        settings: Where the fleet is.
        server: The worker's server.
        name: The worker's name, or `None` for one made of the server's address.
        tags: The tags that it serves.
        ahead: How many prompts may be pending on the server beside the one that runs.
        most_kills: How many losses make a prompt be set aside.
        lost_after: Seconds without its server after which a prompt runs elsewhere.
        grace: Seconds of silence after which another worker counts as dead.
        drain: Seconds that prompts in hand get to end.
        is_debug: Whether to log everything.

    Returns:
        The exit code.

    Raises:
        ValueError: A name or a tag is none, the store is missing, or a worker of this name is at work already.
        BrokerUnreachableError: The broker does not answer.
    """
    if settings.store is None:
        raise ValueError(f"a worker needs a store: pass --store, or set {STORE}")
    chosen = checked_name(name or worker_name(server.shown_url), "the worker's name")
    options = WorkerOptions(
        name=chosen,
        tags=checked_tags(tags, MOST_TAGS),
        ahead=ahead,
        grace=grace,
        most_kills=most_kills,
        beat=min(2.0, grace / 4),
        lost_after=lost_after,
    )
    _log_to_stderr(logging.DEBUG if is_debug else logging.INFO)

    def make_client() -> AsyncComfyUIApiClient:
        # One name for all of a worker's lives: the server sends the events of a prompt to the client that posted it.
        return server.client(session_name=f"comfy-fleet {chosen}", outage_timeout=lost_after)

    worker = FleetWorker(settings.broker, options, make_client, Store(settings.store), drain=drain)
    _let_signals_end_the_process()
    return _run(worker.run)


async def read_status(settings: FleetSettings) -> FleetStatus:
    """Read how a fleet stands.

    Args:
        settings: Where the fleet is.

    Returns:
        The status.

    Raises:
        BrokerUnreachableError: Broker or result backend does not answer.
    """
    dispatcher = CeleryDispatcher(settings.broker, Store(os.curdir))
    try:
        return await dispatcher.status()
    finally:
        await dispatcher.close()


def status_record(status: FleetStatus) -> dict[str, Any]:
    """Give a status to programs.

    Args:
        status: The status.

    Returns:
        A JSON object.
    """
    return {
        "workers": [{**card.to_json(), "is_live": card.name in status.live} for card in status.workers],
        "queues": dict(status.queues),
        "unserved": sorted(status.unserved),
    }


def worker_rows(status: FleetStatus) -> list[list[str]]:
    """Give the workers to people.

    Args:
        status: The status.

    Returns:
        Name, state, server, tags, what runs, how many are pending, done and failed of each.
    """
    return [
        [
            card.name,
            "dead" if card.name not in status.live else "up" if card.is_up else "server down",
            f"{card.server} {card.version}".rstrip(),
            " ".join(sorted(card.tags)) or "-",
            " ".join(prompt_id[:_ID_SHOWN] for prompt_id in card.running) or "-",
            str(len(card.in_hand) - len(card.running)),
            str(card.done),
            str(card.failed),
        ]
        for card in status.workers
    ]


def queue_rows(status: FleetStatus) -> list[list[str]]:
    """Give the queues to people.

    Args:
        status: The status.

    Returns:
        Name, length and what is wrong, of each that is not empty, and of the common one.
    """
    first = next(iter(status.queues), "")
    return [
        [name, str(length), "no live worker takes these" if name in status.unserved else ""]
        for name, length in status.queues.items()
        if length or name == first
    ]


def failure_rows(status: FleetStatus) -> list[list[str]]:
    """Give the latest failures to people.

    Args:
        status: The status.

    Returns:
        Prompt, worker and reason of each.
    """
    return [[prompt_id, card.name, reason] for card in status.workers for prompt_id, reason in card.failures]


def _log_to_stderr(level: int) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # They tell of every request, of tasks in Celery's words, and of how they reconnect.
    for name in ("httpx", "httpcore", "celery.worker.strategy", "celery.app.trace", "kombu"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _let_signals_end_the_process() -> None:
    # The loop's handlers would wait for the loop, which the worker holds up: as long as its server is not there, for
    # ever. Nothing is in hand then, and Celery's own handlers come with the first queue.
    with contextlib.suppress(NotImplementedError):
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _run(main: Callable[[], int]) -> int:
    # Celery leaves through SystemExit when it is told to stop a second time.
    try:
        return main()
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
