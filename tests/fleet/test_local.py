"""A fleet of this process: the behaviours of every fleet, and servers that come and go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import comfy_emulator
from comfy_facade import ClientClosedError
from comfy_fleet import AsyncFleet, Fleet, PromptSetAsideError
from tests import prompts
from tests.chaos.proxy import proxied
from tests.fleet import behaviours
from tests.fleet.behaviours import Servers, text_prompt, until_running
from tests.fleet.brokers import free_port
from tests.fleet.workers import PATIENCE

pytestmark = [pytest.mark.timeout(180)]


@pytest.fixture
def servers() -> Iterator[Servers]:
    with comfy_emulator.running() as red, comfy_emulator.running(version="0.3.64") as blue:
        yield {"red": red, "blue": blue}


@pytest.fixture
async def fleet(servers: Servers, tmp_path: Path) -> AsyncIterator[AsyncFleet]:
    tags = {server.url: [tag] for tag, server in servers.items()}
    async with AsyncFleet.local(tags, store=tmp_path / "store", unserved_timeout=3.5) as made:
        yield made


@behaviours.every_behaviour
async def test_what_every_fleet_does(behaviour: behaviours.Behaviour, fleet: AsyncFleet, servers: Servers) -> None:
    await behaviour(fleet, servers)


def test_the_same_without_await(servers: Servers, tmp_path: Path) -> None:
    with Fleet.local([server.url for server in servers.values()]) as fleet:
        job = fleet.submit(text_prompt("sync"))
        assert [event.kind for event in job.events()][-1] == "succeeded"
        result = job.result(timeout=PATIENCE)
        assert list(result.texts) == ["sync"]
        saved = result.images[0].save(tmp_path)
        assert saved.read_bytes() == result.images[0].read()
        assert [one.texts[0] for one in fleet.map([text_prompt("a"), text_prompt("b")])] == ["a", "b"]
        assert {one.prompt_id for one in fleet.as_completed([job])} == {job.prompt_id}
        assert len(fleet.status().live) == 2


async def test_a_server_that_is_lost_is_replaced_with_the_same_seeds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "comfy_fleet")
    with comfy_emulator.running() as other, ExitStack() as stack:
        port = free_port()
        lost = stack.enter_context(comfy_emulator.running(port=port))
        urls = [lost.url]
        async with AsyncFleet.local([*urls, other.url], store=tmp_path, lost_after=1.0, ahead=0) as fleet:
            jobs = [await fleet.submit(prompts.one_image(count=20, delay_ms=50)) for _ in range(2)]
            for job in jobs:
                await until_running({"lost": lost, "other": other}, job)
            await asyncio.to_thread(stack.close)
            results = [await job.result(timeout=PATIENCE) for job in jobs]
            assert {result.worker for result in results} == {f"127.0.0.1-{other.port}"}
            assert sorted(result.attempt for result in results) == [1, 2]
            assert [result.seeds for result in results] == [job.seeds for job in jobs]
            assert "is down" in caplog.text
            again = stack.enter_context(comfy_emulator.running(port=port))
            async with asyncio.timeout(PATIENCE):
                while not again.prompts_run:
                    await asyncio.gather(*(fleet.run(text_prompt(str(number), delay_ms=50)) for number in range(4)))


async def test_a_prompt_that_takes_servers_down_is_set_aside(tmp_path: Path) -> None:
    with comfy_emulator.running() as server:
        async with AsyncFleet.local([server.url], store=tmp_path) as fleet:
            job = await fleet.submit(prompts.one_image(count=1000, delay_ms=20))
            for losses in range(1, 4):
                async with asyncio.timeout(PATIENCE):
                    while list(server.prompts_run).count(job.prompt_id) < losses:
                        await asyncio.sleep(0.02)
                # Its worker has to have heard that it runs.
                await asyncio.sleep(0.5)
                server.forget()
            with pytest.raises(PromptSetAsideError) as aside:
                await job.result(timeout=PATIENCE)
            assert len(aside.value.kills) == 3
            assert (tmp_path / "set-aside" / f"{job.prompt_id}.json").exists()
            assert list((await fleet.run(text_prompt("sound"))).texts) == ["sound"]


async def test_a_file_that_vanished_before_it_was_kept_is_made_again(tmp_path: Path) -> None:
    with comfy_emulator.running() as server:
        async with AsyncFleet.local([server.url], store=tmp_path) as fleet:
            server.answer_errors(1, 404, "/api/view")
            result = await fleet.run(prompts.one_image())
            assert (await result.images[0].read()).startswith(b"\x89PNG")
            assert result.attempt == 2


async def test_a_file_is_asked_for_again_while_the_server_is_away(tmp_path: Path) -> None:
    with comfy_emulator.running() as server, proxied(server.url) as proxy:
        async with AsyncFleet.local([proxy.url], store=tmp_path) as fleet:
            proxy.lose_answer("GET", "/api/view", 6)
            result = await fleet.run(prompts.one_image())
            assert result.attempt == 1
            assert (await result.images[0].read()).startswith(b"\x89PNG")


async def test_closing_ends_jobs_and_leaves_no_prompt_on_a_server(servers: Servers) -> None:
    fleet = AsyncFleet.local([server.url for server in servers.values()])
    job = await fleet.submit(prompts.one_image(count=1000, delay_ms=50))
    name = await until_running(servers, job)
    await fleet.close()
    with pytest.raises(ClientClosedError):
        await job.result()
    async with asyncio.timeout(PATIENCE):
        while servers[name]._server.queue.remaining:
            await asyncio.sleep(0.02)
    # Closed before anything was opened.
    await AsyncFleet.local(["http://127.0.0.1:9"]).close()


async def test_misuse_is_told() -> None:
    with pytest.raises(ValueError, match="several"):
        AsyncFleet.local("http://127.0.0.1:8188")
    with pytest.raises(ValueError, match="twice"):
        AsyncFleet.local(["http://127.0.0.1:8188", "http://127.0.0.1:8188/"])
    with pytest.raises(ValueError, match="the tag"):
        AsyncFleet.local({"http://127.0.0.1:8188": ["Not A Tag"]})


@pytest.mark.parametrize("ahead", [0, 1])
async def test_as_many_prompts_are_ahead_as_were_asked_for(ahead: int, tmp_path: Path) -> None:
    with comfy_emulator.running() as server:
        async with AsyncFleet.local([server.url], store=tmp_path, ahead=ahead) as fleet:
            jobs = [await fleet.submit(prompts.one_image(count=4, delay_ms=50)) for _ in range(4)]
            most = 0
            async with asyncio.timeout(PATIENCE):
                while not all(job.is_over for job in jobs):
                    most = max(most, server._server.queue.remaining)
                    await asyncio.sleep(0.01)
            assert most == 1 + ahead


async def test_prompts_go_where_their_checkpoint_is_loaded(tmp_path: Path, servers: Servers) -> None:
    names = {"red": "red.safetensors", "blue": "blue.safetensors"}
    for server in servers.values():
        folder = server.base_directory / "models" / "checkpoints"
        for name in names.values():
            (folder / name).write_bytes(next(folder.glob("v1-5*")).read_bytes())

    def prompt(name: str, seed: int) -> prompts.Prompt:
        return {
            "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": name}},
            "2": {"class_type": "CLIPTextEncode", "inputs": {"text": f"{seed}", "clip": ["1", 1]}},
            "3": {"class_type": "EmptyLatentImage", "inputs": {"width": 16, "height": 16, "batch_size": 1}},
            "4": {
                "class_type": "KSampler",
                "inputs": {
                    "model": ["1", 0],
                    "positive": ["2", 0],
                    "negative": ["2", 0],
                    "latent_image": ["3", 0],
                    "seed": seed,
                    "steps": 2,
                    "cfg": 1.0,
                    "sampler_name": "euler",
                    "scheduler": "normal",
                    "denoise": 1.0,
                },
            },
            "5": {"class_type": "VAEDecode", "inputs": {"samples": ["4", 0], "vae": ["1", 2]}},
            "6": {"class_type": "PreviewImage", "inputs": {"images": ["5", 0]}},
        }

    async with AsyncFleet.local({server.url: [tag] for tag, server in servers.items()}, store=tmp_path) as fleet:
        for tag, name in names.items():
            await fleet.run(prompt(name, 1), tags=[tag])
        for seed in range(2, 6):
            for tag, name in names.items():
                job = await fleet.submit(prompt(name, seed))
                await job.result(timeout=PATIENCE)
                assert job.prompt_id in servers[tag].prompts_run
