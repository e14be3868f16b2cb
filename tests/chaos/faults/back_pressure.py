"""Readers that do not read."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from typing import Any

from comfy_ws import BacklogLimits, Executing, Progress
from tests import prompts
from tests.chaos.chaos import Chaos, is_right, lasting
from tests.chaos.clients import EventRecord, eventually


class BackPressureFaults:
    """Readers that do not read."""

    async def test_a_stream_that_nobody_reads_coalesces_and_blocks_nothing(self, chaos: Chaos) -> None:
        client = await chaos.client()
        limit = 60
        stream = await client.stream(BacklogLimits(events=limit))
        counted = await client.record()
        began = time.monotonic()
        given = [_many_previews(100) for _ in range(5)]
        results = [await client.run(prompt, disable_random_seed=True) for prompt in given]
        chaos.within("five runs beside a stream that nobody reads", began, 40)
        await eventually(lambda: _ends(counted) == 5, 10)
        assert counted.kinds().count("preview_image") >= 400
        # From here on it is read, and holds every control event in order, and of previews and progress the newest.
        late = client.read(stream)
        await eventually(lambda: _ends(late) == 5, 10)
        assert _control(late.kinds()) == _control(counted.kinds())
        assert len(late.seen) <= 2 * limit + len(_control(counted.kinds()))
        last = {result.prompt_id: 0.0 for result in results}
        for seen in late.events:
            if isinstance(seen, Progress) and seen.prompt_id in last:
                last[seen.prompt_id] = seen.value
        assert set(last.values()) == {100}

    async def test_a_job_whose_events_nobody_reads_ends(self, chaos: Chaos) -> None:
        client = await chaos.client()
        job = await client.submit(_many_previews(300))
        began = time.monotonic()
        assert len((await job.result()).images) == 1
        chaos.within("a job whose events nobody reads", began, 40)

    async def test_a_slow_reader_slows_down_no_other_run(self, chaos: Chaos) -> None:
        client = await chaos.client()
        blocked = asyncio.Event() if client.flavour == "async" else threading.Event()

        def wait_in_callback(seen: object) -> Any:
            # Callbacks of the synchronous client are called in its loop's thread too: blocking there is not theirs.
            return blocked.wait() if isinstance(blocked, asyncio.Event) else None

        waiting = asyncio.ensure_future(client.run(lasting(0.2), on_event=wait_in_callback))
        try:
            prompt = lasting(0.2)
            began = time.monotonic()
            assert is_right(await client.run(prompt), prompt)
            chaos.within("a run beside a callback that does not return", began, 10)
        finally:
            blocked.set()
            await waiting


def _many_previews(count: int) -> prompts.Prompt:
    return {
        "1": prompts.steps(count, delay_ms=2, seed=uuid.uuid4().int % 10**9),
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }


def _ends(record: EventRecord) -> int:
    return sum(isinstance(seen, Executing) and seen.node is None for seen in record.events)


def _control(kinds: list[str]) -> list[str]:
    # Feature flags come once, with the connection, and may do so before the second reader is there.
    others = {"preview_image", "progress", "progress_state", "progress_text", "status", "feature_flags"}
    return [kind for kind in kinds if kind not in others]
