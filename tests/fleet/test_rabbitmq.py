"""A fleet over a real RabbitMQ, with results in a real Redis: what it survives, and what brokers do differently."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

import comfy_emulator
from tests.fleet import behaviours, faults
from tests.fleet.behaviours import Servers
from tests.fleet.brokers import RabbitMQ, private_rabbitmq, private_redis
from tests.fleet.workers import Place

pytestmark = [pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def broker() -> Iterator[RabbitMQ]:
    with private_rabbitmq() as running:
        yield running


@pytest.fixture(scope="module")
def place(broker: RabbitMQ, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with private_redis() as results:
        made = Place(broker.url, results.results, tmp_path_factory.mktemp("store"))
        yield made
        made.close()


# The rest is what Redis is tested with as well, and what workers, of which each takes seconds to start, make slow.
ALWAYS = (
    faults.a_killed_worker_picks_its_prompt_up_again.__name__,
    faults.a_cut_between_worker_and_broker_is_survived.__name__,
)
is_everything = os.environ.get("FLEET_TESTS") == "all"
everything = pytest.mark.skipif(not is_everything, reason="make test-fleet runs this too")


@pytest.fixture(scope="module")
def at_once(place: Place, broker: RabbitMQ) -> Iterator[faults.AtOnce]:
    running = faults.at_once(faults.NAMES if is_everything else ALWAYS, place, broker)
    yield running
    running.end()


@pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=() if name in ALWAYS else everything) for name in faults.NAMES]
)
async def test_what_is_survived(fault: str, at_once: faults.AtOnce) -> None:
    await at_once.outcome(fault)


@pytest.fixture(scope="module")
def servers(place: Place, at_once: faults.AtOnce) -> Iterator[Servers]:
    at_once.end()
    with comfy_emulator.running() as red, comfy_emulator.running() as blue:
        workers = [place.worker(server.url, name=tag, tags=[tag]) for tag, server in (("red", red), ("blue", blue))]
        with place.working(*workers):
            yield {"red": red, "blue": blue}


async def test_prompts_and_their_errors(place: Place, servers: Servers) -> None:
    async with place.fleet() as fleet:
        await behaviours.gives_what_one_server_gives(fleet, servers)
        await behaviours.errors_are_typed_as_from_one_server(fleet, servers)
        await behaviours.many_run_in_order_with_one_bar(fleet, servers)
        await behaviours.progress_and_events_are_told(fleet, servers)


async def test_cancelling_priorities_and_expiry(place: Place, servers: Servers) -> None:
    async with place.fleet() as fleet:
        await behaviours.running_prompts_are_cancelled_on_their_server(fleet, servers)
        await behaviours.waiting_prompts_are_cancelled_before_they_begin(fleet, servers)
        await behaviours.urgent_prompts_come_first(fleet, servers)
        await behaviours.prompts_expire_that_nobody_begins(fleet, servers)


# Last, for it takes the broker from everybody.
async def test_broker_restarted(place: Place, broker: RabbitMQ, at_once: faults.AtOnce) -> None:
    at_once.end()
    await faults.a_restarted_broker_keeps_a_full_queue(place, broker)
