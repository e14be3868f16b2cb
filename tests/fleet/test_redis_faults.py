"""What a fleet over a real Redis survives."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from tests.fleet import faults
from tests.fleet.brokers import Redis, private_redis
from tests.fleet.workers import Place

pytestmark = [pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def broker() -> Iterator[Redis]:
    with private_redis() as running:
        yield running


@pytest.fixture(scope="module")
def place(broker: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(broker.url, broker.results, tmp_path_factory.mktemp("store"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def at_once(place: Place, broker: Redis) -> Iterator[faults.AtOnce]:
    bodies = (
        faults.a_killed_worker_picks_its_prompt_up_again,
        faults.a_killed_worker_is_replaced,
        faults.a_restarted_server_runs_its_prompts_again,
        faults.a_lost_server_is_replaced_with_the_same_seeds,
        faults.a_cut_between_worker_and_server_is_survived,
        faults.a_prompt_that_kills_its_worker_is_set_aside,
    )
    cut = partial(faults.a_cut_between_worker_and_broker_is_survived, place, broker.port)
    running = faults.AtOnce({"cut": cut, **{body.__name__: partial(body, place) for body in bodies}})
    yield running
    running.end()


async def test_worker_killed_and_restarted(at_once: faults.AtOnce) -> None:
    await at_once.outcome("a_killed_worker_picks_its_prompt_up_again")


async def test_worker_killed_for_good(at_once: faults.AtOnce) -> None:
    await at_once.outcome("a_killed_worker_is_replaced")


async def test_server_restarted(at_once: faults.AtOnce) -> None:
    await at_once.outcome("a_restarted_server_runs_its_prompts_again")


async def test_server_lost(at_once: faults.AtOnce) -> None:
    await at_once.outcome("a_lost_server_is_replaced_with_the_same_seeds")


async def test_network_cut_before_the_server(at_once: faults.AtOnce) -> None:
    await at_once.outcome("a_cut_between_worker_and_server_is_survived")


async def test_network_cut_before_the_broker(at_once: faults.AtOnce) -> None:
    await at_once.outcome("cut")


async def test_a_prompt_that_kills_its_worker(at_once: faults.AtOnce) -> None:
    await at_once.outcome("a_prompt_that_kills_its_worker_is_set_aside")


# Last, for it takes the broker from everybody.
async def test_broker_restarted(place: Place, broker: Redis, at_once: faults.AtOnce) -> None:
    at_once.end()
    await faults.a_restarted_broker_keeps_a_full_queue(place, broker)
