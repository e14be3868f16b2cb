"""A run to call callbacks for, and a diary of what they are called with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from comfy_facade import RunProgress
from comfy_facade._callbacks import CallbackCaller, Callbacks
from comfy_ws import Event, Executing, ExecutionStart, ExecutionSuccess, PreviewImage, Progress

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
