"""An asynchronous client belongs to the event loop that it was first used in, and says so in any other."""

from __future__ import annotations

import asyncio
import gc

import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, ClientClosedError
from tests import prompts


def use_in_many_loops(url: str, *, websocket: bool) -> None:
    client = AsyncComfyUIApiClient(url=url, websocket=websocket)
    result = asyncio.run(client.run_prompt(prompts.two_images_and_text()))
    for _ in range(2):
        for call in (
            client.init,
            client.get_queue,
            result.images[0].read,
            lambda: client.run_prompt(prompts.two_images_and_text(), timeout=30),
            lambda: client.wait_for_prompt(result.prompt_id, timeout=30),
        ):
            with pytest.raises(ClientClosedError, match=r"event loop.*make a new one"):
                asyncio.run(call())
    asyncio.run(client.close())


# What is left open in a loop that is closed says so when it is collected.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("websocket", [False, True])
def test_another_loop_is_refused_and_the_client_can_be_closed_there(
    emulator: comfy_emulator.RunningServer, websocket: bool
) -> None:
    use_in_many_loops(emulator.url, websocket=websocket)
    gc.collect()


def test_a_client_that_was_not_used_yet_belongs_to_none(emulator: comfy_emulator.RunningServer) -> None:
    client = AsyncComfyUIApiClient(url=emulator.url)

    async def use() -> int:
        async with client:
            return len((await client.get_queue()).pending)

    assert asyncio.run(use()) == 0
