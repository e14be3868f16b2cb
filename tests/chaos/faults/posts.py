"""Posts of prompts of which nobody knows what became."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from comfy_facade import ConnectionFailedError
from tests.chaos.chaos import Chaos, is_right, lasting
from tests.chaos.clients import eventually
from tests.chaos.faults.runs import posted


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
        await eventually(lambda: len(posted(chaos.proxy)) == 3, 10)
        prompt_id = posted(chaos.proxy)[-1]
        assert posted(chaos.proxy) == [ahead.prompt_id, prompt_id, prompt_id]
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
