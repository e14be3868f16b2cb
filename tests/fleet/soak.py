"""Prompts through random kills, and how throughput grows with servers.

`python -m tests.fleet.soak --prompts 500` runs four emulators and four workers, each in a process of its own, and kills
one of them every few seconds. `--throughput` measures one to four servers instead.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from attrs import define, field

from comfy_facade import AsyncComfyUIApiClient, ComfyUIError
from comfy_fleet import AsyncFleet
from tests import prompts
from tests.fleet.brokers import free_port, private_rabbitmq, private_redis
from tests.fleet.workers import Place, WorkerProcess

_RESULT_LIMIT = 300.0


class EmulatorProcess:
    """An emulator that may be killed and started again at the same port, having forgotten everything."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "comfy_emulator", "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{self.url}/system_stats", timeout=5).raise_for_status()
                return
            time.sleep(0.1)
        raise AssertionError(f"the emulator at {self.url} does not answer")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@define
class Outcome:
    """What a soak found."""

    seed: int
    prompts: int
    seconds: float = 0.0
    kills: Counter[str] = field(factory=Counter[str])
    lost: list[str] = field(factory=list[str])
    wrong: list[str] = field(factory=list[str])
    results: Counter[str] = field(factory=Counter[str])
    attempts: Counter[int] = field(factory=Counter[int])

    @property
    def twice(self) -> int:
        return sum(count - 1 for count in self.results.values() if count > 1)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.wrong or self.twice) and len(self.results) == self.prompts

    def told(self) -> str:
        kills = ", ".join(f"{count} {name}" for name, count in sorted(self.kills.items()))
        starts = ", ".join(f"{count} with {number}" for number, count in sorted(self.attempts.items()))
        return "\n".join(
            [
                f"seed {self.seed}: {self.prompts} prompts in {self.seconds:.1f} s",
                f"{sum(self.kills.values())} kills: {kills}",
                f"lost {len(self.lost)}, results twice {self.twice}, wrong {len(self.wrong)}; starts: {starts}",
                *self.lost,
                *self.wrong,
            ]
        )


@contextlib.contextmanager
def running(place: Place, count: int, **options: Any) -> Iterator[tuple[list[EmulatorProcess], list[WorkerProcess]]]:
    """Emulators and their workers, each in a process of its own."""
    with ExitStack() as stack:
        emulators = [EmulatorProcess() for _ in range(count)]
        for emulator in emulators:
            stack.callback(emulator.kill)
            emulator.start()
        for emulator in emulators:
            emulator.wait()
        workers = [
            place.worker(emulator.url, name=f"worker-{ordinal}", **options)
            for ordinal, emulator in enumerate(emulators, 1)
        ]
        stack.enter_context(place.working(*workers))
        yield emulators, workers


def _prompt(text: str, delay_ms: int) -> dict[str, Any]:
    return {
        "1": prompts.steps(4, delay_ms=delay_ms, preview="none"),
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        "3": {"class_type": "ProbeText", "inputs": {"text": text}},
    }


async def soak(place: Place, count: int, seed: int, pauses: tuple[float, float]) -> Outcome:
    """Run prompts through kills."""
    outcome = Outcome(seed, count)
    texts = {f"text {number}": number for number in range(count)}
    # A random kill says nothing against the prompt that it hits, so none is set aside for it.
    with running(place, 4, kills=50) as (emulators, workers):
        began = time.monotonic()
        async with place.fleet(unserved_timeout=None) as fleet:
            jobs = {text: await fleet.submit(_prompt(text, 75)) for text in texts}
            async with _killing(emulators, workers, outcome, pauses):
                for text, job in jobs.items():
                    try:
                        result = await job.result(timeout=_RESULT_LIMIT)
                    except ComfyUIError as error:
                        outcome.lost.append(f"{text}: {error}")
                        continue
                    outcome.attempts[result.attempt] += 1
                    seeded = result.prompt["1"]["inputs"]["seed"] == job.seeds[("1", "seed")]
                    data = await result.images[0].read()
                    if list(result.texts) != [text] or not seeded or not data.startswith(b"\x89PNG"):
                        outcome.wrong.append(f"{text} gave {result.texts}")
            for job in jobs.values():
                kinds = [event.kind async for event in job.events()]
                outcome.results[job.prompt_id] += kinds.count("succeeded")
        outcome.seconds = time.monotonic() - began
    return outcome


