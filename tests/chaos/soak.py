"""Many prompts through random faults, and what is left of them: `python -m tests.chaos.soak --prompts 2000`.

It prints its seed, and with the same seed the same faults come in the same order (not at the same moments: those
hang on the machine). The server runs in a process of its own or is a real one at `--url`, so that the memory that is
measured is the client's and the proxy's. Exit code 1 says that a prompt was lost, ran twice or gave a wrong result,
or that something grew.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import random
import subprocess
import sys
import threading
import time
import traceback
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

from attrs import define, field

from comfy_facade import AsyncComfyUIApiClient, PromptResult
from tests import plain_http, prompts
from tests.chaos.proxy import Proxy, proxied
from tests.chaos.random_faults import RandomFaults
from tests.systems import open_files, resident_bytes

IN_FLIGHT = 20
"""How many prompts are under way at a time."""

WARM_UP = 0.25
"""The part of the prompts that runs before growth is measured: caches and pools fill, code is loaded."""

MOST_GROWTH = 16 * 1024 * 1024
"""Bytes by which the process may grow after that: what allocators take and do not give back."""

_RESULT_LIMIT = 120.0


@define
class Outcome:
    """What a soak found.

    Attributes:
        seed: The seed of its faults.
        prompts: How many prompts were run.
        seconds: How long it took.
        faults: How many faults there were, by name.
        lost: What became of prompts that gave no result.
        wrong: Results that were not those of their prompts.
        run_twice: How many prompts the server accepted beyond those that were run.
        slowest: The longest time from a prompt to its result, in seconds.
        growth: By what grew what must not: a text for each.
        rss: Bytes in memory after the warm-up and at the end; zeros where the system does not tell.
    """

    seed: int
    prompts: int
    seconds: float = 0.0
    faults: Counter[str] = field(factory=Counter[str])
    lost: list[str] = field(factory=list[str])
    wrong: list[str] = field(factory=list[str])
    run_twice: int = 0
    slowest: float = 0.0
    growth: list[str] = field(factory=list[str])
    rss: tuple[int, int] = (0, 0)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, run twice or wrong, and nothing grew."""
        return not (self.lost or self.wrong or self.run_twice or self.growth)

    def told(self) -> str:
        """Everything in lines."""
        before, after = (value / 1024 / 1024 for value in self.rss)
        lines = [
            f"seed {self.seed}: {self.prompts} prompts in {self.seconds:.1f} s, slowest result {self.slowest:.1f} s",
            f"{sum(self.faults.values())} faults: "
            + ", ".join(f"{count} {name}" for name, count in sorted(self.faults.items())),
            f"lost {len(self.lost)}, run twice {self.run_twice}, wrong {len(self.wrong)}",
            f"memory {before:.1f} MB after the warm-up, {after:.1f} MB at the end",
            *self.growth,
            *self.lost,
            *self.wrong,
        ]
        return "\n".join(lines)


@define
class _Measures:
    tasks: int
    threads: int
    files: int

    @classmethod
    def taken(cls) -> _Measures:
        return cls(len(asyncio.all_tasks()), threading.active_count(), open_files())


def _rss() -> int:
    gc.collect()
    return resident_bytes()


def _prompt(text: str, random_numbers: random.Random) -> dict[str, Any]:
    return {
        "1": prompts.steps(random_numbers.randrange(1, 4), delay_ms=random_numbers.choice((1, 5, 20))),
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        "3": {"class_type": "ProbeText", "inputs": {"text": text}},
    }


