"""Servers that lose prompts, and people who take them away."""

from __future__ import annotations

import time

import pytest

from comfy_facade import PromptInterruptedError, PromptNotFoundError
from tests.chaos.chaos import Chaos, is_right, lasting
from tests.chaos.faults.runs import ABSENCE_LIMIT, FLOW_LIMIT, started


class ServerFaults:
    """Servers that lose prompts, and people who take them away."""

    async def test_deleted_while_pending(self, chaos: Chaos) -> None:
        client = await chaos.client()
        ahead = await client.submit(lasting(30))
        job = await client.submit(lasting(0.1))
        await chaos.until_running(ahead.prompt_id)
        await chaos.until_pending(job.prompt_id)
        await chaos.someone_else.post("/queue", json={"delete": [job.prompt_id]})
        fault = time.monotonic()
        with pytest.raises(PromptNotFoundError) as caught:
            await job.result()
        chaos.within("deleted while pending", fault, ABSENCE_LIMIT)
        assert caught.value.reason == "deleted"
        assert caught.value.prompt_id == job.prompt_id
        assert await ahead.cancel()

    @pytest.mark.parametrize("state", ["running", "pending"])
    async def test_the_server_restarts_and_forgets(self, chaos: Chaos, state: str) -> None:
        switches = chaos.switches
        client = await chaos.client()
        ahead = await client.submit(lasting(60))
        job = ahead if state == "running" else await client.submit(lasting(0.1))
        await started(chaos, ahead)
        chaos.proxy.refuse(0.5)
        chaos.proxy.cut()
        switches.forget()
        fault = time.monotonic()
        with pytest.raises(PromptNotFoundError) as caught:
            await job.result()
        chaos.within(f"server restarted with the prompt {state}", fault, ABSENCE_LIMIT)
        assert caught.value.reason == "forgotten"

    async def test_the_server_forgets_and_nobody_notices(self, chaos: Chaos) -> None:
        switches = chaos.switches
        client = await chaos.client()
        job = await client.submit(lasting(60))
        await started(chaos, job)
        switches.forget()
        fault = time.monotonic()
        with pytest.raises(PromptNotFoundError):
            await job.result()
        chaos.within("prompt vanished from the server, the socket stayed", fault, ABSENCE_LIMIT)

    @pytest.mark.parametrize("socket", ["open", "cut", "deaf"])
    async def test_interrupted_by_someone_else(self, chaos: Chaos, socket: str) -> None:
        client = await chaos.client()
        job = await client.submit(lasting(60))
        await started(chaos, job)
        if socket == "deaf":
            await chaos.deafen(client)
        elif socket == "cut":
            chaos.proxy.refuse(1.0)
            chaos.proxy.cut()
        await chaos.someone_else.post("/interrupt", json={"prompt_id": job.prompt_id})
        fault = time.monotonic()
        with pytest.raises(PromptInterruptedError) as caught:
            await job.result()
        chaos.within(f"interrupted by someone else, socket {socket}", fault, FLOW_LIMIT)
        assert caught.value.prompt_id == job.prompt_id

    async def test_history_that_comes_late_is_waited_for(self, chaos: Chaos) -> None:
        switches = chaos.switches
        switches.write_history_late(1.0)
        client = await chaos.client()
        prompt = lasting(0.6)
        job = await client.submit(prompt)
        record = await started(chaos, job)
        chaos.proxy.cut("websocket")
        await record.until("execution_success")
        fault = time.monotonic()
        assert is_right(await job.result(), prompt)
        chaos.within("history 1 s late", fault, 1 + ABSENCE_LIMIT)

    async def test_a_run_that_left_the_history_before_anybody_asked(self, chaos: Chaos) -> None:
        client = await chaos.client()
        job = await client.submit(lasting(1))
        record = await started(chaos, job)
        # The reconnect makes REST decide, and REST gives no answer until the history is empty.
        chaos.proxy.cut("websocket")
        await record.until("reconnected")
        chaos.proxy.answer(503, "GET", "/history/*", 1_000)
        await record.until("execution_success")
        await chaos.until_over(job.prompt_id)
        await chaos.someone_else.post("/history", json={"delete": [job.prompt_id]})
        chaos.proxy.clear()
        fault = time.monotonic()
        with pytest.raises(PromptNotFoundError) as caught:
            await job.result()
        chaos.within("evicted from the history", fault, ABSENCE_LIMIT)
        assert caught.value.reason == "evicted"

    async def test_a_server_that_fails_for_a_while_when_asked(self, chaos: Chaos) -> None:
        client = await chaos.client()
        prompt = lasting(0.5)
        job = await client.submit(prompt)
        await started(chaos, job)
        for path in ("/queue", "/history/*"):
            chaos.proxy.answer(500, "GET", path, 3)
        chaos.proxy.cut("websocket")
        fault = time.monotonic()
        assert is_right(await job.result(), prompt)
        chaos.within("six questions answered with 500", fault, 15)
