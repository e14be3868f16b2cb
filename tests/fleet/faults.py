"""What a fleet over a broker survives. Each function is a test's body, for whichever broker.

Every one has workers of its own, under a tag of its own, on servers that run in this process. As all of them mostly
wait, those that leave the broker alone run at the same time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

import comfy_emulator
from comfy_fleet import FleetJob, PromptSetAsideError
from tests import prompts
from tests.chaos.proxy import proxied
from tests.fleet.behaviours import text_prompt, until_running
from tests.fleet.brokers import Broker, free_port
from tests.fleet.cuttable import cuttable
from tests.fleet.workers import PATIENCE, Place


def runs_of(job: FleetJob, *servers: comfy_emulator.RunningServer) -> int:
    """How often a job's prompt was begun."""
    return sum(list(server.prompts_run).count(job.prompt_id) for server in servers)


class AtOnce:
    """Bodies of tests that run at the same time, in a thread of their own."""

    def __init__(self, bodies: Mapping[str, Callable[[], Coroutine[Any, Any, None]]]) -> None:
        self._bodies = bodies
        self._outcomes: dict[str, Future[None]] = {name: Future() for name in bodies}
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()

    async def outcome(self, name: str) -> None:
        """Wait until a body ended, and raise what it raised."""
        await asyncio.wrap_future(self._outcomes[name])

    def end(self) -> None:
        """Wait for all."""
        self._thread.join()

    async def _run(self) -> None:
        await asyncio.gather(*(self._run_one(name) for name in self._bodies))

    async def _run_one(self, name: str) -> None:
        try:
            await self._bodies[name]()
        except BaseException as error:  # noqa: BLE001 - raised where the outcome is asked for
            self._outcomes[name].set_exception(error)
        else:
            self._outcomes[name].set_result(None)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.05)


async def a_killed_worker_picks_its_prompt_up_again(place: Place) -> None:
    tag = place.tag()
    with comfy_emulator.running() as server:
        worker = place.worker(server.url, name=f"{tag}-a", tags=[tag])
        async with place.at_work(worker), place.fleet() as fleet:
            job = await fleet.submit(prompts.one_image(count=40, delay_ms=100), tags=[tag])
            await until_running({"": server}, job)
            await asyncio.to_thread(worker.kill)
            await asyncio.to_thread(worker.start)
            result = await job.result(timeout=PATIENCE)
            # It ran on while nobody watched, and was not posted again.
            assert runs_of(job, server) == 1
            assert result.worker == worker.name
            assert "picked up" in worker.text()
            assert (await result.images[0].read()).startswith(b"\x89PNG")


async def a_killed_worker_is_replaced(place: Place) -> None:
    tag = place.tag()
    with comfy_emulator.running() as first, comfy_emulator.running() as second:
        workers = {
            "first": place.worker(first.url, name=f"{tag}-a", tags=[tag]),
            "second": place.worker(second.url, name=f"{tag}-b", tags=[tag]),
        }
        async with place.at_work(*workers.values()), place.fleet() as fleet:
            job = await fleet.submit(prompts.one_image(count=30, delay_ms=100), tags=[tag])
            ran_on = await until_running({"first": first, "second": second}, job)
            await asyncio.to_thread(workers.pop(ran_on).kill)
            result = await job.result(timeout=PATIENCE)
            assert result.worker == next(iter(workers.values())).name
            assert result.attempt == 2
            assert result.prompt["1"]["inputs"]["seed"] == job.seeds[("1", "seed")]
            assert runs_of(job, first) == runs_of(job, second) == 1


async def a_restarted_server_runs_its_prompts_again(place: Place) -> None:
    tag = place.tag()
    port = free_port()
    with ExitStack() as stack:
        server = stack.enter_context(comfy_emulator.running(port=port))
        worker = place.worker(server.url, name=f"{tag}-a", tags=[tag])
        async with place.at_work(worker), place.fleet() as fleet:
            jobs = [await fleet.submit(prompts.one_image(count=25, delay_ms=100), tags=[tag]) for _ in range(3)]
            # Whichever comes first: it shall not be over on the server that goes.
            await until(lambda: any(runs_of(job, server) for job in jobs))
            await asyncio.to_thread(stack.close)
            await asyncio.to_thread(worker.wait_for, "is down")
            server = stack.enter_context(comfy_emulator.running(port=port))
            results = [await job.result(timeout=PATIENCE) for job in jobs]
            assert [result.seeds for result in results] == [job.seeds for job in jobs]
            assert [runs_of(job, server) for job in jobs] == [1, 1, 1]
            assert (await fleet.status()).queues[f"comfy+{tag}"] == 0


async def a_lost_server_is_replaced_with_the_same_seeds(place: Place) -> None:
    tag = place.tag()
    with comfy_emulator.running() as other, ExitStack() as stack:
        lost = stack.enter_context(comfy_emulator.running())
        workers = [
            place.worker(lost.url, name=f"{tag}-a", tags=[tag]),
            place.worker(other.url, name=f"{tag}-b", tags=[tag]),
        ]
        async with place.at_work(*workers), place.fleet() as fleet:
            jobs = [await fleet.submit(prompts.one_image(count=20, delay_ms=100), tags=[tag]) for _ in range(4)]
            await until(lambda: any(runs_of(job, lost) for job in jobs))
            await asyncio.to_thread(stack.close)
            results = [await job.result(timeout=PATIENCE) for job in jobs]
            assert {result.worker for result in results} == {workers[1].name}
            assert [result.seeds for result in results] == [job.seeds for job in jobs]
            assert max(result.attempt for result in results) == 2
            card = next(card for card in (await fleet.status()).workers if card.name == workers[0].name)
            assert not card.is_up
            assert "takes no prompts" in workers[0].text()


