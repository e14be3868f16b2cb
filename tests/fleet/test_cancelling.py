"""Cancelling with a broker that is away: whoever is cancelled is, and what was given up is cancelled later."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Never

import pytest

import comfy_emulator
from comfy_fleet import AsyncFleet, BrokerUnreachableError, UnservedPromptError
from comfy_fleet.broker_calls import BrokerCalls
from comfy_fleet.local_dispatch import LocalDispatcher
from tests import prompts
from tests.fleet.behaviours import text_prompt, until_running
from tests.fleet.brokers import private_redis
from tests.fleet.workers import PATIENCE

pytestmark = [pytest.mark.timeout(180)]


async def test_a_run_that_cannot_be_cancelled_is_left_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def unreachable(_: LocalDispatcher, prompt_id: str) -> Never:
        raise BrokerUnreachableError(f"broker of {prompt_id}", "gone")

    with comfy_emulator.running() as server:
        async with AsyncFleet.local([server.url], store=tmp_path) as fleet:
            job = await fleet.submit(prompts.one_image(count=1000, delay_ms=50))
            await until_running({"only": server}, job)
            monkeypatch.setattr(LocalDispatcher, "cancel", unreachable)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await fleet.run(text_prompt("second"))
    assert [record.levelno for record in caplog.records if "could not be cancelled" in record.message] == [
        logging.WARNING
    ]


async def test_what_was_given_up_is_cancelled_when_that_is_possible_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled: list[str] = []
    failures = 2
    revoke = BrokerCalls.revoke

    async def at_times_unreachable(calls: BrokerCalls, prompt_id: str) -> bool:
        nonlocal failures
        if failures:
            failures -= 1
            raise BrokerUnreachableError("redis://broker", "gone for a moment")
        cancelled.append(prompt_id)
        return await revoke(calls, prompt_id)

    monkeypatch.setattr(BrokerCalls, "revoke", at_times_unreachable)
    with private_redis() as redis:
        async with AsyncFleet(redis.url, results=redis.results, store=tmp_path, unserved_timeout=0.5) as fleet:
            jobs = [await fleet.submit(text_prompt(str(number))) for number in range(3)]
            for job in jobs:
                with pytest.raises(UnservedPromptError):
                    await job.result(timeout=PATIENCE)
            async with asyncio.timeout(PATIENCE):
                while set(cancelled) != {job.prompt_id for job in jobs}:
                    await asyncio.sleep(0.05)