@contextlib.asynccontextmanager
async def _killing(
    emulators: list[EmulatorProcess], workers: list[WorkerProcess], outcome: Outcome, pauses: tuple[float, float]
) -> AsyncIterator[None]:
    chance = random.Random(outcome.seed)

    async def kill() -> None:
        while True:
            await asyncio.sleep(chance.uniform(*pauses))
            index = chance.randrange(len(workers))
            if chance.random() < 0.6:
                outcome.kills["workers"] += 1
                await asyncio.to_thread(workers[index].kill)
                await asyncio.to_thread(workers[index].start, is_awaited=False)
            else:
                outcome.kills["servers"] += 1
                await asyncio.to_thread(emulators[index].kill)
                await asyncio.sleep(chance.uniform(0.0, 2.0))
                await asyncio.to_thread(emulators[index].start)

    killing = asyncio.create_task(kill())
    try:
        yield
    finally:
        killing.cancel()
        await asyncio.wait([killing])


async def _throughput(fleet: AsyncFleet, count: int, delay_ms: int) -> float:
    """Seconds for some prompts, all submitted before the clock is read."""
    given = [_prompt(f"text {number}", delay_ms) for number in range(count)]
    began = time.monotonic()
    async for _ in fleet.as_completed(given):
        pass
    return time.monotonic() - began


async def throughput(place: Place, per_server: int, rounds: int) -> str:
    """Measure one and four servers at 100 ms a prompt, and what a prompt costs beside a single client."""
    seconds: dict[int, list[float]] = {}
    for count in (1, 4):
        with running(place, count) as (emulators, _workers):
            async with place.fleet() as fleet:
                await _throughput(fleet, 8 * count, 25)
                for _ in range(rounds):
                    seconds.setdefault(count, []).append(await _throughput(fleet, per_server * count, 25))
            if count == 1:
                async with AsyncComfyUIApiClient(url=emulators[0].url) as client:
                    single = [await _single(client, per_server) for _ in range(rounds)]
    rates = {count: per_server * count / statistics.median(values) for count, values in seconds.items()}
    alone = statistics.median(single) / per_server
    measured = {count: [round(value, 2) for value in values] for count, values in seconds.items()}
    return "\n".join(
        [
            f"growth of the least disturbed rounds: {4 * min(seconds[1]) / min(seconds[4]):.2f}",
            f"prompts a second: {rates[1]:.2f} with 1 server, {rates[4]:.2f} with 4; growth {rates[4] / rates[1]:.2f}",
            f"ms a prompt: {alone * 1000:.1f} by one client that reads the files, {1000 / rates[1]:.1f} by the fleet",
            f"added by the fleet: {(1 / rates[1] - alone) * 1000:.1f} ms",
            f"seconds by servers: {measured}; by one client: {[round(value, 2) for value in single]}",
        ]
    )


async def _single(client: AsyncComfyUIApiClient, count: int) -> float:
    places = asyncio.Semaphore(2)

    async def run(number: int) -> None:
        async with places:
            result = await client.run_prompt(_prompt(f"text {number}", 25))
            await result.images[0].read()

    began = time.monotonic()
    await asyncio.gather(*(run(number) for number in range(count)))
    return time.monotonic() - began


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.fleet.soak", description="A fleet through random kills.")
    parser.add_argument("--prompts", type=int, default=500)
    parser.add_argument("--seed", type=int, default=None, help="of the kills; random if absent")
    parser.add_argument("--broker", choices=("redis", "rabbitmq"), default="redis")
    parser.add_argument("--throughput", action="store_true", help="measure one and four servers instead")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    logging.getLogger("comfy_fleet").setLevel(logging.ERROR)
    seed = random.SystemRandom().randrange(1 << 31) if options.seed is None else options.seed
    with ExitStack() as stack:
        redis = stack.enter_context(private_redis())
        broker = redis.url if options.broker == "redis" else stack.enter_context(private_rabbitmq()).url
        store = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-soak-", ignore_cleanup_errors=True)))
        place = Place(broker, redis.results, store)
        if options.throughput:
            print(asyncio.run(throughput(place, 100, options.rounds)))  # noqa: T201
            return 0
        print(f"seed {seed}, {options.broker}", flush=True)  # noqa: T201
        outcome = asyncio.run(soak(place, options.prompts, seed, (1.0, 5.0)))
    print(outcome.told())  # noqa: T201
    return 0 if outcome.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