async def a_restarted_broker_keeps_a_full_queue(place: Place, broker: Broker) -> None:
    tag = place.tag()
    with comfy_emulator.running() as server:
        worker = place.worker(server.url, name=f"{tag}-a", tags=[tag])
        async with place.at_work(worker), place.fleet() as fleet:
            texts = [f"text {number}" for number in range(12)]
            slow = await fleet.submit(prompts.one_image(count=20, delay_ms=100), tags=[tag])
            jobs = [await fleet.submit(text_prompt(text), tags=[tag]) for text in texts]
            await until_running({"": server}, slow)
            await asyncio.to_thread(broker.kill)
            # The prompt that runs meanwhile ends while there is no broker.
            await asyncio.sleep(2.5)
            await asyncio.to_thread(broker.start)
            results = [await job.result(timeout=2 * PATIENCE) for job in jobs]
            assert [result.texts[0] for result in results] == texts
            assert (await slow.result(timeout=PATIENCE)).images
            assert all(runs_of(job, server) == 1 for job in [slow, *jobs])


async def a_cut_between_worker_and_server_is_survived(place: Place) -> None:
    tag = place.tag()
    with comfy_emulator.running() as server, proxied(server.url) as proxy:
        worker = place.worker(proxy.url, name=f"{tag}-a", tags=[tag], **{"lost-after": 30})
        async with place.at_work(worker), place.fleet() as fleet:
            jobs = [await fleet.submit(prompts.one_image(count=20, delay_ms=50), tags=[tag]) for _ in range(3)]
            await until_running({"": server}, jobs[0])
            proxy.refuse(1.0)
            proxy.cut()
            for job in jobs:
                assert (await job.result(timeout=PATIENCE)).images
            # A connection that comes back finds everything as it was.
            assert [runs_of(job, server) for job in jobs] == [1, 1, 1]


async def a_cut_between_worker_and_broker_is_survived(place: Place, port: int) -> None:
    tag = place.tag()
    async with cuttable(port) as cut:
        broker = place.broker.replace(f":{port}", f":{cut.port}")
        results = place.results.replace(f":{port}", f":{cut.port}")
        with comfy_emulator.running() as server:
            worker = place.worker(server.url, name=f"{tag}-a", tags=[tag], broker=broker, results=results)
            await asyncio.to_thread(worker.start)
            async with place.fleet() as fleet:
                texts = [f"text {number}" for number in range(6)]
                slow = await fleet.submit(prompts.one_image(count=20, delay_ms=50), tags=[tag])
                jobs = [await fleet.submit(text_prompt(text), tags=[tag]) for text in texts]
                await until_running({"": server}, slow)
                await cut.cut(1.5)
                results_ = [await job.result(timeout=PATIENCE) for job in jobs]
                assert [result.texts[0] for result in results_] == texts
                assert (await slow.result(timeout=PATIENCE)).images
                assert all(runs_of(job, server) == 1 for job in [slow, *jobs])
            await asyncio.to_thread(worker.kill)


async def a_prompt_that_kills_its_worker_is_set_aside(place: Place) -> None:
    tag = place.tag()
    with comfy_emulator.running() as server:
        worker = place.worker(server.url, name=f"{tag}-a", tags=[tag])
        async with place.at_work(worker), place.fleet() as fleet:
            job = await fleet.submit(prompts.one_image(count=10_000, delay_ms=50), tags=[tag])
            for kill in range(3):
                if kill:
                    await asyncio.to_thread(worker.wait_for, "picked up")
                await until_running({"": server}, job)
                # That it runs has to reach the record, as it does before a prompt kills anything.
                await asyncio.sleep(0.7)
                await asyncio.to_thread(worker.kill)
                await asyncio.to_thread(worker.start)
            with pytest.raises(PromptSetAsideError) as aside:
                await job.result(timeout=PATIENCE)
            assert len(aside.value.kills) == 3
            assert (place.store / "set-aside" / f"{job.prompt_id}.json").exists()
            card = next(card for card in (await fleet.status()).workers if card.name == worker.name)
            assert card.name == worker.name
            server.forget()
            assert list((await fleet.run(text_prompt("sound"), tags=[tag])).texts) == ["sound"]


_OF_A_PLACE: Mapping[str, Callable[[Place], Coroutine[Any, Any, None]]] = {
    body.__name__: body
    for body in (
        a_killed_worker_picks_its_prompt_up_again,
        a_killed_worker_is_replaced,
        a_restarted_server_runs_its_prompts_again,
        a_lost_server_is_replaced_with_the_same_seeds,
        a_cut_between_worker_and_server_is_survived,
        a_prompt_that_kills_its_worker_is_set_aside,
    )
}
_CUT = a_cut_between_worker_and_broker_is_survived

NAMES = (*_OF_A_PLACE, _CUT.__name__)
"""The bodies that leave the broker alone."""


def at_once(names: Iterable[str], place: Place, broker: Broker) -> AtOnce:
    """Run bodies at the same time."""
    bodies = {name: partial(body, place) for name, body in _OF_A_PLACE.items()}
    bodies[_CUT.__name__] = partial(_CUT, place, broker.port)
    return AtOnce({name: bodies[name] for name in names})
