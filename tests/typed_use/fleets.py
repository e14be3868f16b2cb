"""Many servers, both flavours. It is checked, never run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, assert_type

from comfy_fleet import (
    AsyncFleet,
    BrokerUnreachableError,
    Fleet,
    FleetError,
    FleetEvent,
    FleetFile,
    FleetJob,
    FleetResult,
    FleetStatus,
    PromptCancelledError,
    PromptExpiredError,
    PromptSetAsideError,
    StoreFailedError,
    SyncFleetFile,
    SyncFleetJob,
    UnservedPromptError,
    WorkerCard,
    WorkerFailedError,
)

PROMPT: dict[str, Any] = {}


async def asynchronous(prompts: list[dict[str, Any]]) -> None:
    async with AsyncFleet("redis://127.0.0.1", store="s3://bucket/pictures") as fleet:
        job = await fleet.submit(PROMPT, priority=3, tags=["large"], expires=3600)
        assert_type(job, FleetJob)
        async for event in job.events():
            assert_type(event, FleetEvent)
        result = await job.result(timeout=60)
        assert_type(result, FleetResult[FleetFile])
        assert_type(result.images, Sequence[FleetFile])
        assert_type(await result.images[0].read(), bytes)
        assert_type((await job.cancel(), job.prompt_id), tuple[bool, str])
        async for done in fleet.as_completed(prompts, progress=True):
            assert_type(done, FleetJob)
        status = await fleet.status()
        assert_type(status, FleetStatus)
        workers: Sequence[WorkerCard] = status.workers
        assert_type(len(workers), int)


def synchronous(prompts: list[dict[str, Any]]) -> None:
    with Fleet.local(["http://127.0.0.1:8188"], store="pictures") as fleet:
        job = fleet.submit(PROMPT)
        assert_type(job, SyncFleetJob)
        result = job.result(timeout=60)
        assert_type(result, FleetResult[SyncFleetFile])
        assert_type(result.images[0].save("pictures/"), Path)
        for done in fleet.as_completed(prompts):
            assert_type(done, SyncFleetJob)


def failures(job: SyncFleetJob) -> None:
    try:
        job.result()
    except UnservedPromptError as error:
        assert_type(error.prompt_id, str)
    except (PromptCancelledError, PromptExpiredError, PromptSetAsideError) as error:
        assert_type(error.prompt_id, str)
    except (StoreFailedError, WorkerFailedError, BrokerUnreachableError) as error:
        assert_type(str(error), str)
    except FleetError as error:
        assert_type(str(error), str)
