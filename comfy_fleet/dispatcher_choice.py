"""What hands a fleet's prompts over: Celery, or this process itself, made of what the fleet's user gave.

It reads and checks settings, and opens nothing: the fleet makes its dispatcher when it first needs it. Celery is loaded
only for a broker.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_fleet.dispatch import Dispatcher
from comfy_fleet.local_dispatch import LocalDispatcher
from comfy_fleet.queue_names import checked_tags
from comfy_fleet.settings import BROKER, RESULTS, STORE, read_setting, required_setting, results_beside, worker_name
from comfy_fleet.store import Store, StoreLocation

LocalServers = Sequence[str] | Mapping[str, Iterable[str]]
"""Addresses of servers, or the tags that each serves by its address."""


def over_broker(
    broker: str | None, results: str | None, store: StoreLocation | None, visibility_timeout: float | None
) -> Callable[[], Dispatcher]:
    """Choose Celery.

    Args:
        broker: As for `AsyncFleet`; what is absent comes from the environment.
        results: As for `AsyncFleet`.
        store: As for `AsyncFleet`.
        visibility_timeout: As for `AsyncFleet`.

    Returns:
        Makes the dispatcher.

    Raises:
        ValueError: An address is missing.
    """
    from comfy_fleet.application import DEFAULT_VISIBILITY, BrokerSettings
    from comfy_fleet.celery_dispatch import CeleryDispatcher

    broker_url = required_setting(BROKER, broker, os.environ, "broker=")
    results_url = results_beside(broker_url, read_setting(RESULTS, results, os.environ))
    place = store if store is not None else required_setting(STORE, None, os.environ, "store=")
    settings = BrokerSettings(broker_url, results_url, visibility_timeout or DEFAULT_VISIBILITY)
    return lambda: CeleryDispatcher(settings, Store(place))


def within_process(
    servers: LocalServers,
    store: StoreLocation | None,
    temporary_directory: Callable[[], str],
    *,
    ahead: int,
    most_kills: int,
    lost_after: float,
    client_options: Mapping[str, Any],
) -> Callable[[], Dispatcher]:
    """Choose this process.

    Args:
        servers: As for `AsyncFleet.local`.
        store: As for `AsyncFleet.local`.
        temporary_directory: Makes the directory for files where there is no store.
        ahead: As for `AsyncFleet.local`.
        most_kills: As for `AsyncFleet.local`.
        lost_after: As for `AsyncFleet.local`.
        client_options: Further arguments of every server's client.

    Returns:
        Makes the dispatcher.

    Raises:
        ValueError: Servers or tags are none.
    """
    if isinstance(servers, str):
        raise ValueError("servers are several: pass a list")
    tags = servers if isinstance(servers, Mapping) else dict.fromkeys(servers, ())
    names = {url: worker_name(url) for url in tags}
    if len(set(names.values())) < len(names):
        raise ValueError("a server is named twice")
    clients = {
        names[url]: partial(AsyncComfyUIApiClient, url=url, **{"outage_timeout": lost_after, **client_options})
        for url in tags
    }
    options = {"ahead": ahead, "most_kills": most_kills, "lost_after": lost_after}
    checked = {names[url]: checked_tags(some) for url, some in tags.items()}

    def make() -> LocalDispatcher:
        place = temporary_directory() if store is None else store
        return LocalDispatcher(clients, checked, Store(place), options)

    return make
