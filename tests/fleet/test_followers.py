"""Several jobs of one prompt: whoever follows it is told all, and nobody instead of another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import comfy_emulator
from comfy_facade import ClientClosedError
from comfy_fleet import AsyncFleet, FleetJob, PromptCancelledError, UnservedPromptError
from tests import prompts
from tests.fleet.behaviours import text_prompt
from tests.fleet.brokers import private_redis
from tests.fleet.workers import PATIENCE, Place

pytestmark = [pytest.mark.timeout(240)]


@pytest.fixture(params=["local", "redis"])
async def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncFleet]:
    with comfy_emulator.running() as server:
        if request.param == "local":
            async with AsyncFleet.local([server.url], store=tmp_path / "store", unserved_timeout=3.5) as made:
                yield made
            return
        with private_redis() as redis:
            place = Place(redis.url, redis.results, tmp_path)
            async with place.at_work(place.worker(server.url, name="one")), place.fleet(unserved_timeout=3.5) as made:
                yield made


async def kinds(job: FleetJob) -> list[str]:
    async with asyncio.timeout(PATIENCE):
        return [event.kind async for event in job.events()]


async def test_all_who_follow_a_prompt_are_told(fleet: AsyncFleet) -> None:
    job = await fleet.submit(prompts.one_image(count=10, delay_ms=100))
    followers = [await fleet.attach(job.prompt_id) for _ in range(2)]
    for one in (job, *followers):
        result = await one.result(timeout=PATIENCE)
        assert len(result.images) == 1
        told = await kinds(one)
        assert "progress" in told
        assert told[-1] == "succeeded"

    job = await fleet.submit(prompts.one_image(count=10_000, delay_ms=50))
    follower = await fleet.attach(job.prompt_id)
    assert await follower.cancel()
    for one in (job, follower):
        with pytest.raises(PromptCancelledError):
            await one.result(timeout=PATIENCE)
    assert not await job.cancel()


async def test_a_follower_takes_nothing_from_who_submitted(fleet: AsyncFleet) -> None:
    job = await fleet.submit(text_prompt("x"), tags=["nobody-has-this"])
    follower = await fleet.attach(job.prompt_id)
    # That nobody serves it is reported on, and to both.
    for one in (job, follower):
        with pytest.raises(UnservedPromptError, match="nobody-has-this"):
            await one.result(timeout=PATIENCE)
        assert "unserved" in await kinds(one)

    job = await fleet.submit(prompts.one_image(count=10_000, delay_ms=50))
    follower = await fleet.attach(job.prompt_id)
    await fleet.close()
    for one in (job, follower):
        with pytest.raises(ClientClosedError):
            await one.result(timeout=PATIENCE)


async def test_a_local_fleet_knows_no_prompt_that_is_over(tmp_path: Path) -> None:
    with comfy_emulator.running() as server:
        async with AsyncFleet.local([server.url], store=tmp_path) as fleet:
            result = await fleet.run(text_prompt("x"))
            with pytest.raises(ValueError, match="over"):
                await fleet.attach(result.prompt_id)
