"""The caller's callbacks: each gets its own, in order, and whatever one does harms neither the run nor another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pytest

from comfy_facade import Job, PromptNotFoundError, QueuedPrompt, RunProgress
from comfy_facade._callbacks import CallbackCaller, Callbacks
from comfy_facade._live_runs import LiveRuns
from comfy_facade._run_state import Absent, Finished, RestState, RunState
from comfy_facade.models import HistoryEntry
from comfy_ws import Event, Executing, Status
from tests.facade.callbacks import PREVIEW, PROMPT, RUN, Diary, called, slowed
from tests.facade.callbacks import no_task_is_left as no_task_is_left


def test_without_any_there_is_nothing_to_call() -> None:
    assert not Callbacks()

    def callback(_: object) -> None: ...

    assert Callbacks(on_event=callback)
    assert Callbacks(on_progress=callback)
    assert Callbacks(on_preview=callback)


@pytest.mark.parametrize("is_async", [False, True])
async def test_each_gets_its_own_and_in_order(is_async: bool) -> None:
    diary = Diary()
    callbacks = diary.callbacks
    if is_async:
        callbacks = Callbacks(slowed(diary.on_event), slowed(diary.on_progress), slowed(diary.on_preview))
    await called(callbacks, *RUN)
    assert diary.events == RUN
    assert diary.previews == [PREVIEW]
    assert diary.fractions == [0, 0.25, 0.5, 1]
    assert diary.order == [
        "execution_start",
        *("executing", "progress"),
        *("preview_image", "preview"),
        *("progress", "progress"),
        *("executing", "progress"),
        *("execution_success", "progress"),
    ]


@pytest.mark.parametrize("name", ["on_event", "on_progress", "on_preview"])
async def test_each_may_be_the_only_one(name: str) -> None:
    diary = Diary()
    await called(Callbacks(**{name: getattr(diary, name)}), *RUN)
    assert diary.order


async def test_a_callable_object_may_give_any_awaitable() -> None:
    seen: list[Event] = []

    class Callback:
        def __call__(self, event: Event) -> asyncio.Future[None]:
            seen.append(event)
            future = asyncio.get_running_loop().create_future()
            future.set_result(None)
            return future

    await called(Callbacks(on_event=Callback()), *RUN)
    assert seen == RUN


async def test_what_a_plain_one_returns_does_not_matter() -> None:
    seen: list[Event] = []

    def callback(event: Event) -> None:
        seen.append(event)
        return cast("None", len(seen))

    await called(Callbacks(on_event=callback), *RUN)
    assert seen == RUN


async def cancelled_future() -> None:
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


class TestFailures:
    @pytest.mark.parametrize("is_async", [False, True])
    async def test_are_logged_and_nothing_is_left_out(self, is_async: bool, caplog: pytest.LogCaptureFixture) -> None:
        diary = Diary()

        def fail(event: Event) -> None:
            diary.on_event(event)
            raise LookupError(f"in {event.type}")

        on_event = slowed(fail) if is_async else fail
        with caplog.at_level(logging.ERROR, "comfy_facade"):
            await called(Callbacks(on_event, diary.on_progress, diary.on_preview), *RUN)
        assert diary.events == RUN
        assert diary.fractions == [0, 0.25, 0.5, 1]
        assert [record.exc_info is not None for record in caplog.records] == [True] * len(RUN)
        assert "LookupError: in execution_start" in caplog.text

    async def test_waiting_for_what_was_cancelled_is_one_and_no_cancellation(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        diary = Diary()

        async def on_event(event: Event) -> None:
            diary.on_event(event)
            await cancelled_future()

        with caplog.at_level(logging.ERROR, "comfy_facade"):
            await called(Callbacks(on_event), *RUN)
        assert diary.events == RUN
        assert "CancelledError" in caplog.text

    async def test_one_that_is_far_too_slow_is_called_no_more(self, caplog: pytest.LogCaptureFixture) -> None:
        go_on = asyncio.Event()
        seen: list[Event] = []

        async def on_event(event: Event) -> None:
            seen.append(event)
            await go_on.wait()

        caller = CallbackCaller(Callbacks(on_event), PROMPT)
        await asyncio.sleep(0)
        for _ in range(100_002):
            caller.inbox.put(RUN[0])
        go_on.set()
        with caplog.at_level(logging.ERROR, "comfy_facade"):
            await caller.finish()
        assert "too slow" in caplog.text
        assert len(seen) <= 100_001


class TestRunsWithoutAStream:
    """What REST alone tells of a run reaches its callbacks, too: progress ends where the run does."""

    @staticmethod
    async def follow(state: RestState, diary: Diary) -> Job:
        async def ask(prompt_ids: Sequence[str], limit: float) -> Mapping[str, RestState]:
            return dict.fromkeys(prompt_ids, state)

        async def cancel(prompt_id: str) -> bool:
            return False

        runs = LiveRuns(ask, outage_timeout=1)
        run = runs.make(RunState("a", PROMPT), wait=0.01)
        caller = CallbackCaller(diary.callbacks, PROMPT)
        build = cast("Callable[[Job], Any]", lambda job: None)
        job = Job(run, runs, build, cancel, seeds={}, caller=caller, keeps_events=True)
        runs.add(run)
        run.hear(Executing("a", "1"), 0, asyncio.get_running_loop().time())
        run.hear(Executing("a", "2"), 0, asyncio.get_running_loop().time())
        job.accept(QueuedPrompt("a", 1, {}))
        return job

    async def test_progress_reaches_its_end(self) -> None:
        diary = Diary()
        job = await self.follow(Finished(HistoryEntry("a", {"status": {"status_str": "success"}})), diary)
        await job.result(timeout=5)
        assert job.progress == RunProgress(fraction=1, nodes_done=2, nodes_total=2)
        assert diary.fractions == [0, 0.5, 1]
        assert [event.type for event in diary.events] == ["executing", "executing"], "no event is made up"

    async def test_but_not_if_the_run_failed(self) -> None:
        diary = Diary()
        job = await self.follow(Absent(), diary)
        with pytest.raises(PromptNotFoundError):
            await job.result(timeout=5)
        assert job.progress.fraction == 0.5
        assert diary.fractions == [0, 0.5]


async def test_events_of_others_are_no_progress() -> None:
    diary = Diary()
    await called(diary.callbacks, Status(1), Status(2))
    assert diary.order == ["status", "status"]
