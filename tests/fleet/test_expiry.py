"""Prompts that may no longer be begun: nothing is kept for them, and none runs whose job was told so."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest

import comfy_emulator
from comfy_fleet import AsyncFleet, PromptExpiredError
from comfy_fleet.application import BrokerSettings, make_application
from comfy_fleet.local_dispatch import LocalDispatcher
from comfy_fleet.prompt_task import PromptTask
from comfy_fleet.records import Records
from comfy_fleet.start_record import Start
from tests.fleet.behaviours import text_prompt
from tests.fleet.brokers import private_redis
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


async def test_a_prompt_that_expired_while_its_worker_looked_at_it_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with comfy_emulator.running() as server:
        async with AsyncFleet.local([server.url], store=tmp_path, ahead=0) as fleet:
            await fleet.run(text_prompt("up"))
            runner = (await local_dispatcher(fleet))._cores[0].runner
            look, is_over = runner.lack, asyncio.Event()

            async def lack(task: PromptTask) -> str | None:
                # A server with many nodes takes seconds to tell them.
                await is_over.wait()
                return await look(task)

            monkeypatch.setattr(runner, "lack", lack)
            job = await fleet.submit(text_prompt("too late"), expires=0.2)
            with pytest.raises(PromptExpiredError):
                await job.result(timeout=PATIENCE)
            is_over.set()
            await fleet.run(text_prompt("next"))
            assert job.prompt_id not in server.prompts_run


async def test_over_a_broker_a_prompt_expires_for_all_or_for_nobody(tmp_path: Path) -> None:
    with private_redis() as redis:
        settings = BrokerSettings(redis.url, redis.results)

        def fleet() -> AsyncFleet:
            return AsyncFleet(redis.url, redis.results, tmp_path, unserved_timeout=None)

        async with fleet() as submitter, fleet() as other:
            # Its worker began it, but the event that would say so was lost.
            begun = await submitter.submit(text_prompt("begun"), expires=0.1)
            app = make_application(settings)
            records = Records(app)
            await asyncio.to_thread(records.save_starts, begun.prompt_id, [Start("w", "i", 1.0)])
            waiting = await submitter.submit(text_prompt("too late"), expires=0.1)
            followed = await other.attach(waiting.prompt_id)
            for job in (waiting, followed):
                with pytest.raises(PromptExpiredError):
                    await job.result(timeout=PATIENCE)
            # Whoever comes to it now knows not to run it.
            assert await asyncio.to_thread(records.starts_unless_over, waiting.prompt_id) is None
            assert not begun.is_over
            assert await asyncio.to_thread(records.starts_unless_over, begun.prompt_id) != []
            app.close()
