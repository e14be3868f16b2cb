"""What a run gives and how it ends, on any server."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from comfy_facade import (
    AsyncComfyUIApiClient,
    InvalidWorkflowError,
    NodeExecutionError,
    PromptInterruptedError,
    PromptNotFinishedError,
    PromptNotFoundError,
    PromptRejectedError,
    PromptTimeoutError,
    Workflow,
)
from tests import prompts
from tests.servers import ServerUnderTest


class RunBehaviour:
    """Runs over the websocket and without it."""

    @pytest.fixture(params=[True, False], ids=["websocket", "polling"])
    async def client(
        self, server: ServerUnderTest, request: pytest.FixtureRequest
    ) -> AsyncIterator[AsyncComfyUIApiClient]:
        async with AsyncComfyUIApiClient(url=server.url, websocket=request.param) as client:
            yield client

    async def test_two_images_and_a_text_come_back_together(self, client: AsyncComfyUIApiClient) -> None:
        prompt = prompts.two_images_and_text()
        result = await client.run_prompt(prompt)
        assert [(file.node_id, file.type) for file in result.images] == [("2", "output"), ("4", "temp")]
        assert list(result.texts) == [prompt["3"]["inputs"]["text"]]
        assert set(result.outputs) == {"2", "3", "4"}
        assert result.files == result.images

    async def test_a_fully_cached_prompt_gives_the_same(self, client: AsyncComfyUIApiClient) -> None:
        first = await client.run_prompt(prompts.two_images_and_text())
        again = await client.run_prompt(first.prompt, disable_random_seed=True)
        assert again.cached_nodes == {"1", "2", "3", "4"}
        assert [file.filename for file in again.images] == [file.filename for file in first.images]
        assert again.texts == first.texts
        assert again.prompt_id != first.prompt_id

    async def test_files_can_be_read_and_saved(self, client: AsyncComfyUIApiClient, tmp_path: Path) -> None:
        result = await client.run_prompt(prompts.two_images_and_text())
        image = result.images[0]
        data = await image.read()
        assert Image.open(io.BytesIO(data)).size == (32, 32)
        saved = await image.save(tmp_path / "pictures")
        assert saved == tmp_path / "pictures" / image.filename
        assert saved.read_bytes() == data
        assert [path.name for path in saved.parent.iterdir()] == [image.filename]
        named = await client.download(image, tmp_path / "one.png")
        assert named.read_bytes() == data
        assert image.url == client.view_url(image)

    async def test_saved_files_carry_prompt_and_workflow(self, client: AsyncComfyUIApiClient) -> None:
        workflow = {"nodes": [], "links": [], "version": 0.4}
        result = await client.run_prompt(prompts.two_images_and_text(), workflow=workflow)
        picture = Image.open(io.BytesIO(await result.images[0].read()))
        picture.load()
        assert json.loads(picture.info["workflow"]) == workflow
        assert json.loads(picture.info["prompt"]) == result.prompt

    async def test_seeds_are_fresh_and_the_callers_prompt_stays(self, client: AsyncComfyUIApiClient) -> None:
        prompt = prompts.one_image(seed=7)
        before = copy.deepcopy(prompt)
        first, second = await client.run_prompt(prompt), await client.run_prompt(prompt)
        assert prompt == before
        assert set(first.seeds) == set(second.seeds) == {("1", "seed")}
        assert first.seeds != second.seeds
        assert first.prompt["1"]["inputs"]["seed"] == first.seeds["1", "seed"]

    async def test_a_node_that_raises(self, client: AsyncComfyUIApiClient) -> None:
        with pytest.raises(NodeExecutionError) as caught:
            await client.run_prompt(prompts.failing("bad input ✗"))
        error = caught.value
        assert (error.node_id, error.class_type) == ("2", "ProbeFail")
        assert error.exception_type == "ValueError"
        assert error.exception_message.strip() == "bad input ✗"
        assert any("ProbeFail" in line or "raise" in line for line in error.traceback)

    async def test_a_prompt_without_outputs_is_rejected(self, client: AsyncComfyUIApiClient) -> None:
        with pytest.raises(PromptRejectedError) as caught:
            await client.run_prompt({"1": prompts.steps()})
        assert caught.value.error["type"] == "prompt_no_outputs"
        assert caught.value.node_errors == {}

    async def test_wrong_inputs_are_rejected_by_node(self, client: AsyncComfyUIApiClient) -> None:
        prompt = prompts.plain_image()
        prompt["1"]["inputs"]["width"] = 999_999_999
        with pytest.raises(PromptRejectedError, match=r"node 1 \(EmptyImage\).*16384") as caught:
            await client.run_prompt(prompt)
        assert caught.value.node_errors["1"]["errors"][0]["type"] == "value_bigger_than_max"

    async def test_one_faulty_branch_is_told_and_the_rest_runs(self, client: AsyncComfyUIApiClient) -> None:
        result = await client.run_prompt(prompts.one_branch_invalid())
        assert [file.node_id for file in result.images] == ["2"]
        assert set(result.node_errors) == {"3"}

    async def test_an_interrupt_ends_the_run_at_once(self, client: AsyncComfyUIApiClient) -> None:
        job = await client.submit(prompts.one_image(count=1_000, delay_ms=10))
        await self.until_running(client, job.prompt_id)
        began = time.monotonic()
        await client.interrupt(job.prompt_id)
        with pytest.raises(PromptInterruptedError) as caught:
            await job.result(timeout=10)
        assert time.monotonic() - began < 3
        assert caught.value.prompt_id == job.prompt_id

    async def test_a_time_limit_ends_the_call_at_once(self, client: AsyncComfyUIApiClient) -> None:
        # Connected before, for else a busy machine spends the time on that and posts nothing.
        await client.run_prompt(prompts.plain_image())
        began = time.monotonic()
        with pytest.raises(PromptTimeoutError) as caught:
            await client.run_prompt(prompts.one_image(count=1_000, delay_ms=10), timeout=1)
        assert 0.9 < time.monotonic() - began < 5
        assert await client.cancel_prompt(caught.value.prompt_id)

    async def test_cancel_stops_a_running_prompt_and_no_other(self, client: AsyncComfyUIApiClient) -> None:
        running = await client.submit(prompts.one_image(count=150, delay_ms=10))
        pending = await client.submit(prompts.one_image(count=2))
        await self.until_running(client, running.prompt_id)
        assert await pending.cancel()
        with pytest.raises((PromptNotFoundError, PromptInterruptedError)):
            await pending.result(timeout=15)
        assert len((await running.result(timeout=15)).images) == 1
        assert not await running.cancel()

    async def test_status_and_result_of_a_queued_prompt(self, client: AsyncComfyUIApiClient) -> None:
        running = await client.queue_prompt(
            0, prompt=prompts.one_image(count=60, delay_ms=10, seed=time.time_ns() % 10**9)
        )
        pending = await client.queue_prompt(0, prompt=prompts.one_image())
        await self.until_running(client, running.prompt_id)
        status = await client.get_prompt_status(pending.prompt_id)
        assert (status.pending, status.running, status.done, status.position) == (True, False, False, 1)
        queue = await client.get_queue()
        assert [item.prompt_id for item in queue.running] == [running.prompt_id]
        assert [item.prompt_id for item in queue.pending] == [pending.prompt_id]
        with pytest.raises(PromptNotFinishedError):
            await client.get_prompt_result(pending.prompt_id)
        await client.wait_for_prompt(pending.prompt_id, timeout=20)
        assert (await client.get_prompt_status(pending.prompt_id)).done
        assert [file.node_id for file in (await client.get_prompt_result(pending.prompt_id)).images] == ["2"]
        assert pending.prompt_id in await client.get_history(2)

    async def test_the_front_of_the_queue_runs_first(self, client: AsyncComfyUIApiClient) -> None:
        running = await client.queue_prompt(
            0, prompt=prompts.one_image(count=60, delay_ms=10, seed=time.time_ns() % 10**9)
        )
        await self.until_running(client, running.prompt_id)
        late = await client.queue_prompt(0, prompt=prompts.one_image())
        early = await client.queue_prompt(-1, prompt=prompts.one_image())
        assert [item.prompt_id for item in (await client.get_items("queue")).pending] == [
            early.prompt_id,
            late.prompt_id,
        ]
        await client.wait_for_prompt(late.prompt_id, timeout=20)

    async def test_an_unknown_prompt_is_not_found(self, client: AsyncComfyUIApiClient) -> None:
        unknown = "00000000-0000-4000-8000-000000000000"
        with pytest.raises(PromptNotFoundError):
            await client.get_prompt_status(unknown)
        with pytest.raises(PromptNotFoundError):
            await client.get_prompt_result(unknown)
        with pytest.raises(PromptNotFoundError):
            await client.wait_for_prompt(unknown, timeout=10)
        assert not await client.cancel_prompt(unknown)

    async def test_a_failed_prompt_is_waited_for_and_then_tells(self, client: AsyncComfyUIApiClient) -> None:
        queued = await client.queue_prompt(0, prompt=prompts.failing())
        await client.wait_for_prompt(queued.prompt_id, timeout=20)
        with pytest.raises(NodeExecutionError):
            await client.get_prompt_result(queued.prompt_id)

    async def test_what_else_is_sent_along_reaches_the_server(self, client: AsyncComfyUIApiClient) -> None:
        extra_data = {"note": "for a node", "extra_pnginfo": {"author": "me"}}
        workflow = {"nodes": [], "links": [], "version": 0.4}
        given = copy.deepcopy(extra_data)
        result = await client.run_prompt(prompts.two_images_and_text(), workflow=workflow, extra_data=extra_data)
        job = await client.submit(prompts.plain_image(), extra_data=extra_data)
        await job.result(timeout=20)
        queued = await client.queue_prompt(0, prompt=prompts.plain_image(), extra_data=extra_data)
        await client.wait_for_prompt(queued.prompt_id, timeout=20)
        assert extra_data == given
        history = await client.get_history()
        for prompt_id in (result.prompt_id, job.prompt_id, queued.prompt_id):
            item = history[prompt_id].item
            assert item is not None
            assert item.extra_data["note"] == "for a node"
        picture = Image.open(io.BytesIO(await result.images[0].read()))
        assert json.loads(picture.info["author"]) == "me"
        assert json.loads(picture.info["workflow"]) == workflow

    async def test_a_workflow_of_the_interface_runs_and_is_embedded(
        self, client: AsyncComfyUIApiClient, tmp_path: Path
    ) -> None:
        path = tmp_path / "workflow.json"
        path.write_text(json.dumps(prompts.interface_workflow()))
        for source in (path, path.read_bytes(), prompts.interface_workflow(), Workflow.load(path)):
            result = await client.run_prompt(source)
            assert result.prompt["2"]["inputs"] == {"images": ["1", 0], "filename_prefix": "interface"}
            picture = Image.open(io.BytesIO(await result.images[0].read()))
            picture.load()
            assert json.loads(picture.info["workflow"]) == prompts.interface_workflow()

    async def test_the_embedded_workflow_holds_what_ran(self, client: AsyncComfyUIApiClient) -> None:
        source = prompts.interface_workflow()
        sampler = {"id": 3, "type": "KSampler", "mode": 0, "inputs": [], "outputs": []}
        source["nodes"].append({**sampler, "widgets_values": [5, "randomize", 20, 8, "euler", "normal", 1]})
        workflow = Workflow.load(source)
        # No two runs save one picture, which would come from the cache with what the first one embedded.
        color = uuid.uuid4().int % 0xFFFFFF
        workflow.set({"1.color": color, "2.filename_prefix": "edited"})

        result = await client.run_prompt(workflow)

        picture = Image.open(io.BytesIO(await result.images[0].read()))
        picture.load()
        embedded = json.loads(picture.info["workflow"])
        values = [node["widgets_values"] for node in embedded["nodes"]]
        seed = result.seeds["3", "seed"]
        assert values == [[16, 16, 1, color], ["edited"], [seed, "randomize", 20, 8, "euler", "normal", 1]]
        assert workflow.interface == source, "the caller's own stays as it is"

    async def test_an_edited_workflow_runs(self, client: AsyncComfyUIApiClient) -> None:
        workflow = Workflow.load(prompts.plain_image())
        workflow["EmptyImage"].width = 48
        result = await client.run_prompt(workflow)
        assert Image.open(io.BytesIO(await result.images[0].read())).size == (48, 16)

    async def test_what_a_saved_picture_was_made_by_runs_again(
        self, client: AsyncComfyUIApiClient, tmp_path: Path
    ) -> None:
        first = await client.run_prompt(prompts.plain_image(color=uuid.uuid4().int % 0xFFFFFF))
        saved = await first.images[0].save(tmp_path / "made.png")
        again = await client.run_prompt(saved)
        assert again.prompt == first.prompt

    async def test_what_is_no_workflow_is_told(self, client: AsyncComfyUIApiClient, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text('{"nodes": ')
        sources: list[Any] = [{"1": {}}, {"1": 2}, b"\x89PNG\r\n\x1a\nnothing", tmp_path / "a.json"]
        for source in sources:
            with pytest.raises(InvalidWorkflowError):
                await client.run_prompt(source)

    @staticmethod
    async def until_running(client: AsyncComfyUIApiClient, prompt_id: str) -> None:
        async with asyncio.timeout(20):
            while not (await client.get_prompt_status(prompt_id)).running:
                await asyncio.sleep(0.02)
