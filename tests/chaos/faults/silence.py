"""Sockets and networks that stay open and carry nothing."""

from __future__ import annotations

import asyncio
import time

import pytest

from comfy_facade import PromptInterruptedError
from tests.chaos.chaos import Chaos, is_right, lasting
from tests.chaos.faults.runs import FLOW_LIMIT, SILENCE_LIMIT, STEPS, is_in_order, started


class DeafSocketFaults:
    """Sockets that stay open and hear nothing."""

    async def test_a_socket_goes_deaf_during_a_run(self, chaos: Chaos) -> None:
        client = await chaos.client()
        prompt = lasting(7)
        job = await client.submit(prompt)
        record = await started(chaos, job)
        await chaos.deafen(client)
        fault = time.monotonic()
        back = await record.until("reconnected", since=fault)
        flowing = await record.until(*STEPS, since=back)
        chaos.within("deaf socket during a run: events again", fault, FLOW_LIMIT, until=flowing)
        assert is_right(await job.result(), prompt)
        assert is_in_order(record)
        assert chaos.proxy.overlaps == 0
        assert chaos.was_run_once(job.prompt_id)

    async def test_a_socket_is_deaf_before_a_run(self, chaos: Chaos) -> None:
        client = await chaos.client()
        everything = await client.record()
        await chaos.deafen(client)
        fault = time.monotonic()
        prompt = lasting(0.5)
        result = await client.run(prompt)
        assert is_right(result, prompt)
        assert not result.events_complete
        chaos.within("deaf socket before a run: its result", fault, FLOW_LIMIT)
        chaos.within(
            "deaf socket before a run: events again", fault, FLOW_LIMIT, until=await everything.until("reconnected")
        )
        job = await client.submit(lasting(0.2))
        record = job.record()
        await job.result()
        await record.until("execution_success")

    async def test_a_deaf_socket_while_others_run_first(self, chaos: Chaos) -> None:
        client = await chaos.client()
        first, prompt = lasting(2), lasting(3)
        ahead = await client.submit(first)
        job = await client.submit(prompt)
        await started(chaos, ahead)
        record = job.record()
        await chaos.deafen(client)
        fault = time.monotonic()
        back = await record.until("reconnected", since=fault)
        chaos.within("deaf socket with a run pending", fault, FLOW_LIMIT, until=back)
        assert is_right(await ahead.result(), first)
        assert is_right(await job.result(), prompt)

    async def test_the_server_learns_late_that_the_old_socket_is_gone(self, chaos: Chaos) -> None:
        client = await chaos.client()
        prompt = lasting(7)
        job = await client.submit(prompt)
        record = await started(chaos, job)
        chaos.proxy.cut("websocket", keeps_server=True)
        await record.until("reconnected")
        await record.until("progress", since=time.monotonic())
        chaos.proxy.release()
        fault = time.monotonic()
        again = await record.until("reconnected", since=fault)
        flowing = await record.until(*STEPS, since=again)
        chaos.within("deaf since the server forgot the wrong socket", fault, FLOW_LIMIT, until=flowing)
        assert is_right(await job.result(), prompt)
        assert is_in_order(record)


class SilentNetworkFaults:
    """Networks that swallow packets while TCP stays open."""

    async def test_silence_during_a_run(self, chaos: Chaos) -> None:
        client = await chaos.client()
        job = await client.submit(lasting(30))
        record = await started(chaos, job)
        chaos.proxy.swallow("all")
        fault = time.monotonic()
        back = await record.until("reconnected", since=fault)
        chaos.within("silent network during a run", fault, SILENCE_LIMIT, until=back)
        await record.until(*STEPS, since=back)
        assert chaos.proxy.overlaps == 0
        assert chaos.was_run_once(job.prompt_id)
        assert await job.cancel()
        with pytest.raises(PromptInterruptedError):
            await job.result()

    async def test_silence_while_nothing_runs(self, chaos: Chaos) -> None:
        client = await chaos.client()
        everything = await client.record()
        await client.run(lasting(0.1))
        chaos.proxy.swallow("all")
        fault = time.monotonic()
        back = await everything.until("reconnected", since=fault)
        chaos.within("silent network while nothing runs", fault, SILENCE_LIMIT, until=back)

    async def test_a_run_that_ends_in_silence(self, chaos: Chaos) -> None:
        client = await chaos.client()
        prompt = lasting(1)
        job = await client.submit(prompt)
        await started(chaos, job)
        chaos.proxy.swallow("all")
        fault = time.monotonic()
        assert is_right(await job.result(), prompt)
        chaos.within("silent network: the result", fault, SILENCE_LIMIT)

    async def test_a_network_that_is_silent_for_new_connections_too(self, chaos: Chaos) -> None:
        client = await chaos.client()
        prompt = lasting(1)
        job = await client.submit(prompt)
        await started(chaos, job)
        chaos.proxy.swallow("all", new=True)
        await chaos.until_over(job.prompt_id)
        await asyncio.sleep(2)
        chaos.proxy.resume()
        fault = time.monotonic()
        assert is_right(await job.result(), prompt)
        chaos.within("network back after a silence", fault, SILENCE_LIMIT)

    async def test_a_slow_network_is_no_dead_one(self, chaos: Chaos) -> None:
        chaos.proxy.delay(0.3)
        client = await chaos.client()
        prompt = lasting(1)
        began = time.monotonic()
        assert is_right(await client.run(prompt), prompt)
        chaos.within("every piece 0.3 s late", began, SILENCE_LIMIT)
        assert chaos.proxy.websockets_opened == 1
