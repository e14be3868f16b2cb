"""Many runs of one client at once."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any

from tests.chaos.chaos import Chaos, text_of
from tests.chaos.clients import eventually
from tests.chaos.faults.runs import posted


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
        await eventually(lambda: len(posted(chaos.proxy)) > self.COUNT // 2, 30)
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
