"""Many runs at once: who hears what, nameless events too, and how runs end with nothing left behind."""

from __future__ import annotations

import asyncio

import pytest

from comfy_facade import ClientClosedError
from comfy_facade._run_state import Failed, Pending, Running, Succeeded
from comfy_ws import (
    Event,
    Executed,
    Executing,
    ExecutionError,
    ExecutionStart,
    ExecutionSuccess,
    PreviewImage,
    Progress,
    ProgressText,
    Status,
)
from tests.facade.stand_ins import SOON, Stage, error_of, finished, outcome_of

pytestmark = pytest.mark.usefixtures("clock")


class TestEvents:
    async def test_they_go_to_the_run_they_belong_to(self, stage: Stage) -> None:
        first, second = stage.follow("a"), stage.follow("b")
        heard: dict[str, list[tuple[Event, int]]] = {"a": [], "b": []}
        first.listen(lambda event, size: heard["a"].append((event, size)))
        second.listen(lambda event, size: heard["b"].append((event, size)))
        start, output, end = ExecutionStart("a"), Executed("b", "1", "1", {"text": ["b"]}), ExecutionSuccess("a")
        stage.channel.tell(start, Status(1), output, ExecutionStart("of another client"), end)
        assert heard == {"a": [(start, 10), (end, 10)], "b": [(output, 10)]}
        assert (first.state.outputs, second.state.outputs) == ({}, {"1": {"text": ["b"]}})
        assert await outcome_of(first) == Succeeded()
        assert second.state.outcome is None

    async def test_everybody_hears_of_a_gap(self, stage: Stage) -> None:
        runs = [stage.follow(name, watched=False) for name in ("a", "b")]
        heard: list[Event] = []
        for run in runs:
            run.listen(lambda event, _: heard.append(event))
        stage.channel.reconnect()
        assert [event.type for event in heard] == ["reconnected", "reconnected"]
        assert not any(run.state.unbroken for run in runs)

    async def test_those_before_the_posts_answer_count(self, stage: Stage) -> None:
        run = stage.follow("a", watched=False)
        stage.channel.tell(ExecutionStart("a"), ExecutionSuccess("a"))
        assert await outcome_of(run) == Succeeded()
        stage.runs.watch(run)
        assert stage.rest.asked == []

    async def test_a_run_that_is_over_hears_no_more(self, stage: Stage) -> None:
        run = stage.follow("a")
        heard: list[Event] = []
        run.listen(lambda event, _: heard.append(event))
        stage.channel.tell(ExecutionSuccess("a"), ExecutionStart("a"), Executing("a", None))
        assert [event.type for event in heard] == ["execution_success"]

    async def test_the_last_event_comes_before_the_news_of_the_end(self, stage: Stage) -> None:
        run = stage.follow("a")
        order: list[str] = []
        run.on_over(lambda: order.append("over"))
        run.listen(lambda event, _: order.append(event.type))
        stage.channel.tell(ExecutionSuccess("a"))
        await outcome_of(run)
        await asyncio.sleep(0)
        assert order == ["execution_success", "over"]

    async def test_all_who_wait_are_told_and_none_can_spoil_it(self, stage: Stage) -> None:
        run = stage.follow("a")
        waiters = [asyncio.create_task(run.wait()) for _ in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()
        await asyncio.wait([waiters[0]])
        stage.channel.tell(ExecutionSuccess("a"))
        assert await asyncio.gather(*waiters[1:]) == [Succeeded(), Succeeded()]

    async def test_several_may_follow_one_prompt(self, stage: Stage) -> None:
        stage.rest.states["a"] = Running()
        first, second, third = (stage.follow("a", wait=0.05) for _ in range(3))
        heard: list[str] = []
        for run in (first, second):
            run.listen(lambda event, _: heard.append(event.type))
        stage.runs.discard(second)
        stage.channel.tell(ExecutionStart("a"), Executed("a", "1", "1", {"text": ["a"]}))
        assert heard == ["execution_start", "executed"]
        await stage.rest.until_asked()
        assert {prompt_ids for _, prompt_ids in stage.rest.asked} == {("a",)}, "one question serves all"
        stage.channel.tell(ExecutionSuccess("a"))
        assert [await outcome_of(run) for run in (first, third)] == [Succeeded(), Succeeded()]
        assert first.state.outputs == third.state.outputs == {"1": {"text": ["a"]}}
        assert second.state.outcome is None
        assert len(stage.runs) == 0

    async def test_several_that_follow_one_prompt_are_one_that_can_be_meant(self, stage: Stage) -> None:
        for _ in range(2):
            stage.follow("a").state.is_running = True
        assert TestNamelessEvents.told(stage) == "a"

    async def test_under_an_id_that_the_server_chose(self, stage: Stage) -> None:
        run = stage.follow("mine", watched=False)
        stage.runs.rename(run, "theirs")
        stage.rest.states["theirs"] = Running()
        stage.runs.watch(run)
        await stage.rest.until_asked()
        stage.channel.tell(ExecutionSuccess("mine"))
        assert run.state.outcome is None
        stage.rest.states["theirs"] = finished("theirs", node={"text": ["unheard"]})
        stage.channel.tell(ExecutionSuccess("theirs"))
        assert await outcome_of(run) == Succeeded()
        assert run.state.outputs == {"node": {"text": ["unheard"]}}, "what came before the answer went unheard"


PREVIEW = PreviewImage(b"jpg", "image/jpeg")
NAMELESS: list[Event] = [PREVIEW, Executing(None, "1"), ProgressText("half", "1"), Progress(None, "1", 1, 2)]


class TestNamelessEvents:
    """Events without a prompt id get one only where a single run can be meant."""

    @staticmethod
    def told(stage: Stage, event: Event = PREVIEW) -> str | None:
        prompt_id: str | None = getattr(stage.runs.annotate(event), "prompt_id", None)
        return prompt_id

    @pytest.mark.parametrize("event", NAMELESS, ids=lambda event: event.type)
    async def test_the_prompt_that_started_is_meant(self, stage: Stage, event: Event) -> None:
        run, _ = stage.follow("a"), stage.follow("b")
        stage.channel.tell(ExecutionStart("a"))
        assert self.told(stage, event) == "a"
        heard: list[Event] = []
        run.listen(lambda event, _: heard.append(event))
        stage.channel.tell(event)
        assert [type(event) for event in heard] == [type(event)]

    @pytest.mark.parametrize("event", NAMELESS, ids=lambda event: event.type)
    async def test_between_two_runs_nobody_can_tell(self, stage: Stage, event: Event) -> None:
        stage.follow("a", watched=False)
        stage.follow("b", watched=False)
        stage.channel.reconnect()
        assert self.told(stage, event) is None

    async def test_after_a_gap_the_only_run_is_meant(self, stage: Stage) -> None:
        stage.follow("a", watched=False)
        stage.channel.reconnect()
        assert self.told(stage) == "a"

    async def test_a_run_that_has_not_started_is_never_meant(self, stage: Stage) -> None:
        stage.follow("a", watched=False)
        assert self.told(stage) is None, "its start would have been heard"

    async def test_a_prompt_that_is_not_followed_may_be_meant(self, stage: Stage) -> None:
        stage.follow("a", watched=False)
        stage.channel.tell(ExecutionStart("queued and left alone"))
        assert self.told(stage) == "queued and left alone"

    @pytest.mark.parametrize("end", [ExecutionSuccess("a"), ExecutionError("a")], ids=lambda end: end.type)
    async def test_between_two_prompts_none_is_meant(self, stage: Stage, end: Event) -> None:
        stage.follow("a", watched=False)
        stage.follow("b", watched=False)
        stage.channel.tell(ExecutionStart("a"), end)
        assert self.told(stage) is None

    async def test_a_gap_makes_all_knowledge_old(self, stage: Stage) -> None:
        for followed in (["a", "b"], []):
            for name in followed:
                stage.follow(name, watched=False)
            stage.channel.tell(ExecutionStart("c"))
            assert self.told(stage) == "c"
            stage.channel.reconnect()
            assert self.told(stage) is None
            for run in stage.runs._runs:
                stage.runs.discard(run)

    async def test_rest_can_tell_who_runs(self, stage: Stage) -> None:
        stage.rest.states = {"a": Pending(1), "b": Running()}
        stage.follow("a", wait=0.02)
        stage.follow("b", wait=0.02)
        stage.channel.reconnect()
        await stage.rest.until_asked()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert self.told(stage) == "b"

    async def test_an_old_answer_of_rest_tells_nothing(self, stage: Stage) -> None:
        stage.rest.states["a"] = Running()
        stage.rest.may_answer.clear()
        run = stage.follow("a", wait=0.02)
        stage.follow("b")
        stage.channel.tell(ExecutionStart("a"))
        await stage.rest.until_asked()
        stage.channel.tell(ExecutionSuccess("a"))
        stage.rest.may_answer.set()
        assert await outcome_of(run) == Succeeded()
        await asyncio.sleep(0.02)
        assert self.told(stage) is None, "it ran when the answer was written, and is over since"

    async def test_what_is_told_stays_and_the_rest_is_left_alone(self, stage: Stage) -> None:
        stage.channel.tell(ExecutionStart("a"))
        for event in (Executing("b", "1"), PreviewImage(b"", "", prompt_id="b"), Status(1), Executing(None, None)):
            assert stage.runs.annotate(event) is event


class TestEnds:
    async def test_closing_ends_all_waiting(self) -> None:
        stage = Stage()
        runs = [stage.follow(name) for name in ("a", "b")]
        waiters = [asyncio.create_task(run.wait()) for run in runs]
        await asyncio.sleep(0)
        await stage.runs.close()
        for outcome in await asyncio.gather(*waiters):
            assert isinstance(outcome, Failed)
            assert isinstance(outcome.error, ClientClosedError)
        assert len(stage.runs) == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    async def test_closing_interrupts_a_question(self) -> None:
        stage = Stage()
        stage.rest.may_answer.clear()
        run = stage.follow("a", wait=0.01)
        await stage.rest.until_asked()
        async with asyncio.timeout(SOON):
            await stage.runs.close()
        assert isinstance(await error_of(run), ClientClosedError)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    async def test_closing_cancels_the_runs_that_shall_not_outlive_it(self) -> None:
        stage = Stage()
        cancelled: list[str] = []

        async def cancel() -> None:
            await asyncio.sleep(0)
            assert run.state.outcome is None, "its waiters are told afterwards"
            cancelled.append("a")

        run, other = stage.follow("a"), stage.follow("b")
        run.cancel_on_close = cancel
        await stage.runs.close()
        assert cancelled == ["a"]
        assert isinstance(await error_of(other), ClientClosedError)

    async def test_closing_twice_or_without_runs_is_fine(self) -> None:
        stage = Stage()
        await stage.runs.close()
        await stage.runs.close()
        assert stage.rest.asked == []

    async def test_an_outcome_that_is_there_outlives_the_closing(self) -> None:
        stage = Stage()
        run = stage.follow("a")
        stage.channel.tell(ExecutionSuccess("a"))
        await stage.runs.close()
        assert await outcome_of(run) == Succeeded()

    async def test_a_thousand_runs_leave_nothing_behind(self, stage: Stage) -> None:
        tasks: set[int] = set()
        for number in range(1_000):
            name = str(number)
            run = stage.follow(name)
            stage.channel.tell(ExecutionStart(name), Executing(name, "1"))
            if number % 10 == 0:
                stage.rest.states[name] = finished(name)
                stage.channel.tell(Executing(name, None))
            else:
                stage.channel.tell(ExecutionSuccess(name))
            assert await outcome_of(run) == Succeeded()
            tasks.add(len(asyncio.all_tasks()))
        assert len(stage.runs) == 0
        assert max(tasks) <= 2, "the test itself and one watch"
        await asyncio.sleep(0.02)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert len(stage.rest.asked) == 100

    async def test_many_runs_at_once_share_one_watch(self, stage: Stage) -> None:
        runs = [stage.follow(str(number)) for number in range(200)]
        assert len(asyncio.all_tasks()) <= 2, "the test itself and one watch"
        await asyncio.sleep(0)
        stage.rest.states = {str(number): finished(str(number)) for number in range(200)}
        stage.channel.reconnect()
        for run in runs:
            assert await outcome_of(run) == Succeeded()
        assert len(stage.rest.asked) == 1
