"""Prompts that may no longer be begun: nothing is kept for them, and none runs whose job was told so."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest

import comfy_emulator
from comfy_fleet import AsyncFleet
from comfy_fleet.local_dispatch import LocalDispatcher
from comfy_fleet.prompt_task import PromptTask
from tests.fleet.behaviours import text_prompt
from tests.fleet.workers import PATIENCE

pytestmark = [pytest.mark.timeout(180)]


async def local_dispatcher(fleet: AsyncFleet) -> LocalDispatcher:
    dispatcher = await fleet._life.opened()
    assert isinstance(dispatcher, LocalDispatcher)
    return dispatcher


async def test_prompts_that_are_over_are_not_kept_until_they_would_expire(tmp_path: Path) -> None:
    with comfy_emulator.running() as server:
        async with AsyncFleet.local([server.url], store=tmp_path) as fleet:
            jobs = [await fleet.submit(text_prompt(str(number)), expires=3600) for number in range(5)]
            jobs.append(await fleet.submit(text_prompt("never", delay_ms=1000), expires=3600))
            await jobs[-1].cancel()
            for job in jobs:
                await job.wait()
            dispatcher = await local_dispatcher(fleet)
            assert dispatcher.tracked == {}
            assert dispatcher._expiries == {}
            # Each of the two places of the worker may still hold what ran there last.
            async with asyncio.timeout(PATIENCE):
                while tasks_in_memory({job.prompt_id for job in jobs}) > 2:
                    await asyncio.sleep(0.05)


def tasks_in_memory(prompt_ids: set[str]) -> int:
    gc.collect()
    return sum(isinstance(found, PromptTask) and found.prompt_id in prompt_ids for found in gc.get_objects())
