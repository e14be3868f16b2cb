"""What every fleet does, over a real Redis."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest
from redis import from_url as client_of

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient
from comfy_fleet import AsyncFleet, BrokerUnreachableError
from comfy_fleet.application import BrokerSettings
from tests import prompts
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


@behaviours.every_behaviour
async def test_what_every_fleet_does(behaviour: behaviours.Behaviour, fleet: AsyncFleet, servers: Servers) -> None:
    await behaviour(fleet, servers)


async def test_another_process_can_take_a_job_up(fleet: AsyncFleet, place: Place) -> None:
    job = await fleet.submit(behaviours.text_prompt("attached"))
    async with place.fleet() as other:
        attached = await other.attach(job.prompt_id)
        result = await attached.result(timeout=20)
        assert list(result.texts) == ["attached"]
        assert result.seeds == job.seeds


async def test_no_secret_leaves_its_place(place: Place, redis: Redis) -> None:
    secrets_ = {"broker": redis.password, "token": "s3cret-token", "user": "s3cret-password"}
    tag = place.tag()
    with comfy_emulator.running() as server:
        url = server.url.replace("http://", f"http://someone:{secrets_['user']}@")
        worker = place.worker(url, name=f"{tag}-a", tags=[tag], environment={"COMFYUI_TOKEN": secrets_["token"]})
        async with place.at_work(worker):
            async with place.fleet() as fleet:
                events = []
                job = await fleet.submit(behaviours.text_prompt("x"), tags=[tag])
                async for event in job.events():
                    events.append(repr(event))
                await job.result(timeout=20)
                status = repr(await fleet.status())
                await (await fleet.submit(behaviours.text_prompt("y"), tags=["nobody"])).cancel()
            with pytest.raises(BrokerUnreachableError) as unreachable:
                await AsyncFleet(redis.url.replace(str(redis.port), "1"), store=place.store).status()
    kept = await asyncio.to_thread(everything_in, redis)
    for name, secret in secrets_.items():
        for where, text in {
            "log": worker.log.read_text(encoding="utf-8"),
            "events": "".join(events),
            "status": status,
            "error": str(unreachable.value) + repr(unreachable.value.__dict__),
            "redis": kept,
            "settings": repr(BrokerSettings(redis.url, redis.results)),
        }.items():
            assert secret not in text, f"the {name}'s secret is in the {where}"


def everything_in(redis: Redis) -> str:
    """What a Redis holds, as text."""
    told: list[str] = []
    for url in (redis.url, redis.results):
        client: Any = client_of(url)
        with client:
            readers = {
                b"string": client.get,
                b"list": partial(client.lrange, start=0, end=-1),
                b"hash": client.hgetall,
                b"set": client.smembers,
                b"zset": partial(client.zrange, start=0, end=-1),
                b"none": str,  # it expired since it was listed
            }
            told += [f"{key} {readers[client.type(key)](key)}" for key in client.keys("*")]
    assert any("comfy-fleet" in line for line in told)
    return "\n".join(told)


async def test_the_command_line_shows_the_fleet(place: Place, servers: Servers) -> None:
    environment = {**os.environ, "COMFY_FLEET_BROKER": place.broker, "COMFY_FLEET_RESULTS": place.results}

    async def status(*options: str) -> str:
        command = [sys.executable, "-m", "comfy_facade.cli", "fleet", "status", *options]
        done = await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    async with place.fleet() as fleet:
        job = await fleet.submit(prompts.one_image(count=1000, delay_ms=100), tags=["red"])
        waiting = await fleet.submit(behaviours.text_prompt("x"), tags=["nobody-has-this"])
        await behaviours.until_running(servers, job)
        async with asyncio.timeout(30):
            while job.prompt_id[:8] not in (shown := await status()):
                continue
        lines = {line.split("\t")[0]: line for line in shown.splitlines()}
        assert "up" in lines["red"].split("\t")
        assert servers["red"].url in lines["red"]
        record = json.loads(await status("--json"))
        cards = {card["name"]: card for card in record["workers"]}
        assert cards["red"]["running"] == [job.prompt_id]
        assert cards["blue"]["is_live"]
        await waiting.cancel()
        await job.cancel()
    # A second worker of the same name would take the first one's prompts for its own.
    twin = place.worker(servers["red"].url, name="red")
    with pytest.raises(AssertionError, match="at work already"):
        await asyncio.to_thread(twin.start)


async def test_a_worker_that_is_told_to_stop_leaves_its_prompt_to_the_next(place: Place) -> None:
    tag = place.tag()
    with comfy_emulator.running() as server:
        worker = place.worker(server.url, name=f"{tag}-a", tags=[tag], drain=0)
        async with place.at_work(worker), place.fleet() as fleet:
            job = await fleet.submit(prompts.one_image(count=60, delay_ms=100), tags=[tag])
            await behaviours.until_running({"": server}, job)
            assert await asyncio.to_thread(worker.stop) == 0
            await asyncio.to_thread(worker.start)
            result = await job.result(timeout=40)
            assert list(server.prompts_run).count(job.prompt_id) == 1
            assert (await result.images[0].read()).startswith(b"\x89PNG")


async def test_a_prompt_longer_than_the_broker_waits_is_run_once(place: Place) -> None:
    tag = place.tag()
    with comfy_emulator.running() as one, comfy_emulator.running() as two:
        workers = [
            place.worker(server.url, name=f"{tag}-{name}", tags=[tag], visibility=3, grace=15)
            for name, server in (("a", one), ("b", two))
        ]
        async with place.at_work(*workers), place.fleet() as fleet:
            job = await fleet.submit(prompts.one_image(count=80, delay_ms=100), tags=[tag])
            result = await job.result(timeout=60)
            assert result.attempt == 1
            assert (list(one.prompts_run) + list(two.prompts_run)).count(job.prompt_id) == 1


async def test_what_a_dead_worker_left_on_its_server_is_cancelled_when_nobody_wants_it(place: Place) -> None:
    tag = place.tag()
    name = f"{tag}-a"
    with comfy_emulator.running() as server:
        left, stranger = str(uuid.uuid4()), str(uuid.uuid4())
        long_prompt = prompts.one_image(count=10_000, delay_ms=50)
        async with (
            AsyncComfyUIApiClient(url=server.url, session_name=f"comfy-fleet {name}") as former,
            AsyncComfyUIApiClient(url=server.url) as other,
        ):
            await former.submit(long_prompt, prompt_id=left)
            await other.submit(long_prompt, prompt_id=stranger)
        async with place.fleet() as fleet:
            await (await fleet.attach(left)).cancel()
            async with place.at_work(place.worker(server.url, name=name, tags=[tag])):
                async with asyncio.timeout(40):
                    while stranger not in server.prompts_run:
                        await asyncio.sleep(0.05)
                assert server._server.queue.remaining == 1
