"""What every fleet does, over whichever broker, and without one. Each function of `EVERY_FLEET` is a test's body.

They share a fleet's servers one after the other, so each leaves them with nothing to do.
"""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import comfy_emulator
from comfy_facade import NodeExecutionError, PromptRejectedError, RunProgress
from comfy_fleet import (
    AsyncFleet,
    FleetJob,
    PromptCancelledError,
    PromptExpiredError,
    UnservedPromptError,
)
from tests import prompts
from tests.fleet.workers import PATIENCE

Servers = Mapping[str, comfy_emulator.RunningServer]
"""The servers by the tags of their workers: `"red"` and `"blue"`."""

Behaviour = Callable[[AsyncFleet, Servers], Awaitable[None]]


def text_prompt(text: str, *, delay_ms: int = 2) -> prompts.Prompt:
    """A prompt whose result tells which prompt it is of."""
    return {
        "1": prompts.steps(2, delay_ms=delay_ms, preview="none"),
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        "3": {"class_type": "ProbeText", "inputs": {"text": text}},
    }


async def until_running(servers: Servers, job: FleetJob) -> str:
    """Wait until some server runs a job's prompt, and name it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for name, server in servers.items():
                if job.prompt_id in server.prompts_run:
                    return name
            await asyncio.sleep(0.02)


async def until_full(server: comfy_emulator.RunningServer, blocking: list[FleetJob]) -> None:
    """Wait until both places of a worker are taken: one prompt runs, whichever came first, and one is pending."""
    async with asyncio.timeout(PATIENCE):
        while server._server.queue.remaining < len(blocking):
            await asyncio.sleep(0.02)


async def until_posted(server: comfy_emulator.RunningServer, job: FleetJob) -> None:
    """Wait until a server has a job's prompt."""
    async with asyncio.timeout(PATIENCE):
        while job.prompt_id not in {*server.prompts_run, *(item.prompt_id for item in server._server.queue.pending)}:
            await asyncio.sleep(0.02)


async def gives_what_one_server_gives(fleet: AsyncFleet, servers: Servers) -> None:
    job = await fleet.submit(prompts.two_images_and_text("a text"))
    result = await job.result(timeout=PATIENCE)
    assert list(result.texts) == ["a text"]
    assert [image.node_id for image in result.images] == ["2", "4"]
    assert result.prompt_id == job.prompt_id
    assert result.seeds == job.seeds
    assert result.prompt["1"]["inputs"]["seed"] == job.seeds[("1", "seed")]
    assert result.worker
    assert result.attempt == 1
    for image in result.images:
        data = await image.read()
        assert data.startswith(b"\x89PNG")
        assert len(data) == image.size
    assert sum(job.prompt_id in server.prompts_run for server in servers.values()) == 1


async def streamed_images_come_too(fleet: AsyncFleet, servers: Servers) -> None:
    result = await fleet.run(prompts.over_websocket())
    assert [image.node_id for image in result.streamed_images] == ["2"]
    assert result.streamed_images[0].startswith((b"\x89PNG", b"\xff\xd8"))


async def errors_are_typed_as_from_one_server(fleet: AsyncFleet, servers: Servers) -> None:
    job = await fleet.submit(prompts.failing("no memory"))
    with pytest.raises(NodeExecutionError) as failed:
        await job.result(timeout=PATIENCE)
    error = failed.value
    assert (error.node_id, error.class_type, error.exception_type) == ("2", "ProbeFail", "ValueError")
    assert error.exception_message.strip() == "no memory"
    assert isinstance(error.traceback, tuple)
    assert error.traceback
    assert "4" in error.outputs
    # A prompt that fails in a node is not tried again.
    assert sum(list(server.prompts_run).count(job.prompt_id) for server in servers.values()) == 1
    with pytest.raises(PromptRejectedError) as rejected:
        await fleet.run({"1": {"class_type": "EmptyImage", "inputs": {}}})
    assert rejected.value.error


