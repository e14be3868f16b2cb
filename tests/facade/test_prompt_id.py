"""Prompts under an id that the caller chose."""

from __future__ import annotations

import uuid

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient
from tests import prompts


async def test_a_prompt_runs_under_the_id_it_is_given() -> None:
    run, submitted = str(uuid.uuid4()), str(uuid.uuid4())
    with comfy_emulator.running() as server:
        async with AsyncComfyUIApiClient(url=server.url) as client:
            assert (await client.run_prompt(prompts.plain_image(), prompt_id=run)).prompt_id == run
            job = await client.submit(prompts.plain_image(), prompt_id=submitted)
            assert job.prompt_id == submitted
            assert (await job.result()).prompt_id == submitted
        assert list(server.prompts_run) == [run, submitted]
