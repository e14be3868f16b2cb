"""What a job does without asking the server, how long it waits, and what it leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from comfy_emulator import RunningServer
from comfy_facade import (
    AsyncComfyUIApiClient,
    ConnectionFailedError,
    NodeExecutionError,
    PromptInterruptedError,
    PromptRejectedError,
    PromptTimeoutError,
)
from comfy_ws import Event
from tests import prompts
from tests.streams import serving


async def test_a_run_that_is_known_to_be_over_is_not_cancelled(comfyui: RunningServer) -> None:
    # The server holds a prompt as running for a moment after it told its end, and would say that it cancelled it.
    async with AsyncComfyUIApiClient(url=comfyui.url) as client:
        job = await client.submit(prompts.plain_image())
        await job.result()
        before = len(comfyui.requests)
        assert not await job.cancel()
        assert len(comfyui.requests) == before


async def test_an_error_that_is_asked_for_again_keeps_no_trace_of_who_asked_before(
    comfyui: RunningServer,
) -> None:
    async with AsyncComfyUIApiClient(url=comfyui.url) as client:
        job = await client.submit(prompts.failing())
        lengths: list[int] = []
        for _ in range(4):
            with pytest.raises(NodeExecutionError) as failed:
                await job.result()
            lengths.append(len(failed.traceback))
        assert lengths[1] == lengths[-1]


async def test_its_time_limit_holds_for_its_callbacks_too(comfyui: RunningServer) -> None:
    go_on = asyncio.Event()
    heard: list[str] = []

    async def on_event(event: Event) -> None:
        await go_on.wait()
        heard.append(event.type)

    async with AsyncComfyUIApiClient(url=comfyui.url) as client:
        job = await client.submit(prompts.plain_image(), on_event=on_event)
        await client.wait_for_prompt(job.prompt_id)
        async with asyncio.timeout(20):
            assert (await job.result(timeout=0.5)).images, "the run is over, only its callbacks are not"
            assert heard == []
            go_on.set()
            assert (await job.result()).images
        assert heard[-1] == "execution_success"


async def test_a_callback_may_ask_for_the_result(comfyui: RunningServer) -> None:
    async def on_event(event: Event) -> None:
        if event.type == "execution_success":
            # The run may be over before whoever submitted it goes on.
            results.append(await (await submitting).result())

    results: list[object] = []
    async with AsyncComfyUIApiClient(url=comfyui.url) as client, asyncio.timeout(20):
        submitting = asyncio.create_task(client.submit(prompts.plain_image(), on_event=on_event))
        await (await submitting).result()
    assert len(results) == 1


@contextlib.asynccontextmanager
async def posts_that_take(seconds: float, backend: str) -> AsyncIterator[str]:
    """A proxy through which posts of prompts take their time, whoever goes on waiting for them."""

    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            if data.startswith(b"POST /api/prompt"):
                await asyncio.sleep(seconds)
            target.write(data)
            await target.drain()
        target.write_eof()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = urlsplit(backend)
        upstream, downstream = await asyncio.open_connection(address.hostname, address.port)
        try:
            await asyncio.gather(carry(reader, downstream), carry(upstream, writer), return_exceptions=True)
        finally:
            downstream.transport.abort()

    async with serving(serve) as port:
        yield f"http://127.0.0.1:{port}"


async def test_a_prompt_that_is_abandoned_while_it_is_posted_does_not_run(comfyui: RunningServer) -> None:
    prompt = prompts.one_image(count=200, delay_ms=50)
    async with (
        posts_that_take(0.7, comfyui.url) as url,
        AsyncComfyUIApiClient(url=url) as client,
        AsyncComfyUIApiClient(url=comfyui.url) as someone_else,
    ):
        with pytest.raises(PromptTimeoutError) as caught:
            await client.run_prompt(prompt, timeout=0.2, cancel_on_abandon=True)
        await someone_else.wait_for_prompt(caught.value.prompt_id, timeout=20)
        with pytest.raises(PromptInterruptedError):
            await someone_else.get_prompt_result(caught.value.prompt_id)


@pytest.mark.parametrize("options", [{}, {"auth": ("me", "word")}], ids=["direct", "authenticated"])
async def test_half_a_surrogate_pair_is_sent_as_a_browser_would(
    comfyui: RunningServer, options: dict[str, Any]
) -> None:
    prompt = prompts.plain_image()
    for node in prompt.values():
        node["_meta"] = {"title": "cut \ud83d"}
    async with AsyncComfyUIApiClient(url=comfyui.url, **options) as client:
        (image,) = (await client.run_prompt(prompt, timeout=20)).images
        assert image.node_title == "cut \ud83d"


@pytest.mark.parametrize("wait_ms", [0, -1, float("nan")])
async def test_a_silence_that_cannot_pass_is_refused(comfyui: RunningServer, wait_ms: int) -> None:
    async with AsyncComfyUIApiClient(url=comfyui.url) as client:
        for call in (
            client.run_prompt(prompts.plain_image(), wait_ms=wait_ms),
            client.submit(prompts.plain_image(), wait_ms=wait_ms),
            client.wait_for_prompt("1", wait_ms=wait_ms),
        ):
            with pytest.raises(ValueError, match="wait_ms"):
                await call
    assert not [path for method, path, _ in comfyui.requests if method == "POST"]


async def test_a_prompt_that_no_server_took_need_not_be_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    async with AsyncComfyUIApiClient(url="http://127.0.0.1:9", outage_timeout=0.1) as client:
        with caplog.at_level("WARNING", "comfy_facade"), pytest.raises(ConnectionFailedError):
            await client.run_prompt(prompts.plain_image(), cancel_on_abandon=True)
    assert "left behind" not in caplog.text


async def test_a_prompt_that_was_refused_is_not_cancelled(comfyui: RunningServer) -> None:
    async with AsyncComfyUIApiClient(url=comfyui.url) as client:
        with pytest.raises(PromptRejectedError):
            await client.run_prompt({"1": prompts.steps()}, cancel_on_abandon=True)
    assert not [path for _, path, _ in comfyui.requests if "cancel" in path]
