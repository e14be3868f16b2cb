"""A fleet over a real RabbitMQ, with results in a real Redis: what it survives, and what brokers do differently."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

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


# What Redis is tested with as well, and what workers, of which each takes seconds to start, make slow.
everything = pytest.mark.skipif(os.environ.get("FLEET_TESTS") != "all", reason="make test-fleet runs this too")


@pytest.fixture(scope="module")
def at_once(place: Place, broker: RabbitMQ) -> Iterator[faults.AtOnce]:
    bodies = [faults.a_killed_worker_picks_its_prompt_up_again]
    if os.environ.get("FLEET_TESTS") == "all":
        bodies += [
            faults.a_killed_worker_is_replaced,
            faults.a_restarted_server_runs_its_prompts_again,
            faults.a_lost_server_is_replaced_with_the_same_seeds,
            faults.a_cut_between_worker_and_server_is_survived,
            faults.a_prompt_that_kills_its_worker_is_set_aside,
        ]
    cut = partial(faults.a_cut_between_worker_and_broker_is_survived, place, broker.port)
    running = faults.AtOnce({"cut": cut, **{body.__name__: partial(body, place) for body in bodies}})
    yield running
    running.end()


async def test_worker_killed_and_restarted(at_once: faults.AtOnce) -> None:
    await at_once.outcome("a_killed_worker_picks_its_prompt_up_again")


@everything
async def test_worker_killed_for_good(at_once: faults.AtOnce) -> None:
    await at_once.outcome("a_killed_worker_is_replaced")


async def test_network_cut_before_the_broker(at_once: faults.AtOnce) -> None:
    await at_once.outcome("cut")


@everything
async def test_server_restarted(at_once: faults.AtOnce) -> None:
    await at_once.outcome("a_restarted_server_runs_its_prompts_again")


@everything
async def test_server_lost(at_once: faults.AtOnce) -> None:
    await at_once.outcome("a_lost_server_is_replaced_with_the_same_seeds")


@everything
async def test_network_cut_before_the_server(at_once: faults.AtOnce) -> None:
    await at_once.outcome("a_cut_between_worker_and_server_is_survived")


@everything
async def test_a_prompt_that_kills_its_worker(at_once: faults.AtOnce) -> None:
    await at_once.outcome("a_prompt_that_kills_its_worker_is_set_aside")


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
        await behaviours.many_run_in_order_with_one_bar(fleet)
        await behaviours.progress_and_events_are_told(fleet)


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
