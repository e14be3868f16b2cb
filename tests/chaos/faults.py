"""What a run gives when the connection, the server or somebody else gets in its way, on any server.

Each test notes the time from the fault to the right outcome, and holds it to its limit where there is one to hold.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from typing import Any

import anyio
import pytest

from comfy_facade import (
    AuthenticationError,
    ClientClosedError,
    ConnectionFailedError,
    PromptInterruptedError,
    PromptNotFoundError,
    PromptTimeoutError,
)
from comfy_ws import BacklogLimits, Executing, PreviewImage, Progress
from tests import prompts
from tests.chaos.chaos import Chaos, is_right, lasting, text_of
from tests.chaos.clients import DrivenJob, EventRecord, eventually
from tests.chaos.frames import BINARY, broken_frames, event, frame, odd_frames
from tests.chaos.proxy import Proxy

FLOW_LIMIT = 5.0
"""Seconds until events flow again."""

SILENCE_LIMIT = 15.0
"""Seconds until a network that swallows everything is found out."""

ABSENCE_LIMIT = 5.0
"""Seconds until a prompt that the server no longer has is missed."""

STEPS = ("progress", "progress_state", "preview_image", "executed", "execution_success")


async def started(chaos: Chaos, job: DrivenJob) -> EventRecord:
    """Note a job's events, and wait until it is at work."""
    record = job.record()
    await record.until("progress", "preview_image", "progress_state")
    return record


def is_in_order(record: EventRecord) -> bool:
    """Whether a run's events came in the order in which the server sends them."""
    values = [event.value for event in record.events if isinstance(event, Progress) and event.node == "1"]
    assert values == sorted(values)
    kinds = record.kinds()
    assert kinds.count("execution_start") <= 1
    assert kinds.count("execution_success") <= 1
    if "execution_success" in kinds:
        # The server says once more that nothing executes when it has written its history.
        assert set(kinds[kinds.index("execution_success") + 1 :]) <= {"executing"}
    return True


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
        prompt = lasting(4.5)
        job = await client.submit(prompt)
        record = await started(chaos, job)
        chaos.proxy.answer(status, "GET", "/ws", 1_000)
        fault = time.monotonic()
        chaos.proxy.cut("websocket")
        await asyncio.sleep(2.5)
        attempts = [seen.at - fault for seen in chaos.proxy.seen("GET", "/ws") if seen.at > fault]
        chaos.proxy.clear()
        over = time.monotonic()
        await record.until("reconnected", since=over)
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


