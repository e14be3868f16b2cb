"""When runs ask REST for what events do not tell, how often, and for how many at once."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from comfy_facade import PromptNotFoundError
from comfy_facade._run_state import Pending, Running, Succeeded
from comfy_ws import ConnectionLostError, Executing, ExecutionStart, ExecutionSuccess, Progress
from tests.facade.stand_ins import NEVER, Stage, error_of, finished, now, outcome_of

pytestmark = pytest.mark.usefixtures("clock")


class TestAsking:
    async def test_nothing_while_a_run_is_heard(self, stage: Stage) -> None:
        stage.follow("a", wait=0.1)
        stage.channel.tell(ExecutionStart("a"))
        for step in range(25):
            await asyncio.sleep(0.01)
            stage.channel.tell(Progress("a", "1", step, 25))
        assert stage.rest.asked == []

    async def test_after_the_wait_of_silence(self, stage: Stage) -> None:
        stage.follow("a", wait=0.05)
        await asyncio.sleep(0.03)
        stage.channel.tell(Progress("a", "1", 1, 2))
        heard_at = now()
        await stage.rest.until_asked()
        assert stage.rest.asked[0][0] >= heard_at + 0.05
        assert stage.rest.asked[0][1] == ("a",)

    async def test_events_of_other_runs_are_silence(self, stage: Stage) -> None:
        stage.rest.states["a"] = Pending(1)
        stage.follow("a", wait=0.05)
        stage.follow("b", wait=NEVER)
        for step in range(15):
            stage.channel.tell(Progress("b", "1", step, 15))
            await asyncio.sleep(0.01)
        assert {prompt_ids for _, prompt_ids in stage.rest.asked} == {("a",)}

    async def test_not_before_watch(self, stage: Stage) -> None:
        run = stage.follow("a", wait=0.01, watched=False)
        stage.follow("b", wait=NEVER)
        stage.channel.reconnect()
        await asyncio.sleep(0.05)
        assert {prompt_ids for _, prompt_ids in stage.rest.asked} == {("b",)}
        stage.runs.watch(run)
        await stage.rest.until_asked(len(stage.rest.asked) + 1)
        assert "a" in stage.rest.asked[-1][1]

    async def test_a_run_that_is_due_sooner_is_not_kept_waiting(self, stage: Stage) -> None:
        stage.follow("a", wait=NEVER)
        await asyncio.sleep(0)
        stage.follow("b", wait=0.02)
        await stage.rest.until_asked()
        assert stage.rest.asked[0][1] == ("b",)

    async def test_in_one_question_for_all_that_are_due(self, stage: Stage) -> None:
        for name in ("a", "b", "c"):
            stage.follow(name, wait=NEVER)
        stage.rest.states = {name: Pending(1) for name in ("a", "b", "c")}
        stage.channel.reconnect()
        await stage.rest.until_asked()
        assert stage.rest.asked[0][1] == ("a", "b", "c")

    async def test_all_that_wait_are_asked_about_together(self, stage: Stage) -> None:
        for number in range(20):
            stage.rest.states[str(number)] = Pending(number)
            stage.follow(str(number), wait=1)
            await asyncio.sleep(0.1)
        await asyncio.sleep(20)
        began = len(stage.rest.asked)
        await asyncio.sleep(30)
        late = stage.rest.asked[began:]
        assert 10 <= len(late) <= 11, "each is asked about every three seconds"
        assert {len(prompt_ids) for _, prompt_ids in late} == {20}

    async def test_at_once_after_a_gap(self, stage: Stage) -> None:
        run = stage.follow("a")
        await asyncio.sleep(0)
        stage.rest.states["a"] = finished("a", node={"text": ["unheard"]})
        stage.channel.reconnect()
        assert await outcome_of(run) == Succeeded()
        assert run.state.outputs == {"node": {"text": ["unheard"]}}
        assert len(stage.rest.asked) == 1

    async def test_at_once_when_the_end_went_unheard(self, stage: Stage) -> None:
        run = stage.follow("a")
        stage.rest.states["a"] = finished("a")
        stage.channel.tell(ExecutionStart("a"), Executing("a", None))
        assert await outcome_of(run) == Succeeded()

    async def test_until_a_late_history_is_written(self, stage: Stage) -> None:
        run = stage.follow("a", wait=0.02)
        stage.channel.reconnect()
        stage.rest.states["a"] = Running()
        stage.channel.tell(ExecutionSuccess("a"))
        await stage.rest.until_asked(3)
        assert run.state.outcome is None
        stage.rest.states["a"] = finished("a")
        assert await outcome_of(run) == Succeeded()

    async def test_an_absence_is_looked_at_twice(self, stage: Stage) -> None:
        run = stage.follow("a", wait=0.02)
        assert isinstance(await error_of(run), PromptNotFoundError)
        assert len(stage.rest.asked) == 2

    async def test_more_rarely_while_there_is_nothing_new(self, stage: Stage) -> None:
        stage.rest.states["a"] = Pending(1)
        stage.follow("a", wait=0.03)
        await stage.rest.until_asked(5)
        gaps = [later - earlier for earlier, later in pairwise(stage.rest.times)]
        # The first answer was news, the others were not.
        assert gaps == pytest.approx([0.03, 0.06, 0.09, 0.09])

    async def test_without_a_socket_again_and_again(self, stage: Stage) -> None:
        stage.channel.connected = False
        stage.channel.failure = ConnectionLostError("for good")
        stage.rest.states["a"] = Pending(1)
        run = stage.follow("a", wait=0.02)
        assert not run.state.unbroken
        await stage.rest.until_asked(4)
        stage.rest.states["a"] = finished("a")
        assert await outcome_of(run) == Succeeded()
        assert stage.channel.reopened == []

    async def test_when_the_socket_is_gone_for_good(self, stage: Stage) -> None:
        run = stage.follow("a")
        await asyncio.sleep(0)
        stage.rest.states["a"] = finished("a")
        stage.channel.connected = False
        stage.channel.failure = ConnectionLostError("for good")
        stage.channel.on_end(stage.channel.failure)
        assert await outcome_of(run) == Succeeded()
        assert not run.state.unbroken

    async def test_no_longer_once_nobody_follows(self, stage: Stage) -> None:
        stage.rest.states["a"] = Pending(0)
        run = stage.follow("a", wait=0.01)
        await stage.rest.until_asked()
        stage.runs.discard(run)
        await asyncio.sleep(0.05)
        assert len(stage.rest.asked) <= 2
        assert asyncio.all_tasks() == {asyncio.current_task()}

    async def test_a_slow_answer_does_not_undo_what_was_heard_meanwhile(self, stage: Stage) -> None:
        stage.rest.may_answer.clear()
        stage.rest.states["a"] = Pending(0)
        run = stage.follow("a", wait=0.01)
        await stage.rest.until_asked()
        stage.channel.tell(ExecutionStart("a"))
        stage.rest.may_answer.set()
        await asyncio.sleep(0.01)
        assert (run.state.is_running, run.state.position) == (True, None)
