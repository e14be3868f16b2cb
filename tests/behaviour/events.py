"""What the websocket tells of runs, and how it comes to who asked for it, on any server."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image

from comfy_facade import AsyncComfyUIApiClient, RunProgress
from comfy_ws import Event, PreviewImage
from tests import prompts
from tests.servers import ServerUnderTest


class EventBehaviour:
    """Events, previews and images of runs, heard as they come."""

    @pytest.fixture
    async def client(self, server: ServerUnderTest) -> AsyncIterator[AsyncComfyUIApiClient]:
        async with AsyncComfyUIApiClient(url=server.url) as client:
            yield client

    async def test_events_progress_and_previews_reach_callbacks(self, client: AsyncComfyUIApiClient) -> None:
        events: list[Event] = []
        progress: list[RunProgress] = []
        previews: list[PreviewImage] = []

        async def on_preview(preview: PreviewImage) -> None:
            await asyncio.sleep(0)
            previews.append(preview)

        result = await client.run_prompt(
            prompts.one_image(count=4, delay_ms=30),
            on_event=events.append,
            on_progress=progress.append,
            on_preview=on_preview,
        )
        assert events[0].type == "execution_start"
        assert events[-1].type == "execution_success"
        assert {getattr(event, "prompt_id", result.prompt_id) for event in events} == {result.prompt_id}
        fractions = [value.fraction for value in progress]
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1
        assert max(fractions[:-1]) < 1
        assert len(previews) == 4
        assert {(preview.node_id, preview.mime_type) for preview in previews} == {("1", "image/jpeg")}
        assert all(preview.data.startswith(b"\xff\xd8\xff") for preview in previews)

    async def test_a_callback_that_raises_does_not_harm_the_run(
        self, client: AsyncComfyUIApiClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        def on_event(event: Event) -> None:
            raise LookupError(event.type)

        result = await client.run_prompt(prompts.one_image(), on_event=on_event)
        assert len(result.images) == 1
        assert "LookupError" in caplog.text

    async def test_a_job_yields_its_events_and_its_result(self, client: AsyncComfyUIApiClient) -> None:
        job = await client.submit(prompts.two_images_and_text())
        kinds = [event.type async for event in job]
        assert kinds[0] == "execution_start"
        assert kinds[-1] == "execution_success"
        assert kinds.count("executed") == 3
        assert job.progress.fraction == 1
        assert (await job.result()).prompt_id == job.prompt_id

    async def test_images_over_the_socket_are_told_from_previews(self, client: AsyncComfyUIApiClient) -> None:
        result = await client.run_prompt(prompts.over_websocket())
        assert len(result.streamed_images) == 1
        assert result.events_complete
        image = result.streamed_images[0]
        assert (image.node_id, image.mime_type) == ("2", "image/png")
        assert Image.open(io.BytesIO(image)).size == (32, 32)

    async def test_huge_events_arrive(self, client: AsyncComfyUIApiClient) -> None:
        size = 12_000_000
        result = await client.run_prompt(prompts.custom_event(size))
        assert len(result.outputs["1"]["blob"][0]) == size

    async def test_all_events_of_the_client_can_be_iterated(self, client: AsyncComfyUIApiClient) -> None:
        stream = client.events()
        result = await client.run_prompt(prompts.one_image())
        seen: list[Any] = []
        async for event in stream:
            seen.append(event)
            if event.type == "execution_success":
                break
        assert "status" in {event.type for event in seen}
        assert seen[-1].prompt_id == result.prompt_id
        await stream.close()

    async def test_many_runs_at_once_do_not_mix(self, client: AsyncComfyUIApiClient) -> None:
        texts = [f"text {number}" for number in range(20)]
        results = await asyncio.gather(*(client.run_prompt(prompts.two_images_and_text(text)) for text in texts))
        assert [list(result.texts) for result in results] == [[text] for text in texts]