class ExactlyOnceFaults:
    """Posts of which nobody knows what became."""

    @pytest.mark.parametrize(
        ("fault", "options"),
        [
            ("request lost", {}),
            ("answer lost", {}),
            ("two answers lost", {}),
            ("server gets it 0.3 s after its connection broke", {}),
            ("502 in its place", {}),
            ("502 after it", {}),
            ("504 after it", {}),
            ("no answer", {"timeout": 1.0}),
            ("answer lost and look-ups answered with 502", {}),
            ("refused", {}),
        ],
    )
    async def test_a_prompt_runs_once(self, chaos: Chaos, fault: str, options: dict[str, Any]) -> None:
        client = await chaos.client(**options)
        first = lasting(0.05)
        assert is_right(await client.run(first), first)
        proxy, route = chaos.proxy, ("POST", "/prompt")
        if fault == "request lost":
            proxy.lose_request(*route)
        elif fault == "answer lost":
            proxy.lose_answer(*route)
        elif fault == "two answers lost":
            proxy.lose_request(*route)
            proxy.lose_answer(*route)
        elif fault == "server gets it 0.3 s after its connection broke":
            proxy.forward_late(*route, seconds=0.3)
        elif fault == "502 in its place":
            proxy.answer(502, *route)
        elif fault == "no answer":
            proxy.hold_answer(*route)
        elif fault == "refused":
            proxy.refuse(1.0)
            proxy.cut()
        elif fault == "answer lost and look-ups answered with 502":
            proxy.lose_answer(*route)
            proxy.answer(502, "GET", "/queue", 2)
            proxy.lose_answer("GET", "/history/*")
        else:
            proxy.answer(int(fault[:3]), *route, forward=True)
        began = time.monotonic()
        prompt = lasting(0.1)
        result = await client.run(prompt)
        assert is_right(result, prompt)
        chaos.within(f"post: {fault}", began, 10)
        assert chaos.was_run_once(result.prompt_id)
        if chaos.emulator is not None:
            assert list(chaos.emulator.prompts_run)[1:] == [result.prompt_id]

    @pytest.mark.parametrize("fault", ["answer lost", "502 in its place", "502 after it"])
    async def test_a_prompt_runs_once_without_a_websocket(self, chaos: Chaos, fault: str) -> None:
        client = await chaos.client(websocket=False)
        if fault == "answer lost":
            chaos.proxy.lose_answer("POST", "/prompt")
        else:
            chaos.proxy.answer(502, "POST", "/prompt", forward=fault == "502 after it")
        began = time.monotonic()
        prompt = lasting(0.1)
        result = await client.run(prompt)
        assert is_right(result, prompt)
        chaos.within(f"post without a websocket: {fault}", began, 10)
        assert chaos.was_run_once(result.prompt_id)

    @pytest.mark.parametrize("websocket", [True, False], ids=["websocket", "polling"])
    async def test_a_post_that_a_proxy_delivers_long_after_its_connection_broke(
        self, chaos: Chaos, websocket: bool
    ) -> None:
        client = await chaos.client(websocket=websocket)
        ahead = await client.submit(lasting(60))
        await chaos.until_running(ahead.prompt_id)
        chaos.proxy.forward_late("POST", "/prompt")
        prompt = lasting(0.5)
        run = asyncio.ensure_future(client.run(prompt))
        await eventually(lambda: len(_posted(chaos.proxy)) == 3, 10)
        prompt_id = _posted(chaos.proxy)[-1]
        assert _posted(chaos.proxy) == [ahead.prompt_id, prompt_id, prompt_id]
        await chaos.until_copies(prompt_id, 1)
        # Now the server gets the prompt a second time, of which the client lets it keep one.
        chaos.proxy.deliver()
        await chaos.until_copies(prompt_id, 2)
        await chaos.until_copies(prompt_id, 1)
        assert await ahead.cancel()
        assert is_right(await run, prompt)
        await chaos.until_copies(prompt_id, 0)
        assert len(chaos.proxy.seen("POST", "/queue")) == 1
        if chaos.emulator is not None:
            assert list(chaos.emulator.prompts_run) == [ahead.prompt_id, prompt_id]

    async def test_a_server_that_starts_a_moment_later(self, chaos: Chaos) -> None:
        chaos.proxy.refuse(0.8)
        began = time.monotonic()
        client = await chaos.client()
        prompt = lasting(0.1)
        result = await client.run(prompt)
        assert is_right(result, prompt)
        chaos.within("first contact refused for 0.8 s", began, 10)
        assert chaos.was_run_once(result.prompt_id)

    async def test_many_posts_whose_answers_are_lost(self, chaos: Chaos) -> None:
        client = await chaos.client()
        chaos.proxy.lose_answer("POST", "/prompt", 10)
        chaos.proxy.answer(502, "POST", "/prompt", 5)
        given = [lasting(0.05) for _ in range(30)]
        began = time.monotonic()
        results = await asyncio.gather(*(client.run(prompt) for prompt in given))
        chaos.within("15 of 30 posts at once went wrong", began, 20)
        for prompt, result in zip(given, results, strict=True):
            assert is_right(result, prompt)
            assert chaos.was_run_once(result.prompt_id)
        assert len({result.prompt_id for result in results}) == 30

    async def test_a_server_that_stays_away_is_an_error(self, chaos: Chaos) -> None:
        client = await chaos.client(outage_timeout=2.0)
        job = await client.submit(lasting(0.3))
        chaos.proxy.refuse(60)
        chaos.proxy.cut()
        fault = time.monotonic()
        with pytest.raises(ConnectionFailedError):
            await job.result()
        with pytest.raises(ConnectionFailedError):
            await client.run(lasting(0.1))
        chaos.within("server away for longer than outage_timeout=2, run and post", fault, 12)


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
        chaos.within("five runs beside a stream that nobody reads", began, 20)
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
        chaos.within("a job whose events nobody reads", began, 20)

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


