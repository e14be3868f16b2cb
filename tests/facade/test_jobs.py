"""What a job does without asking the server."""

from __future__ import annotations

from comfy_emulator import RunningServer
from comfy_facade import AsyncComfyUIApiClient
from tests import prompts


async def test_a_run_that_is_known_to_be_over_is_not_cancelled(comfyui: RunningServer) -> None:
    # The server holds a prompt as running for a moment after it told its end, and would say that it cancelled it.
    async with AsyncComfyUIApiClient(url=comfyui.url) as client:
        job = await client.submit(prompts.plain_image())
        await job.result()
        before = len(comfyui.requests)
        assert not await job.cancel()
        assert len(comfyui.requests) == before
