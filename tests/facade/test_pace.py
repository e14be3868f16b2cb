"""Elapsed and remaining time, the nodes that count, and progress without a socket."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, PromptTimeoutError
from comfy_facade.node_defs import NodeDefs
from comfy_facade.pace import Pace
from comfy_facade.progress import ProgressCount
from comfy_facade.reachable_nodes import reachable_nodes
from comfy_ws import Executing, ExecutionCached, ExecutionStart, ExecutionSuccess, Progress
from tests import prompts

ID = "a"
PROMPT: dict[str, Any] = {
    "1": {"class_type": "Loader", "inputs": {}},
    "2": {"class_type": "Sampler", "inputs": {"model": ["1", 0]}},
    "3": {"class_type": "Save", "inputs": {"images": ["2", 0]}},
    "4": {"class_type": "Loader", "inputs": {}},
    "5": {"class_type": "Upscale", "inputs": {"model": ["4", 0], "image": ["2", 0]}},
}
DEFS = {"Loader": {}, "Sampler": {}, "Upscale": {"output_node": False}, "Save": {"output_node": True}}


def test_only_nodes_that_an_output_needs_count() -> None:
    assert reachable_nodes(PROMPT, DEFS) == {"1", "2", "3"}
    assert reachable_nodes(PROMPT, NodeDefs(DEFS)) == {"1", "2", "3"}
    assert reachable_nodes(PROMPT) == set(PROMPT)
    assert reachable_nodes(PROMPT, {"Upscale": {"output_node": False}}) == {"1", "2", "3"}
    assert ProgressCount(PROMPT, DEFS).value().nodes_total == 3


@pytest.mark.parametrize(
    "prompt",
    [
        {},
        {"1": None},
        {"1": {"class_type": "A", "inputs": {"a": ["1", 0]}}},
        {"1": {"inputs": {"a": ["absent", 0], "b": [], "c": [1, 2, 3]}}},
        {"1": {"inputs": {"a": ["2", 0]}}, "2": {"inputs": {"a": ["1", 0]}}},
    ],
)
def test_odd_graphs_are_no_error(prompt: dict[str, Any]) -> None:
    assert reachable_nodes(prompt, DEFS) == set(prompt)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_time_passes_from_start_to_end() -> None:
    clock = Clock()
    count = ProgressCount(PROMPT, DEFS, clock=clock)
    clock.now += 50
    assert (count.value().elapsed, count.value().remaining) == (0, None)
    count.feed(ExecutionStart(ID))
    count.feed(Executing(ID, "1"))
    clock.now += 4
    assert (count.value().elapsed, count.value().remaining) == (4, None)
    count.feed(Executing(ID, "2"))
    # Like the node before it, and one more after it.
    assert count.value().remaining == 8
    count.feed(Progress(ID, "2", 0, 10))
    clock.now += 1
    count.feed(Progress(ID, "2", 1, 10))
    assert count.value().remaining == pytest.approx(9 + 4)
    clock.now += 9
    count.feed(ExecutionSuccess(ID))
    clock.now += 100
    assert (count.value().elapsed, count.value().remaining) == (14, 0)


@pytest.mark.parametrize("numbers", [(math.nan, 1), (1, math.inf), (10**400, 10**401), (5, 1), (-1, -5)])
def test_odd_steps_give_no_odd_times(numbers: tuple[float, float]) -> None:
    clock = Clock()
    count = ProgressCount(PROMPT, DEFS, clock=clock)
    count.feed(ExecutionCached(ID, ()))
    for value in (0.5, *numbers, numbers[0]):
        clock.now += 1
        count.feed(Progress(ID, "2", value, numbers[1]))
        remaining = count.value().remaining
        assert remaining is None or (math.isfinite(remaining) and remaining >= 0)


def test_a_node_may_end_while_another_thread_asks() -> None:
    ends_now = False

    def clock() -> float:
        nonlocal ends_now
        if ends_now:
            ends_now = False
            pace.end()
        return 1.0

    pace = Pace(clock)
    pace.begin_node()
    pace.begin_node()
    ends_now = True
    assert pace.remaining(0) == 0


async def test_without_a_socket_it_is_coarser_but_comes_to_its_end() -> None:
    with comfy_emulator.running(latency=0.05) as server:
        async with AsyncComfyUIApiClient(url=server.url, websocket=False) as client:
            first = await client.submit(prompts.one_image(delay_ms=50, count=10), wait_ms=100)
            second = await client.submit(prompts.one_image(delay_ms=50, count=10, seed=2), wait_ms=100)
            seen = []
            result = None
            while result is None:
                seen.append(second.progress)
                with contextlib.suppress(PromptTimeoutError):
                    result = await second.result(timeout=0.1)
            assert 1 in [progress.queue_position for progress in seen]
            assert any(progress.elapsed > 0 for progress in seen)
            assert second.progress.fraction == 1
            await first.result()
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert max(fractions) < 1


async def test_definitions_that_the_client_knows_make_it_exact() -> None:
    prompt = prompts.plain_image() | {"9": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8}}}
    with comfy_emulator.running() as server:
        async with AsyncComfyUIApiClient(url=server.url) as client:
            job = await client.submit(prompt)
            assert job.progress.nodes_total == 3
            await job.result()
            await client.get_node_defs()
            job = await client.submit(prompt)
            assert job.progress.nodes_total <= 2
            await job.result()
