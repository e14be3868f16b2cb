"""Which copies of a prompt are too many, and that nobody looks for them after the client is closed."""

from __future__ import annotations

import asyncio

import pytest

from comfy_emulator import RunningServer
from comfy_facade import AsyncComfyUIApiClient, ClientClosedError, Queue
from comfy_facade._second_copies import superfluous_copies
from tests import prompts


def _queue(*, running: list[str], pending: list[str]) -> Queue:
    def items(ids: list[str]) -> list[object]:
        return [[number, prompt_id, {}, {}, []] for number, prompt_id in enumerate(ids)]

    return Queue.of_raw({"queue_running": items(running), "queue_pending": items(pending)})


@pytest.mark.parametrize(
    ("running", "pending", "is_over", "expected"),
    [
        ([], [], False, 0),
        ([], ["other"], True, 0),
        ([], ["mine"], False, 0),
        (["mine"], [], False, 0),
        (["mine"], [], True, 0),
        ([], ["mine", "other", "mine"], False, 1),
        ([], ["mine", "mine", "mine"], False, 2),
        (["mine"], ["other", "mine"], False, 1),
        (["other"], ["mine", "mine"], False, 1),
        ([], ["mine"], True, 1),
        (["mine"], ["mine"], True, 1),
    ],
)
def test_copies_that_are_too_many(running: list[str], pending: list[str], is_over: bool, expected: int) -> None:
    assert superfluous_copies(_queue(running=running, pending=pending), "mine", is_over=is_over) == expected


async def test_a_copy_of_a_run_that_is_over_is_deleted(comfyui: RunningServer) -> None:
    async with AsyncComfyUIApiClient(url=comfyui.url) as client:
        result = await client.run_prompt(prompts.plain_image())
        ahead = await client.submit(prompts.one_image(delay_ms=50, count=400))
        body = {"prompt": prompts.plain_image(), "prompt_id": result.prompt_id}
        client._core.second_copies.watch(result.prompt_id)
        await client._core.routes.queue_prompt(body)
        async with asyncio.timeout(20):
            while (await client.get_queue()).pending:
                await asyncio.sleep(0.02)
        assert await ahead.cancel()
    assert comfyui.prompts_run.count(result.prompt_id) == 1


async def test_nobody_looks_on_after_the_client_is_closed(comfyui: RunningServer) -> None:
    before = asyncio.all_tasks()
    async with AsyncComfyUIApiClient(url=comfyui.url) as client:
        client._core.second_copies.watch("mine")
        client._core.second_copies.watch("mine")
        assert len(asyncio.all_tasks() - before) >= 1
    assert asyncio.all_tasks() == before


async def test_a_close_that_is_cancelled_closes_all_the_same(comfyui: RunningServer) -> None:
    before = asyncio.all_tasks()
    client = AsyncComfyUIApiClient(url=comfyui.url)
    await client.init()
    running = await client.submit(prompts.one_image(delay_ms=50, count=400))
    client._core.second_copies.watch("mine")
    closing = asyncio.create_task(client.close())
    # It waits for whoever watches.
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    with pytest.raises(ClientClosedError):
        await running.result()
    with pytest.raises(ClientClosedError):
        await client.get_queue()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