async def progress_and_events_are_told(fleet: AsyncFleet, servers: Servers) -> None:
    job = await fleet.submit(prompts.one_image(count=20, delay_ms=100))
    kinds: list[str] = []
    fractions: list[float] = []
    async with asyncio.timeout(PATIENCE):
        async for event in job.events():
            kinds.append(event.kind)
            fractions.append(event.progress.fraction)
    assert kinds[0] == "queued"
    assert "taken" in kinds
    assert "progress" in kinds
    assert kinds[-1] == "succeeded"
    assert any(0 < fraction < 1 for fraction in fractions)
    assert job.progress.fraction == 1
    # Whoever comes late hears it too.
    assert [event.kind async for event in job.events()][-1] == "succeeded"


async def many_run_in_order_with_one_bar(fleet: AsyncFleet, servers: Servers) -> None:
    told: list[RunProgress] = []
    texts = [f"text {number}" for number in range(20)]
    results = [
        result async for result in fleet.map([text_prompt(text) for text in texts], progress=told.append, at_once=7)
    ]
    assert [result.texts[0] for result in results] == texts
    assert len({result.prompt_id for result in results}) == len(texts)
    assert told[-1].fraction == 1
    assert (told[-1].nodes_done, told[-1].nodes_total) == (20, 20)
    assert [progress.fraction for progress in told] == sorted(progress.fraction for progress in told)


async def many_come_as_they_end(fleet: AsyncFleet, servers: Servers) -> None:
    given = [text_prompt("a"), prompts.failing(), text_prompt("b")]
    jobs = [job async for job in fleet.as_completed(given)]
    assert sorted(job.has_failed for job in jobs) == [False, False, True]
    errors = [result async for result in fleet.map(given, return_errors=True)]
    assert isinstance(errors[1], NodeExecutionError)
    with pytest.raises(NodeExecutionError):
        async for _ in fleet.map(given):
            pass


async def running_prompts_are_cancelled_on_their_server(fleet: AsyncFleet, servers: Servers) -> None:
    job = await fleet.submit(prompts.one_image(count=1000, delay_ms=100))
    await until_running(servers, job)
    assert await job.cancel()
    with pytest.raises(PromptCancelledError):
        await job.result(timeout=PATIENCE)
    assert not await job.cancel()
    # The servers have their hands free again.
    await asyncio.gather(*(fleet.run(text_prompt(str(number))) for number in range(4)))


async def waiting_prompts_are_cancelled_before_they_begin(fleet: AsyncFleet, servers: Servers) -> None:
    blocking = [await fleet.submit(prompts.one_image(count=1000, delay_ms=100)) for _ in range(4)]
    job = await fleet.submit(text_prompt("never"))
    assert await job.cancel()
    with pytest.raises(PromptCancelledError):
        await job.result(timeout=PATIENCE)
    for one in blocking:
        await one.cancel()
    await asyncio.gather(*(fleet.run(text_prompt(str(number))) for number in range(4)))
    assert not any(job.prompt_id in server.prompts_run for server in servers.values())


async def urgent_prompts_come_first(fleet: AsyncFleet, servers: Servers) -> None:
    red = ["red"]
    blocking = [await fleet.submit(prompts.one_image(count=1000, delay_ms=100), tags=red) for _ in range(2)]
    await until_full(servers["red"], blocking)
    last = await fleet.submit(text_prompt("last"), tags=red, priority=1)
    first = await fleet.submit(prompts.one_image(count=1000, delay_ms=100), tags=red, priority=8)
    second = await fleet.submit(text_prompt("second"), tags=red, priority=5)
    # One place becomes free at a time: two that did so at once would race to the server.
    await blocking[0].cancel()
    await until_posted(servers["red"], first)
    await blocking[1].cancel()
    await until_posted(servers["red"], second)
    await until_running(servers, first)
    await first.cancel()
    for job in (second, last):
        await job.result(timeout=PATIENCE)
    ran = list(servers["red"].prompts_run)
    assert sorted((first, second, last), key=lambda job: ran.index(job.prompt_id)) == [first, second, last]
    with pytest.raises(ValueError, match="priority"):
        await fleet.submit(text_prompt("x"), priority=10)


