"""What a fleet over a real Redis survives."""

from __future__ import annotations

from collections.abc import Iterator

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
    running = faults.at_once(faults.NAMES, place, broker)
    yield running
    running.end()


@pytest.mark.parametrize("fault", faults.NAMES)
async def test_what_is_survived(fault: str, at_once: faults.AtOnce) -> None:
    await at_once.outcome(fault)


# Last, for it takes the broker from everybody.
async def test_broker_restarted(place: Place, broker: Redis, at_once: faults.AtOnce) -> None:
    at_once.end()
    await faults.a_restarted_broker_keeps_a_full_queue(place, broker)
