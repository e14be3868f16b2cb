"""What every fleet does, over a real Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import comfy_emulator
from comfy_fleet import AsyncFleet
from tests.fleet import behaviours
from tests.fleet.behaviours import Servers
from tests.fleet.brokers import Redis, private_redis
from tests.fleet.workers import Place

pytestmark = [pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with private_redis() as running:
        yield running


@pytest.fixture(scope="module")
def place(redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(redis.url, redis.results, tmp_path_factory.mktemp("store"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def servers(place: Place) -> Iterator[Servers]:
    with comfy_emulator.running() as red, comfy_emulator.running(version="0.3.64") as blue:
        workers = [place.worker(server.url, name=tag, tags=[tag]) for tag, server in (("red", red), ("blue", blue))]
        with place.working(*workers):
            yield {"red": red, "blue": blue}


@pytest.fixture
async def fleet(place: Place, servers: Servers) -> AsyncIterator[AsyncFleet]:
    async with place.fleet(unserved_timeout=3.5) as made:
        yield made


async def test_results(fleet: AsyncFleet, servers: Servers) -> None:
    await behaviours.gives_what_one_server_gives(fleet, servers)
    await behaviours.streamed_images_come_too(fleet)
    await behaviours.workflows_of_the_interface_are_converted(fleet)


async def test_errors(fleet: AsyncFleet, servers: Servers) -> None:
    await behaviours.errors_are_typed_as_from_one_server(fleet, servers)


async def test_progress(fleet: AsyncFleet) -> None:
    await behaviours.progress_and_events_are_told(fleet)


async def test_many(fleet: AsyncFleet) -> None:
    await behaviours.many_run_in_order_with_one_bar(fleet)
    await behaviours.many_come_as_they_end(fleet)


async def test_cancelling(fleet: AsyncFleet, servers: Servers) -> None:
    await behaviours.running_prompts_are_cancelled_on_their_server(fleet, servers)
    await behaviours.waiting_prompts_are_cancelled_before_they_begin(fleet, servers)


async def test_priorities_and_expiry(fleet: AsyncFleet, servers: Servers) -> None:
    await behaviours.urgent_prompts_come_first(fleet, servers)
    await behaviours.prompts_expire_that_nobody_begins(fleet, servers)


async def test_tags(fleet: AsyncFleet, servers: Servers) -> None:
    await behaviours.tags_choose_the_server(fleet, servers)


async def test_nobody_serves_it(fleet: AsyncFleet) -> None:
    await behaviours.what_nobody_serves_is_reported(fleet)


async def test_inputs(fleet: AsyncFleet, servers: Servers, tmp_path: Path) -> None:
    await behaviours.inputs_reach_whichever_server(fleet, servers, tmp_path / "inputs")


async def test_another_process_can_take_a_job_up(fleet: AsyncFleet, place: Place) -> None:
    job = await fleet.submit(behaviours.text_prompt("attached"))
    async with place.fleet() as other:
        attached = await other.attach(job.prompt_id)
        result = await attached.result(timeout=20)
        assert list(result.texts) == ["attached"]
        assert result.seeds == job.seeds