async def prompts_expire_that_nobody_begins(fleet: AsyncFleet, servers: Servers) -> None:
    blocking = [await fleet.submit(prompts.one_image(count=1000, delay_ms=100), tags=["red"]) for _ in range(2)]
    await until_full(servers["red"], blocking)
    job = await fleet.submit(text_prompt("too late"), tags=["red"], expires=0.2)
    await asyncio.sleep(0.5)
    for one in blocking:
        await one.cancel()
    with pytest.raises(PromptExpiredError):
        await job.result(timeout=PATIENCE)
    await fleet.run(text_prompt("free again"), tags=["red"])
    assert not any(job.prompt_id in server.prompts_run for server in servers.values())


async def tags_choose_the_server(fleet: AsyncFleet, servers: Servers) -> None:
    for tag, server in servers.items():
        jobs = [await fleet.submit(text_prompt(f"{tag} {number}"), tags=[tag]) for number in range(3)]
        for job in jobs:
            await job.result(timeout=PATIENCE)
            assert job.prompt_id in server.prompts_run


async def what_nobody_serves_is_reported(fleet: AsyncFleet, servers: Servers) -> None:
    """The fleet must have an `unserved_timeout` of a few seconds."""
    job = await fleet.submit(text_prompt("x"), tags=["no-such-tag"])
    with pytest.raises(UnservedPromptError, match="no-such-tag"):
        await job.result(timeout=PATIENCE)
    kinds = [event.kind async for event in job.events()]
    assert "unserved" in kinds
    loader = {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "nobody-has-this.safetensors"}},
        "2": {"class_type": "NoSuchNode", "inputs": {"model": ["1", 0]}},
    }
    with pytest.raises(UnservedPromptError, match=r"NoSuchNode.*nobody-has-this") as unserved:
        await fleet.run(loader)
    # Every live worker was asked.
    assert len(unserved.value.reasons) >= 2


async def inputs_reach_whichever_server(fleet: AsyncFleet, servers: Servers) -> None:
    from PIL import Image

    def prompt(image: Any) -> prompts.Prompt:
        return {
            "1": {"class_type": "LoadImage", "inputs": {"image": image}},
            "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        }

    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        colour = (uuid.uuid4().int % 256, 20, 30)
        Image.new("RGB", (8, 8), colour).save(folder / "photo.png")
        for tag, server in servers.items():
            uploads = [request for request in server.requests if request[1].endswith("/upload/image")]
            results = [
                await fleet.run(prompt(folder / "photo.png"), tags=[tag]),
                await fleet.run(prompt("photo.png"), inputs={"photo.png": folder / "photo.png"}, tags=[tag]),
                await fleet.run(prompt("photo.png"), inputs=folder, tags=[tag]),
            ]
            for result in results:
                picture = folder / f"{uuid.uuid4()}.png"
                await result.images[0].save(picture)
                with Image.open(picture) as image:
                    assert image.convert("RGB").getpixel((0, 0)) == colour
            now = [request for request in server.requests if request[1].endswith("/upload/image")]
            assert len(now) - len(uploads) == 1


async def workflows_of_the_interface_are_converted(fleet: AsyncFleet, servers: Servers) -> None:
    result = await fleet.run(prompts.interface_workflow())
    assert len(result.images) == 1


EVERY_FLEET: tuple[Behaviour, ...] = (
    gives_what_one_server_gives,
    streamed_images_come_too,
    workflows_of_the_interface_are_converted,
    errors_are_typed_as_from_one_server,
    progress_and_events_are_told,
    many_run_in_order_with_one_bar,
    many_come_as_they_end,
    running_prompts_are_cancelled_on_their_server,
    waiting_prompts_are_cancelled_before_they_begin,
    urgent_prompts_come_first,
    prompts_expire_that_nobody_begins,
    tags_choose_the_server,
    what_nobody_serves_is_reported,
    inputs_reach_whichever_server,
)

every_behaviour = pytest.mark.parametrize("behaviour", EVERY_FLEET, ids=lambda behaviour: behaviour.__name__)
"""Makes a test of each, which takes `behaviour`; its `fleet` must have an `unserved_timeout` of a few seconds."""
