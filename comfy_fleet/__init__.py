"""Many ComfyUI servers as one: prompts go to whichever is free, survive what happens to it, and come back once.

Duty: hand prompts to workers, one for each server, over Celery and the broker of your choice, or within one process;
see that each prompt has one effect; bring results and errors back as if there were one server. It refuses to be a
queue or a scheduler: those are Celery's and the broker's.

Names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from comfy_fleet.dispatch import FleetStatus
    from comfy_fleet.errors import (
        BrokerUnreachableError,
        FleetError,
        PromptCancelledError,
        PromptExpiredError,
        PromptSetAsideError,
        StoreFailedError,
        UnservedPromptError,
        WorkerFailedError,
    )
    from comfy_fleet.fleet import AsyncFleet
    from comfy_fleet.job import FleetEvent, FleetJob
    from comfy_fleet.results import FleetFile, FleetResult, SyncFleetFile
    from comfy_fleet.sync_fleet import Fleet, SyncFleetJob
    from comfy_fleet.worker_card import WorkerCard

__all__ = [
    "AsyncFleet",
    "BrokerUnreachableError",
    "Fleet",
    "FleetError",
    "FleetEvent",
    "FleetFile",
    "FleetJob",
    "FleetResult",
    "FleetStatus",
    "PromptCancelledError",
    "PromptExpiredError",
    "PromptSetAsideError",
    "StoreFailedError",
    "SyncFleetFile",
    "SyncFleetJob",
    "UnservedPromptError",
    "WorkerCard",
    "WorkerFailedError",
]

_HOMES: Final = {
    "AsyncFleet": "comfy_fleet.fleet",
    "BrokerUnreachableError": "comfy_fleet.errors",
    "Fleet": "comfy_fleet.sync_fleet",
    "FleetError": "comfy_fleet.errors",
    "FleetEvent": "comfy_fleet.job",
    "FleetFile": "comfy_fleet.results",
    "FleetJob": "comfy_fleet.job",
    "FleetResult": "comfy_fleet.results",
    "FleetStatus": "comfy_fleet.dispatch",
    "PromptCancelledError": "comfy_fleet.errors",
    "PromptExpiredError": "comfy_fleet.errors",
    "PromptSetAsideError": "comfy_fleet.errors",
    "StoreFailedError": "comfy_fleet.errors",
    "SyncFleetFile": "comfy_fleet.results",
    "SyncFleetJob": "comfy_fleet.sync_fleet",
    "UnservedPromptError": "comfy_fleet.errors",
    "WorkerCard": "comfy_fleet.worker_card",
    "WorkerFailedError": "comfy_fleet.errors",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