class CancellationFaults:
    """Callers who go away."""

    async def test_leaving_the_client_ends_runs_and_cancels_those_that_were_to_be(self, chaos: Chaos) -> None:
        client = await chaos.client()
        kept = await client.submit(lasting(1))
        left = await client.submit(lasting(60), cancel_on_abandon=True)
        waiting = [asyncio.ensure_future(job.result()) for job in (kept, left)]
        await chaos.until_running(left.prompt_id)
        fault = time.monotonic()
        await client.close()
        chaos.within("client closed during a run", fault, FLOW_LIMIT)
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(outcomes[1], ClientClosedError | PromptInterruptedError)
        await chaos.until_over(left.prompt_id)
        assert await chaos.status_in_history(left.prompt_id) == "error"
        assert await chaos.status_in_history(kept.prompt_id) == "success"
        await eventually(lambda: chaos.proxy.connections() == 0, 5)

    async def test_a_time_limit_cancels_on_the_server(self, chaos: Chaos) -> None:
        client = await chaos.client()
        with pytest.raises(PromptTimeoutError) as caught:
            await client.run(lasting(60), timeout=0.6, cancel_on_abandon=True)
        fault = time.monotonic()
        await chaos.until_over(caught.value.prompt_id)
        chaos.within("time limit with cancel_on_abandon", fault, FLOW_LIMIT)
        assert await chaos.status_in_history(caught.value.prompt_id) == "error"

    async def test_nothing_is_left_of_a_closed_client(self, chaos: Chaos) -> None:
        await chaos.someone_else.get("/queue")
        tasks, threads, files = asyncio.all_tasks(), _threads(), _open_files()
        client = await chaos.client()
        record = await client.record()
        job = await client.submit(lasting(60), cancel_on_abandon=True)
        waiting = asyncio.ensure_future(job.result())
        await started(chaos, job)
        chaos.proxy.cut("websocket")
        await record.until("reconnected")
        await client.close()
        await asyncio.gather(waiting, return_exceptions=True)
        await eventually(lambda: chaos.proxy.connections() == 0, 5)
        del job, record, waiting
        chaos.clients.clear()
        del client
        gc.collect()
        await eventually(lambda: asyncio.all_tasks() <= tasks, 5, lambda: str(asyncio.all_tasks() - tasks))
        await eventually(lambda: _threads() <= threads, 5, lambda: str(_threads() - threads))
        await eventually(lambda: _open_files() <= files, 5, lambda: f"{_open_files()} files, {files} before")


def _threads() -> set[threading.Thread]:
    # The emulator starts its worker with the first node that takes time.
    return {thread for thread in threading.enumerate() if not thread.name.startswith("comfy-emulator")}


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - links that end meanwhile are nothing to look at


class AsyncCancellationFaults:
    """Tasks that are cancelled."""

    @pytest.mark.parametrize("cancels", [True, False], ids=["cancel_on_abandon", "left to run"])
    @pytest.mark.parametrize("moment", ["running", "pending", "posting"])
    async def test_a_cancelled_task(self, chaos: Chaos, cancels: bool, moment: str) -> None:
        client = await chaos.client()
        ahead = await client.submit(lasting(1.0)) if moment == "pending" else None
        if ahead is not None:
            await chaos.until_running(ahead.prompt_id)
        if moment == "posting":
            chaos.proxy.hold_answer("POST", "/prompt")
        tasks = asyncio.all_tasks()
        prompt = lasting(1.5)
        run = asyncio.create_task(client.run(prompt, cancel_on_abandon=cancels))
        await eventually(lambda: len(_posted(chaos.proxy)) == (2 if ahead else 1), 10)
        prompt_id = _posted(chaos.proxy)[-1]
        if moment == "pending":
            await chaos.until_pending(prompt_id)
        else:
            await chaos.until_running(prompt_id)
        fault = time.monotonic()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        chaos.within(f"task cancelled while {moment}", fault, FLOW_LIMIT)
        await chaos.until_over(prompt_id)
        status = await chaos.status_in_history(prompt_id)
        if cancels:
            assert status == (None if moment == "pending" else "error")
        else:
            assert status == "success"
        if ahead is not None:
            await ahead.result()
        await eventually(lambda: asyncio.all_tasks() <= tasks, 5, lambda: str(asyncio.all_tasks() - tasks))

    async def test_a_cancel_scope_of_anyio(self, chaos: Chaos) -> None:
        client = await chaos.client()
        with anyio.move_on_after(0.8) as scope:
            await client.run(lasting(60), cancel_on_abandon=True)
        fault = time.monotonic()
        assert scope.cancelled_caught
        # Unlike a task's, a scope's cancellation comes again at each await of whoever cleans up.
        prompt_id = _posted(chaos.proxy)[0]
        async with asyncio.timeout(10):
            await chaos.until_over(prompt_id)
        chaos.within("cancel scope with cancel_on_abandon", fault, FLOW_LIMIT)
        assert await chaos.status_in_history(prompt_id) == "error"


