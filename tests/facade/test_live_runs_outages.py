"""What runs do while the server is away, and while their socket is open and hears nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest

from comfy_facade import (
    AuthenticationError,
    ComfyUIError,
    ConnectionFailedError,
    NodeExecutionError,
    UnexpectedResponseError,
)
from comfy_facade._run_state import Absent, Failed, Pending, RestState, Running, RunState, Succeeded
from comfy_ws import Executing, ExecutionError, ExecutionStart, Progress, Status
from tests.facade.stand_ins import UNREACHABLE, Stage, error_of, finished, now, outcome_of

pytestmark = pytest.mark.usefixtures("clock")


class TestOutages:
    @pytest.mark.parametrize("error", [UNREACHABLE, UnexpectedResponseError(502, "GET /queue", "bad gateway")])
    async def test_are_borne_up_to_the_limit(self, stage: Stage, error: ComfyUIError) -> None:
        stage.rest.error = error
        run = stage.follow("a", wait=0.02)
        assert await error_of(run) is error
        assert stage.rest.times[-1] - stage.rest.times[0] > 0.1
        assert len(stage.rest.asked) > 2
        assert len(stage.runs) == 0

    async def test_hide_no_failure_that_was_heard(self, stage: Stage) -> None:
        stage.rest.error = UNREACHABLE
        run = stage.follow("a", wait=0.02)
        stage.channel.reconnect()
        stage.channel.tell(ExecutionError("a", "1", "SaveImage"))
        assert isinstance(await error_of(run), NodeExecutionError)

    async def test_end_in_time(self, stage: Stage) -> None:
        stage.rest.error = UNREACHABLE
        run = stage.follow("a", wait=0.02)
        await stage.rest.until_asked(2)
        assert run.state.server_was_away
        stage.rest.error = None
        stage.rest.states["a"] = finished("a")
        assert await outcome_of(run) == Succeeded()

    async def test_one_after_the_other_do_not_add_up(self, stage: Stage) -> None:
        stage.rest.states["a"] = Running()
        run = stage.follow("a", wait=0.02)
        for _ in range(4):
            asked = len(stage.rest.asked)
            stage.rest.error = UNREACHABLE
            await stage.rest.until_asked(asked + 2)
            stage.rest.error = None
            await stage.rest.until_asked(asked + 4)
        assert stage.rest.times[-1] - stage.rest.times[0] > 0.1
        assert run.state.outcome is None

    async def test_of_long_ago_do_not_count(self, stage: Stage) -> None:
        stage.rest.error = UNREACHABLE
        given_up = stage.follow("a", wait=0.01)
        await stage.rest.until_asked()
        stage.runs.discard(given_up)
        await asyncio.sleep(0.15)
        run = stage.follow("b", wait=0.02)
        asked = len(stage.rest.asked)
        await stage.rest.until_asked(asked + 2)
        assert run.state.outcome is None, "the server was away for a moment, not since it was last asked"
        stage.rest.error = None
        stage.rest.states["b"] = finished("b")
        assert await outcome_of(run) == Succeeded()

    async def test_a_server_that_is_heard_is_not_away(self, stage: Stage) -> None:
        stage.rest.error = UNREACHABLE
        run = stage.follow("a", wait=0.02)
        await stage.rest.until_asked()
        for step in range(20):
            stage.channel.tell(Progress("a", "1", step, 20))
            await asyncio.sleep(0.01)
        await stage.rest.until_asked(len(stage.rest.asked) + 2)
        assert run.state.outcome is None

    async def test_questions_get_more_time_each(self) -> None:
        stage = Stage(outage_timeout=100)
        stage.rest.error = UNREACHABLE
        run = stage.follow("a", wait=0.01)
        await stage.rest.until_asked(3)
        first, second, third = stage.rest.limits[:3]
        assert (second, third) == (2 * first, 4 * first)
        stage.rest.error = None
        stage.rest.states["a"] = Pending(0)
        await stage.rest.until_asked(len(stage.rest.asked) + 2)
        assert stage.rest.limits[-1] == first
        assert run.state.outcome is None
        await stage.runs.close()

    async def test_questions_that_nobody_answers_end_with_the_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stage = Stage(outage_timeout=10)
        began_at = now()

        async def ask(_prompt_ids: Sequence[str], limit: float) -> Mapping[str, RestState]:
            await asyncio.sleep(limit)
            raise UNREACHABLE

        monkeypatch.setattr(stage.runs, "_ask", ask)
        run = stage.follow("a", wait=0.02)
        assert isinstance(await run.wait(), Failed)
        assert now() - began_at == pytest.approx(10, abs=1.5)
        await stage.runs.close()

    async def test_refused_credentials_are_none(self, stage: Stage) -> None:
        stage.rest.error = AuthenticationError(401, "http://127.0.0.1:1")
        run = stage.follow("a", wait=0.01)
        assert await error_of(run) is stage.rest.error
        assert len(stage.rest.asked) == 1

    async def test_a_bug_ends_the_run_and_not_the_watch(self, stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
        stage.rest.error = LookupError("a bug")
        with caplog.at_level(logging.ERROR, "comfy_facade"):
            error = await error_of(stage.follow("a", wait=0.01))
        assert isinstance(error, ConnectionFailedError)
        assert "a bug" in str(error)
        assert "LookupError" in caplog.text
        stage.rest.error = None
        stage.rest.states["b"] = finished("b")
        assert await outcome_of(stage.follow("b", wait=0.01)) == Succeeded()

    async def test_a_server_that_is_back_gets_a_socket_at_once(self, stage: Stage) -> None:
        run = stage.follow("a", wait=0.01)
        stage.channel.connected = False
        stage.rest.error = ConnectionFailedError("http://host", "away")
        await stage.rest.until_asked()
        await asyncio.sleep(0.01)
        stage.rest.error = None
        stage.rest.states["a"] = Running()
        await asyncio.sleep(0.2)
        assert set(stage.channel.reopened) == {"the server answers again"}
        assert run.state.outcome is None

    async def test_a_proxy_that_refuses_websockets_alone_is_left_to_the_backoff(self, stage: Stage) -> None:
        stage.follow("a", wait=0.01)
        stage.channel.connected = False
        stage.rest.states["a"] = Running()
        await stage.rest.until_asked()
        await asyncio.sleep(0.2)
        assert stage.channel.reopened == []


class TestDeafness:
    @pytest.mark.parametrize("state", [Running(), finished("a")], ids=["started", "finished"])
    async def test_a_server_that_moved_on_without_a_word_gets_a_new_socket(
        self, stage: Stage, state: RestState
    ) -> None:
        stage.rest.states["a"] = state
        stage.follow("a", wait=0.02)
        await stage.rest.until_asked()
        await asyncio.sleep(0.3)
        assert stage.channel.reopened == ["the socket was deaf"]

    @pytest.mark.parametrize("state", [Running(), finished("a")], ids=["started", "finished"])
    async def test_a_frame_on_its_way_proves_that_it_hears(self, stage: Stage, state: RestState) -> None:
        stage.rest.states["a"] = state
        stage.follow("a", wait=0.02)
        await stage.rest.until_asked()
        await asyncio.sleep(0.1)
        stage.channel.tell(Status(1))
        await asyncio.sleep(0.3)
        assert stage.channel.reopened == []

    async def test_a_server_that_tells_the_end_by_another_event_is_heard(self, stage: Stage) -> None:
        # ComfyUI before August 2024 sends no execution_success.
        stage.rest.states["a"] = finished("a")
        run = stage.follow("a")
        stage.channel.tell(ExecutionStart("a"), Executing("a", None))
        assert await outcome_of(run) == Succeeded()
        await asyncio.sleep(0.3)
        assert stage.channel.reopened == []

    @pytest.mark.parametrize("state", [Pending(1), Absent()])
    async def test_a_prompt_that_waits_proves_nothing(self, stage: Stage, state: RestState) -> None:
        stage.rest.states["a"] = state
        stage.follow("a", wait=0.02)
        await stage.rest.until_asked(2)
        await asyncio.sleep(0.3)
        assert stage.channel.reopened == []

    async def test_prompts_of_other_clients_prove_nothing(self, stage: Stage) -> None:
        run = stage.runs.make(RunState("a", {}, unbroken=False, needs_rest=True), wait=0.02)
        stage.runs.add(run)
        stage.runs.watch(run)
        for state in (Pending(0), Running(), finished("a")):
            stage.rest.states["a"] = state
            await asyncio.sleep(0.3)
        assert run.state.outcome == Succeeded()
        assert stage.channel.reopened == [], "nobody would have told this client"

    async def test_a_node_may_be_silent_for_a_while(self, stage: Stage) -> None:
        stage.rest.states["a"] = Running()
        run = stage.follow("a", wait=0.02)
        stage.channel.tell(ExecutionStart("a"), Executing("a", "1"))
        await stage.rest.until_asked(2)
        await asyncio.sleep(0.3)
        assert stage.channel.reopened == []
        assert run.state.unbroken

    @pytest.mark.parametrize(
        ("step_seconds", "limits"),
        [(None, (15, 15, 60)), (0.1, (3, 15, 60)), (2.0, (4, 15, 60)), (14.0, (15, 15, 60))],
        ids=["a quiet node", "quick steps", "slow steps", "very slow steps"],
    )
    async def test_a_long_silence_is_suspicious_and_each_time_less_so(
        self,
        stage: Stage,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        step_seconds: float | None,
        limits: tuple[float, ...],
    ) -> None:
        times = [now()]

        def reopen(reason: str) -> None:
            times.append(now())
            stage.channel.reconnect(by_request=True)

        monkeypatch.setattr(stage.channel, "reopen", reopen)
        stage.rest.states["a"] = Running()
        stage.follow("a", wait=1)
        stage.channel.tell(ExecutionStart("a"), Executing("a", "1"))
        if step_seconds is not None:
            for step in (1, 2):
                await asyncio.sleep(step_seconds)
                stage.channel.tell(Progress("a", "1", step, 9))
            times[:] = [now()]
        with caplog.at_level(logging.WARNING, "comfy_facade"):
            await asyncio.sleep(sum(limits) + 62)
        gaps = [later - earlier for earlier, later in pairwise(times)]
        # At once when the limit is reached, and not when REST happens to be asked next.
        assert gaps == [pytest.approx(limit + 0.2, abs=0.1) for limit in (*limits, 60)]
        assert caplog.text == "", "a node that takes its time is nothing to warn of"

    async def test_after_its_last_step_a_node_may_be_silent(self, stage: Stage) -> None:
        stage.rest.states["a"] = Running()
        stage.follow("a", wait=1)
        stage.channel.tell(ExecutionStart("a"), Executing("a", "1"))
        for step in (1, 2, 3):
            await asyncio.sleep(0.1)
            stage.channel.tell(Progress("a", "1", step, 3))
        await asyncio.sleep(14)
        assert stage.channel.reopened == []

    async def test_only_a_socket_that_is_there_can_be_suspected(self, stage: Stage) -> None:
        stage.channel.connected = False
        stage.rest.states["a"] = Running()
        run = stage.follow("a", wait=1)
        await asyncio.sleep(40)
        assert stage.channel.reopened == []
        assert run.reopened == 0, "the first silence of the next socket must not pass for its second"
