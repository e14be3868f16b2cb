"""A synchronous client's loop by itself, and the least that runs in one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from comfy_facade._loop_thread import LoopThread


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    running = LoopThread("loop under test")
    yield running
    running.end()
    assert "loop under test" not in {thread.name for thread in threading.enumerate()}


async def give(value: int) -> int:
    await asyncio.sleep(0)
    return value
