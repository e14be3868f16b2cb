"""The caller's callbacks: in order, away from the stream, and no harm to the run whatever they do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

import pytest

from comfy_facade import Job, PromptNotFoundError, QueuedPrompt, RunProgress
from comfy_facade._callbacks import CallbackCaller, Callbacks
from comfy_facade._live_runs import LiveRuns
from comfy_facade._run_state import Absent, Finished, RestState, RunState
from comfy_facade.models import HistoryEntry
from comfy_ws import Event, Executing, ExecutionStart, ExecutionSuccess, PreviewImage, Progress, Status

PROMPT: dict[str, Any] = {"1": {"class_type": "A", "inputs": {}}, "2": {"class_type": "B", "inputs": {}}}
PREVIEW = PreviewImage(b"jpg", "image/jpeg", node_id="1")
RUN: list[Event] = [
    ExecutionStart("a"),
    Executing("a", "1"),
    PREVIEW,
    Progress("a", "1", 1, 2),
    Executing("a", "2"),
    ExecutionSuccess("a"),
]


class Diary:
    """Writes down what it is called with."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.previews: list[PreviewImage] = []
        self.fractions: list[float] = []
        self.order: list[str] = []

    def on_event(self, event: Event) -> None:
        self.events.append(event)
        self.order.append(event.type)

    def on_preview(self, preview: PreviewImage) -> None:
        self.previews.append(preview)
        self.order.append("preview")

    def on_progress(self, progress: RunProgress) -> None:
        self.fractions.append(progress.fraction)
        self.order.append("progress")

    @property
    def callbacks(self) -> Callbacks:
        return Callbacks(self.on_event, self.on_progress, self.on_preview)


def slowed(callback: Callable[[Any], None]) -> Callable[[Any], Awaitable[None]]:
    async def call(argument: Any) -> None:
        await asyncio.sleep(0.001)
        callback(argument)

    return call


@pytest.fixture(autouse=True)
async def no_task_is_left() -> AsyncIterator[None]:
    yield
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def called(callbacks: Callbacks, *events: Event) -> None:
    caller = CallbackCaller(callbacks, PROMPT)
    for event in events:
        caller.inbox.put(event)
    async with asyncio.timeout(5):
        await caller.finish()


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


class TestTiming:
    async def test_a_slow_one_holds_up_nobody_but_itself(self) -> None:
        go_on = asyncio.Event()
        diary = Diary()

        async def on_event(event: Event) -> None:
            await go_on.wait()
            diary.on_event(event)

        caller = CallbackCaller(Callbacks(on_event), PROMPT)
        for event in RUN:
            caller.inbox.put(event)
        await asyncio.sleep(0.01)
        assert diary.events == []
        go_on.set()
        await caller.finish()
        assert diary.events == RUN

    async def test_they_are_called_while_the_run_goes_on(self) -> None:
        diary = Diary()
        caller = CallbackCaller(diary.callbacks, PROMPT)
        caller.inbox.put(RUN[0])
        await asyncio.sleep(0.01)
        assert diary.events == RUN[:1]
        await caller.finish()

    async def test_previews_that_wait_for_a_slow_one_give_way_to_newer_ones(self) -> None:
        go_on = asyncio.Event()
        seen: list[bytes] = []

        async def on_preview(preview: PreviewImage) -> None:
            await go_on.wait()
            seen.append(preview.data)

        caller = CallbackCaller(Callbacks(on_preview=on_preview), PROMPT)
        for number in range(10_000):
            caller.inbox.put(PreviewImage(str(number).encode(), "image/jpeg", node_id="1"))
        go_on.set()
        await caller.finish()
        assert seen[-1] == b"9999"
        assert len(seen) <= 4_097, "no more than its inbox may hold"

    async def test_after_stop_none_is_called(self) -> None:
        diary = Diary()
        caller = CallbackCaller(diary.callbacks, PROMPT)
        caller.inbox.put(RUN[0])
        await asyncio.sleep(0.01)
        caller.stop()
        caller.inbox.put(RUN[1])
        await asyncio.sleep(0.01)
        assert diary.events == RUN[:1]

    async def test_stop_interrupts_a_callback(self) -> None:
        ended = asyncio.Event()

        async def on_event(event: Event) -> None:
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()

        caller = CallbackCaller(Callbacks(on_event), PROMPT)
        caller.inbox.put(RUN[0])
        await asyncio.sleep(0.01)
        caller.stop()
        async with asyncio.timeout(1):
            await ended.wait()

    async def test_after_stop_there_is_nothing_to_finish(self) -> None:
        caller = CallbackCaller(Diary().callbacks, PROMPT)
        caller.stop()
        async with asyncio.timeout(1):
            await caller.finish()

    async def test_finishing_twice_or_by_two_is_fine(self) -> None:
        diary = Diary()
        caller = CallbackCaller(Callbacks(slowed(diary.on_event)), PROMPT)
        for event in RUN:
            caller.inbox.put(event)
        await asyncio.gather(caller.finish(), caller.finish())
        await caller.finish()
        assert diary.events == RUN

    async def test_who_gives_up_finishing_stops_them(self) -> None:
        async def on_event(event: Event) -> None:
            await asyncio.sleep(60)

        caller = CallbackCaller(Callbacks(on_event), PROMPT)
        caller.inbox.put(RUN[0])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await caller.finish()


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
