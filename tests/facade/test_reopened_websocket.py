"""A client whose websocket was refused during a reconnect has one again as soon as the server lets it in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, AuthenticationError, ComfyUIApiClient
from comfy_ws import Event, Reconnected
from tests import prompts

PATIENCE = 20.0
"""Seconds after which a test that waits in vain fails."""


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


async def fail(emulator: comfy_emulator.RunningServer, client: AsyncComfyUIApiClient, status: int) -> None:
    """Have the socket dropped and the next one refused, once."""
    emulator.refuse_websockets(status)
    await asyncio.to_thread(emulator.drop_sockets)
    await eventually(lambda: client._core.channel.failure is not None)
    emulator.refuse_websockets(None)


def handshakes(emulator: comfy_emulator.RunningServer) -> int:
    return sum(path.endswith("/ws") for _, path, _ in emulator.requests)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_the_next_run_is_heard_again(emulator: comfy_emulator.RunningServer, status: int) -> None:
    async with AsyncComfyUIApiClient(url=emulator.url) as client:
        await fail(emulator, client, status)
        heard: list[Event] = []
        result = await client.run_prompt(prompts.two_images_and_text(), on_event=heard.append)
        assert result.events_complete
        assert "execution_success" in [event.type for event in heard]


async def test_streamed_images_come_again(emulator: comfy_emulator.RunningServer) -> None:
    prompt = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}},
        "2": {"class_type": "SaveImageWebsocket", "inputs": {"images": ["1", 0]}},
    }
    async with AsyncComfyUIApiClient(url=emulator.url) as client:
        await fail(emulator, client, 404)
        assert len((await client.run_prompt(prompt)).streamed_images) == 1


async def test_a_run_under_way_goes_on_over_rest_and_hears_the_end_of_the_gap(
    emulator: comfy_emulator.RunningServer,
) -> None:
    async with AsyncComfyUIApiClient(url=emulator.url) as client:
        heard: list[Event] = []
        job = await client.submit(prompts.one_image(count=100, delay_ms=10), on_event=heard.append)
        await fail(emulator, client, 404)
        await client.init()
        assert client._core.channel.connected
        result = await job.result()
        assert result.images
        assert not result.events_complete
        assert [type(event) for event in heard].count(Reconnected) == 1


async def test_credentials_that_are_still_refused_are_told_and_good_ones_are_tried(
    emulator: comfy_emulator.RunningServer,
) -> None:
    async with AsyncComfyUIApiClient(url=emulator.url) as client:
        await fail(emulator, client, 401)
        emulator.refuse_websockets(401)
        errors: list[AuthenticationError] = []
        for _ in range(3):
            with pytest.raises(AuthenticationError) as caught:
                await client.run_prompt(prompts.one_image())
            errors.append(caught.value)
        assert {error.status for error in errors} == {401}
        emulator.refuse_websockets(None)
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    result = await client.run_prompt(prompts.one_image())
                    break
                except AuthenticationError:
                    await asyncio.sleep(0.05)
        assert result.events_complete


async def test_a_server_without_websockets_is_not_asked_for_one_at_every_run(
    emulator: comfy_emulator.RunningServer,
) -> None:
    emulator.refuse_websockets(404)
    async with AsyncComfyUIApiClient(url=emulator.url) as client:
        began = time.monotonic()
        for _ in range(20):
            await client.run_prompt(prompts.one_image())
        # Not more often than each second, however long it takes.
        assert handshakes(emulator) <= 1 + (time.monotonic() - began)


async def test_a_stream_of_the_client_may_be_opened_again(emulator: comfy_emulator.RunningServer) -> None:
    async with AsyncComfyUIApiClient(url=emulator.url) as client, client.events() as open_before:
        await fail(emulator, client, 401)
        with pytest.raises(AuthenticationError):
            async for _ in open_before:
                pass
        async with client.events() as stream, asyncio.timeout(PATIENCE):
            assert isinstance(await anext(stream), Reconnected)
        await open_before.open()
        await client.run_prompt(prompts.one_image())
        async with asyncio.timeout(PATIENCE):
            assert "execution_start" in [(await anext(open_before)).type for _ in range(6)]


def test_synchronous_code_too(emulator: comfy_emulator.RunningServer) -> None:
    with ComfyUIApiClient(url=emulator.url) as client:
        emulator.refuse_websockets(401)
        emulator.drop_sockets()
        channel = client.lifted._core.channel
        until = time.monotonic() + PATIENCE
        while channel.failure is None and time.monotonic() < until:
            time.sleep(0.005)
        emulator.refuse_websockets(None)
        assert client.run_prompt(prompts.two_images_and_text()).events_complete
