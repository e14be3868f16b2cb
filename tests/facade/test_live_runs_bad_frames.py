"""A frame that nobody can read may have been any run's output, or its end: from there on REST tells."""

from __future__ import annotations

import asyncio

import pytest

from comfy_facade._run_state import Running, Succeeded
from comfy_ws import ExecutionStart, ExecutionSuccess, decode
from tests.facade.stand_ins import Stage, finished, outcome_of

pytestmark = pytest.mark.usefixtures("clock")

TOO_DEEP = (
    '{"type": "executed", "data": {"prompt_id": "a", "node": "1", "output": ' + "[" * 100_000 + "]" * 100_000 + "}}"
)
BROKEN = '{"type": "executed", "data": {"prompt_id": "a'


@pytest.mark.parametrize("frame", [TOO_DEEP, BROKEN, "[]"])
async def test_text_that_nobody_can_read_breaks_the_stream_of_every_run(stage: Stage, frame: str) -> None:
    runs = [stage.follow(name) for name in ("a", "b")]
    stage.rest.states = {"a": Running(), "b": Running()}
    stage.channel.tell(ExecutionStart("a"), decode(frame), ExecutionSuccess("a"))
    await stage.rest.until_asked()
    assert runs[0].state.outcome is None, "what its output was is not known yet"
    stage.rest.states = {name: finished(name, **{"1": {"images": []}}) for name in ("a", "b")}
    stage.channel.tell(ExecutionSuccess("b"))
    for run in runs:
        assert await outcome_of(run) == Succeeded()
        assert run.state.outputs == {"1": {"images": []}}
        assert not run.state.unbroken


async def test_a_binary_frame_that_nobody_can_read_was_a_picture_and_costs_no_question(stage: Stage) -> None:
    run = stage.follow("a")
    stage.channel.tell(ExecutionStart("a"), decode(b"\x00\x00\x00\x01"), ExecutionSuccess("a"))
    assert await outcome_of(run) == Succeeded()
    assert run.state.unbroken
    await asyncio.sleep(0.05)
    assert stage.rest.asked == []


async def test_nothing_but_text_that_nobody_can_read_costs_one_question(stage: Stage) -> None:
    stage.rest.states = {"a": Running()}
    stage.follow("a")
    for _ in range(50):
        stage.channel.tell(decode(BROKEN))
        await asyncio.sleep(0.01)
    assert len(stage.rest.asked) == 1