async def _run_all(client: AsyncComfyUIApiClient, count: int, outcome: Outcome) -> None:
    numbers = iter(range(count))
    random_numbers = random.Random(outcome.seed + count)

    async def work() -> None:
        for number in numbers:
            text = f"text {number} {uuid.uuid4()}"
            began = time.monotonic()
            try:
                result: PromptResult[Any] = await client.run_prompt(
                    _prompt(text, random_numbers), timeout=_RESULT_LIMIT
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, the prompt has no result
                lines = traceback.format_exception_only(error)
                outcome.lost.append(f"lost after {time.monotonic() - began:.1f} s: {lines[-1].strip()}")
                continue
            outcome.slowest = max(outcome.slowest, time.monotonic() - began)
            if list(result.texts) != [text] or [image.node_id for image in result.images] != ["2"]:
                outcome.wrong.append(f"{text!r} gave {result.texts!r} and {result.images!r}")

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


async def _numbers_given(url: str) -> int:
    """Say which number the server gives to a prompt now: it counts all that it accepts."""
    marker = {"3": {"class_type": "ProbeText", "inputs": {"text": str(uuid.uuid4())}}}
    async with plain_http.AsyncClient(base_url=url, timeout=30) as http:
        answer = await http.post("/prompt", json={"prompt": marker, "prompt_id": str(uuid.uuid4())})
        return int(answer.json()["number"])


async def soak(url: str, count: int, seed: int) -> Outcome:
    """Run prompts through faults.

    Args:
        url: The server.
        count: How many prompts.
        seed: For the faults.

    Returns:
        What was found.
    """
    outcome = Outcome(seed, count)
    with proxied(url) as proxy:
        began = time.monotonic()
        first_number = await _numbers_given(url)
        before = _Measures.taken()
        async with AsyncComfyUIApiClient(url=proxy.url, timeout=5.0) as client:
            faults = RandomFaults(proxy, url, client.client_id, seed, outcome.faults)
            warm_up = round(count * WARM_UP)
            async with faults.going_on():
                await _run_all(client, warm_up, outcome)
            tasks_before, rss_before = await _settled_tasks(proxy), _rss()
            async with faults.going_on():
                await _run_all(client, count - warm_up, outcome)
            tasks_after, rss_after = await _settled_tasks(proxy), _rss()
        outcome.seconds = time.monotonic() - began
        outcome.rss = (rss_before, rss_after)
        if rss_after - rss_before > MOST_GROWTH:
            outcome.growth.append(f"memory grew by {(rss_after - rss_before) / 1024 / 1024:.1f} MB")
        if tasks_after > tasks_before:
            outcome.growth.append(f"{tasks_after} tasks, {tasks_before} after the warm-up: {asyncio.all_tasks()}")
        outcome.growth += await _left_over(before)
        accepted = await _numbers_given(url) - first_number - 1
        outcome.run_twice = max(0, accepted - count)
        if accepted < count and not outcome.lost:
            outcome.lost.append(f"the server accepted {accepted} prompts of {count}")
    return outcome


async def _settled_tasks(proxy: Proxy) -> int:
    """Count tasks once there is a socket, which has a task of its own, and those about to end have ended.

    The one task of a client that looks for posts that come late does so for a minute, and is not counted.
    """
    async with asyncio.timeout(20):
        while proxy.connections("websocket") != 1:
            await asyncio.sleep(0.05)
    counts: list[int] = []
    for _ in range(20):
        await asyncio.sleep(0.05)
        counts.append(sum(task.get_name() != "comfy_facade second copies" for task in asyncio.all_tasks()))
    return min(counts)


async def _left_over(before: _Measures) -> list[str]:
    """Say what a closed client left behind."""
    left: list[str] = []
    for _ in range(100):
        await asyncio.sleep(0.05)
        gc.collect()
        after = _Measures.taken()
        left = [
            f"{now} {name} after closing, {then} before"
            for name, now, then in (
                ("tasks", after.tasks, before.tasks),
                ("threads", after.threads, before.threads),
                ("open files", after.files, before.files),
            )
            if now > then
        ]
        if not left:
            return []
    return [*left, f"still there: {[task for task in asyncio.all_tasks() if task is not asyncio.current_task()]}"]


@contextlib.contextmanager
def emulator_process(version: str) -> Iterator[str]:
    """Run an emulator in a process of its own, and give its address."""
    command = [sys.executable, "-u", "-m", "comfy_emulator", "--port", "0", "--comfyui-version", version]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield next(word for line in process.stdout for word in line.split() if word.startswith("http://"))
        finally:
            process.kill()


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak", description="Prompts through random faults.")
    parser.add_argument("--prompts", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=None, help="the seed of the faults; random if absent")
    parser.add_argument(
        "--url", default=None, help="a real server with the probe nodes that nobody else uses; an emulator if absent"
    )
    parser.add_argument("--version", default="0.33.0", help="which server to emulate")
    options = parser.parse_args()
    # Each deaf socket is worth a warning, and here they are many.
    logging.getLogger("comfy_facade").setLevel(logging.ERROR)
    seed = random.SystemRandom().randrange(1 << 31) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)  # noqa: T201
    with contextlib.nullcontext(options.url) if options.url else emulator_process(options.version) as url:
        outcome = asyncio.run(soak(url, options.prompts, seed))
    print(outcome.told())  # noqa: T201
    return 0 if outcome.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
