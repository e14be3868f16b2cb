"""Frames that no server should send."""

from __future__ import annotations

import time

from tests.chaos.chaos import Chaos, is_right, lasting
from tests.chaos.faults.runs import FLOW_LIMIT, SILENCE_LIMIT, STEPS, started
from tests.chaos.frames import BINARY, broken_frames, event, frame, odd_frames


class BadFrameFaults:
    """Frames that no server should send."""

    async def test_odd_frames_harm_neither_stream_nor_run(self, chaos: Chaos) -> None:
        client = await chaos.client()
        everything = await client.record()
        prompt = lasting(1)
        job = await client.submit(prompt)
        record = await started(chaos, job)
        frames = odd_frames(job.prompt_id)
        fault = time.monotonic()
        chaos.proxy.inject(frames)
        await record.until(*STEPS, since=fault + 0.1)
        result = await job.result()
        assert is_right(result, prompt)
        chaos.within(f"{len(frames)} odd frames", fault, FLOW_LIMIT)
        assert everything.kinds().count("undecodable_frame") > 15
        assert "reconnected" not in everything.kinds()
        assert everything.error is None
        assert chaos.proxy.websockets_opened == 1

    async def test_frames_that_break_the_protocol_cost_a_reconnect(self, chaos: Chaos) -> None:
        slowest = 0.0
        for name, broken in broken_frames().items():
            client = await chaos.client()
            everything = await client.record()
            prompt = lasting(0.3)
            job = await client.submit(prompt)
            await started(chaos, job)
            fault = time.monotonic()
            chaos.proxy.inject([broken])
            back = await everything.until("reconnected", since=fault)
            slowest = max(slowest, back - fault)
            assert is_right(await job.result(), prompt), name
            assert everything.error is None
            await client.close()
        chaos.within("frames that break the protocol", 0.0, FLOW_LIMIT, until=slowest)

    async def test_huge_messages_pass(self, chaos: Chaos) -> None:
        client = await chaos.client()
        everything = await client.record()
        prompt = lasting(1)
        job = await client.submit(prompt)
        await started(chaos, job)
        fault = time.monotonic()
        size = 50_000_000
        chaos.proxy.inject([event("huge.event", {"blob": "x" * size})])
        await everything.until("huge.event", since=fault)
        chaos.proxy.inject([frame(b"\x00\x00\x00\x63" + b"y" * size, BINARY)])
        await everything.until("binary:99", since=fault)
        chaos.within("two messages of 50 MB", fault, SILENCE_LIMIT)
        assert is_right(await job.result(), prompt)
        assert chaos.proxy.websockets_opened == 1

    async def test_spoiled_bytes_cost_no_result(self, chaos: Chaos) -> None:
        client = await chaos.client()
        chaos.proxy.corrupt(0.02, seed=5)
        began = time.monotonic()
        for _ in range(5):
            prompt = lasting(0.3)
            assert is_right(await client.run(prompt), prompt)
        chaos.within("five runs with spoiled bytes", began, 30)
