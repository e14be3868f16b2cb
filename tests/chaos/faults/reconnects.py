"""Sockets that end, and handshakes that a proxy or a server refuses."""

from __future__ import annotations

import asyncio
import time

import pytest

from comfy_facade import AuthenticationError, ConnectionFailedError
from comfy_ws import PreviewImage
from tests.chaos.chaos import Chaos, is_right, lasting
from tests.chaos.faults.runs import FLOW_LIMIT, STEPS, is_in_order, started


class ReconnectFaults:
    """Sockets that end."""

    @pytest.mark.parametrize("how", ["reset", "closed in one direction", "cut within a frame"])
    async def test_events_carry_on_after_a_socket_ended(self, chaos: Chaos, how: str) -> None:
        client = await chaos.client()
        everything = await client.record()
        prompt = lasting(1.5)
        job = await client.submit(prompt)
        record = await started(chaos, job)
        fault = time.monotonic()
        if how == "reset":
            chaos.proxy.cut("websocket")
        elif how == "closed in one direction":
            chaos.proxy.half_close("websocket")
        else:
            chaos.proxy.cut_after(100)
        back = await record.until("reconnected", since=fault)
        flowing = await record.until(*STEPS, since=back)
        chaos.within(f"socket {how}", fault, FLOW_LIMIT, until=flowing)
        assert is_right(await job.result(), prompt)
        assert is_in_order(record)
        assert "reconnected" in everything.kinds()
        assert chaos.proxy.websockets_opened == 2
        assert chaos.proxy.overlaps == 0
        assert chaos.was_run_once(job.prompt_id)

    async def test_previews_say_whose_they_are_after_a_reconnect_too(self, chaos: Chaos) -> None:
        client = await chaos.client()
        job = await client.submit(lasting(1.5))
        record = await started(chaos, job)
        chaos.proxy.cut("websocket")
        back = await record.until("reconnected")
        await record.until("preview_image", since=back + 0.1)
        await job.result()
        previews = [seen for at, seen in record.seen if at > back + 0.1 and isinstance(seen, PreviewImage)]
        # Only a connection that said its feature flags gets previews with metadata.
        assert all(preview.metadata for preview in previews)
        assert {preview.prompt_id for preview in previews} == {job.prompt_id}

    async def test_a_socket_may_end_at_any_event(self, chaos: Chaos) -> None:
        slowest = 0.0
        for number in range(1, 16):
            client = await chaos.client()
            prompt = lasting(0.05)
            chaos.proxy.cut_at_event(number)
            result = await client.run(prompt)
            took = 0.0 if chaos.proxy.cut_at is None else time.monotonic() - chaos.proxy.cut_at
            slowest = max(slowest, took)
            assert is_right(result, prompt)
            assert chaos.was_run_once(result.prompt_id)
            await client.close()
        chaos.within("socket cut at any event", 0.0, FLOW_LIMIT, until=slowest)

    async def test_a_run_that_ends_while_nobody_is_connected(self, chaos: Chaos) -> None:
        client = await chaos.client()
        prompt = lasting(0.7)
        job = await client.submit(prompt)
        await started(chaos, job)
        chaos.proxy.refuse()
        chaos.proxy.cut()
        await chaos.until_over(job.prompt_id)
        chaos.proxy.accept()
        back = time.monotonic()
        assert is_right(await job.result(), prompt)
        chaos.within("refused until the run was over, counted from the end of that", back, FLOW_LIMIT)
        assert chaos.was_run_once(job.prompt_id)

    @pytest.mark.parametrize("status", [502, 503])
    async def test_handshakes_that_a_proxy_answers_are_tried_again_and_rarely(self, chaos: Chaos, status: int) -> None:
        client = await chaos.client()
        # The run may be over, and its events with it, by the time a busy machine has reconnected.
        everything = await client.record()
        prompt = lasting(4.5)
        job = await client.submit(prompt)
        await started(chaos, job)
        chaos.proxy.answer(status, "GET", "/ws", 1_000)
        fault = time.monotonic()
        chaos.proxy.cut("websocket")
        await asyncio.sleep(2.5)
        attempts = [seen.at - fault for seen in chaos.proxy.seen("GET", "/ws") if seen.at > fault]
        chaos.proxy.clear()
        over = time.monotonic()
        await everything.until("reconnected", since=over)
        chaos.within(f"handshakes answered with {status}, counted from the end of that", over, FLOW_LIMIT)
        # Delays of 0.1, 0.2, 0.4, 0.8, 1.6 s, of which half is random: five fit in by the quickest throws.
        assert 2 <= len(attempts) <= 6, attempts
        assert is_right(await job.result(), prompt)

    @pytest.mark.parametrize("status", [401, 403])
    async def test_refused_credentials_end_stream_and_run_at_once(self, chaos: Chaos, status: int) -> None:
        client = await chaos.client()
        everything = await client.record()
        job = await client.submit(lasting(4))
        await started(chaos, job)
        chaos.proxy.answer(status, "GET", "*", 1_000)
        fault = time.monotonic()
        chaos.proxy.cut()
        with pytest.raises(AuthenticationError):
            await job.result()
        chaos.within(f"credentials refused with {status}", fault, FLOW_LIMIT)
        await everything.until_end()
        assert isinstance(everything.error, AuthenticationError)
        assert len([seen for seen in chaos.proxy.seen("GET", "/ws") if seen.at > fault]) == 1
        await chaos.someone_else.post("/interrupt", json={"prompt_id": job.prompt_id})

    async def test_an_address_without_a_websocket_ends_the_stream_and_no_run(self, chaos: Chaos) -> None:
        client = await chaos.client()
        everything = await client.record()
        prompt = lasting(1.5)
        job = await client.submit(prompt)
        await started(chaos, job)
        chaos.proxy.answer(404, "GET", "/ws", 1_000)
        fault = time.monotonic()
        chaos.proxy.cut("websocket")
        chaos.within("handshake answered with 404", fault, FLOW_LIMIT, until=await everything.until_end())
        assert isinstance(everything.error, ConnectionFailedError)
        assert is_right(await job.result(), prompt)
        assert len([seen for seen in chaos.proxy.seen("GET", "/ws") if seen.at > fault]) == 1

    async def test_tls_that_fails_ends_the_stream_at_once(self, chaos: Chaos) -> None:
        began = time.monotonic()
        client = await chaos.client(url=chaos.server.url.replace("http:", "https:"))
        everything = await client.record()
        await everything.until_end()
        chaos.within("TLS with a server that has none", began, FLOW_LIMIT)
        assert isinstance(everything.error, ConnectionFailedError)
        with pytest.raises(ConnectionFailedError):
            await client.run(lasting(0.1))