def _posted(proxy: Proxy) -> list[str]:
    return [seen.prompt_id for seen in proxy.seen("POST", "/prompt") if seen.prompt_id is not None and seen.forwarded]


_INTERRUPTED = """
import signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent may have switched it off
from comfy_facade import ComfyUIApiClient
from tests.chaos.chaos import lasting

def first_event(event):
    print("running", flush=True)

try:
    with ComfyUIApiClient(url=sys.argv[1]) as client:
        client.run_prompt(lasting(60), cancel_on_abandon=sys.argv[2] == "True", on_event=first_event)
except KeyboardInterrupt:
    print("interrupted", [thread.name for thread in threading.enumerate()], flush=True)
"""


class SyncCancellationFaults:
    """Ctrl-C."""

    @pytest.mark.parametrize("cancels", [True, False], ids=["cancel_on_abandon", "left to run"])
    async def test_ctrl_c(self, chaos: Chaos, cancels: bool) -> None:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _INTERRUPTED, chaos.proxy.url, str(cancels), stdout=subprocess.PIPE
        )
        assert program.stdout is not None
        try:
            async with asyncio.timeout(20):
                assert (await program.stdout.readline()).strip() == b"running"
            prompt_id = _posted(chaos.proxy)[0]
            fault = time.monotonic()
            program.send_signal(signal.SIGINT)
            async with asyncio.timeout(20):
                told = (await program.stdout.read()).decode().splitlines()
                code = await program.wait()
            chaos.within("Ctrl-C", fault, FLOW_LIMIT)
            assert told[-1] == "interrupted ['MainThread']"
            assert code == 0
            if not cancels:
                await chaos.until_running(prompt_id)
                await chaos.someone_else.post("/interrupt", json={"prompt_id": prompt_id})
            async with asyncio.timeout(10):
                await chaos.until_over(prompt_id)
            assert await chaos.status_in_history(prompt_id) == "error"
            await eventually(lambda: chaos.proxy.connections() == 0, 5)
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()


class ConcurrencyFaults:
    """Many runs of one client."""

    COUNT = 200

    async def test_many_runs_share_one_socket_and_one_pool(self, chaos: Chaos) -> None:
        client = await chaos.client()
        given = [_text_alone(number) for number in range(self.COUNT)]
        began = time.monotonic()
        results = await asyncio.gather(*(client.run(prompt, timeout=50) for prompt in given))
        chaos.within(f"{self.COUNT} runs at once", began, 50)
        self._check(chaos, given, results)
        assert chaos.proxy.websockets_opened == 1
        assert chaos.proxy.most_at_once["rest"] <= 64

    async def test_many_runs_outlive_their_socket_together(self, chaos: Chaos) -> None:
        client = await chaos.client()
        given = [_text_alone(number) for number in range(self.COUNT)]
        runs = [asyncio.ensure_future(client.run(prompt, timeout=50)) for prompt in given]
        await eventually(lambda: len(_posted(chaos.proxy)) > self.COUNT // 2, 30)
        fault = time.monotonic()
        chaos.proxy.cut()
        self._check(chaos, given, await asyncio.gather(*runs))
        chaos.within(f"{self.COUNT} runs at once, all connections cut", fault, 50)
        assert chaos.proxy.overlaps == 0
        assert chaos.proxy.most_at_once["rest"] <= 64

    def _check(self, chaos: Chaos, given: list[dict[str, Any]], results: list[Any]) -> None:
        for prompt, result in zip(given, results, strict=True):
            assert list(result.texts) == [text_of(prompt)]
            assert chaos.was_run_once(result.prompt_id)
        assert len({result.prompt_id for result in results}) == len(given)


def _text_alone(number: int) -> dict[str, Any]:
    return {"3": {"class_type": "ProbeText", "inputs": {"text": f"text {number} {uuid.uuid4()}"}}}
