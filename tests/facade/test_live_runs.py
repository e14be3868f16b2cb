"""Many runs at once: who hears what, when REST is asked, and that nothing is left behind.

REST and the channel are stand-ins that the tests drive by hand. So is the clock: it jumps to whatever is due next, so
that nothing here waits or depends on how busy the machine is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

import pytest

from comfy_facade import (
    AuthenticationError,
    ClientClosedError,
    ComfyUIError,
    ConnectionFailedError,
    PromptNotFoundError,
    UnexpectedResponseError,
)
from comfy_facade._live_run import LiveRun
from comfy_facade._live_runs import LiveRuns
from comfy_facade._run_state import Absent, Failed, Finished, Pending, RestState, Running, RunState, Succeeded
from comfy_facade.models import HistoryEntry
from comfy_ws import (
    ConnectionLostError,
    Event,
    EventChannel,
    Executed,
    Executing,
    ExecutionError,
    ExecutionStart,
    ExecutionSuccess,
    PreviewImage,
    Progress,
    ProgressText,
    Reconnected,
    Status,
    StreamError,
)

SOON = 1.0
"""Seconds within which a test's expectations must have come true."""
NEVER = 1_000.0
"""A wait so long that only urgency can be the reason for a question."""

UNREACHABLE = ConnectionFailedError("http://127.0.0.1:1", "refused")


class Channel:
    """What the runs need of a channel."""

    def __init__(self) -> None:
        self.connected = True
        self.failure: StreamError | None = None
        self.last_frame_at = 0.0
        self.reopened: list[str] = []
        self.on_event: Callable[[Event, int], None]
        self.on_end: Callable[[StreamError | None], None]
        self.annotate: Callable[[Event], Event] = lambda event: event

    def listen(
        self, on_event: Callable[[Event, int], None], on_end: Callable[[StreamError | None], None]
    ) -> Callable[[], None]:
        self.on_event, self.on_end = on_event, on_end
        return lambda: None

    def reopen(self, reason: str) -> None:
        self.reopened.append(reason)

    def tell(self, *events: Event) -> None:
        """Let frames arrive."""
        for event in events:
            self.last_frame_at = asyncio.get_running_loop().time()
            self.on_event(self.annotate(event), 10)

    def reconnect(self, *, by_request: bool = False) -> None:
        self.connected = True
        self.last_frame_at = asyncio.get_running_loop().time()
        self.on_event(Reconnected(1, 0.1, "gone", by_request), 0)


class Rest:
    """A server's answers about prompts, and what it was asked."""

    def __init__(self) -> None:
        self.states: dict[str, RestState] = {}
        self.error: Exception | None = None
        self.asked: list[tuple[float, tuple[str, ...]]] = []
        self.limits: list[float] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self._news = asyncio.Condition()

    async def __call__(self, prompt_ids: Sequence[str], limit: float) -> Mapping[str, RestState]:
        self.asked.append((asyncio.get_running_loop().time(), tuple(prompt_ids)))
        self.limits.append(limit)
        async with self._news:
            self._news.notify_all()
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        return {prompt_id: self.states.get(prompt_id, Absent()) for prompt_id in prompt_ids}

    async def until_asked(self, times: int = 1) -> None:
        async with asyncio.timeout(SOON), self._news:
            await self._news.wait_for(lambda: len(self.asked) >= times)

    @property
    def times(self) -> list[float]:
        return [time for time, _ in self.asked]


class Stage:
    """Runs, a channel and a server."""

    def __init__(self, outage_timeout: float = 0.1) -> None:
        self.rest = Rest()
        self.runs = LiveRuns(self.rest, outage_timeout=outage_timeout)
        self.channel = Channel()
        self.channel.annotate = self.runs.annotate
        self.runs.attach(cast("EventChannel", self.channel))

    def follow(self, prompt_id: str, *, wait: float = NEVER, watched: bool = True) -> LiveRun:
        run = self.runs.make(RunState(prompt_id, {}, is_posted=True), wait=wait)
        self.runs.add(run)
        if watched:
            self.runs.watch(run)
        return run


def now() -> float:
    return asyncio.get_running_loop().time()


def finished(prompt_id: str, **outputs: Any) -> Finished:
    raw = {"outputs": outputs, "status": {"status_str": "success", "messages": []}}
    return Finished(HistoryEntry(prompt_id, raw))


async def outcome_of(run: LiveRun) -> object:
    async with asyncio.timeout(SOON):
        return await run.wait()


async def error_of(run: LiveRun) -> ComfyUIError:
    outcome = await outcome_of(run)
    assert isinstance(outcome, Failed)
    return outcome.error


@pytest.fixture(autouse=True)
async def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make time pass only when everybody waits for it."""
    loop: Any = asyncio.get_running_loop()
    select, time = loop._selector.select, 1_000.0

    def skip(timeout: float | None) -> object:
        nonlocal time
        events = select(timeout if timeout is None else 0)
        if timeout is not None and not events:
            time += timeout
        return events

    monkeypatch.setattr(loop._selector, "select", skip)
    monkeypatch.setattr(loop, "time", lambda: time)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    yield stage
    await stage.runs.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}, "a task is left"


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
            for run in list(stage.runs._runs.values()):
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


class TestOutages:
    @pytest.mark.parametrize("error", [UNREACHABLE, UnexpectedResponseError(502, "GET /queue", "bad gateway")])
    async def test_are_borne_up_to_the_limit(self, stage: Stage, error: ComfyUIError) -> None:
        stage.rest.error = error
        run = stage.follow("a", wait=0.02)
        assert await error_of(run) is error
        assert stage.rest.times[-1] - stage.rest.times[0] > 0.1
        assert len(stage.rest.asked) > 2
        assert len(stage.runs) == 0

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

    async def test_questions_get_more_time_each(self, stage: Stage) -> None:
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

    async def test_a_long_silence_is_suspicious_and_each_time_less_so(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        times = [now()]

        def reopen(reason: str) -> None:
            times.append(now())
            stage.channel.reconnect(by_request=True)

        monkeypatch.setattr(stage.channel, "reopen", reopen)
        stage.rest.states["a"] = Running()
        stage.follow("a", wait=1)
        stage.channel.tell(ExecutionStart("a"), Executing("a", "1"))
        with caplog.at_level(logging.WARNING, "comfy_facade"):
            await asyncio.sleep(200)
        gaps = [later - earlier for earlier, later in pairwise(times)]
        # At once when the limit is reached, and not when REST happens to be asked next.
        assert gaps == [pytest.approx(limit + 0.2, abs=0.1) for limit in (3, 15, 60, 60, 60)]
        assert caplog.text == "", "a node that takes its time is nothing to warn of"

    async def test_only_a_socket_that_is_there_can_be_suspected(self, stage: Stage) -> None:
        stage.channel.connected = False
        stage.rest.states["a"] = Running()
        run = stage.follow("a", wait=1)
        await asyncio.sleep(20)
        assert stage.channel.reopened == []
        assert run.reopened == 0, "the first silence of the next socket must not pass for its second"


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
