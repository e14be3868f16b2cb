"""The synchronous client has every method of the asynchronous one, and gives the same."""

from __future__ import annotations

import asyncio
import inspect
import threading
from pathlib import Path
from typing import Any

import pytest

import comfy_emulator
from comfy_facade import (
    AsyncComfyUIApiClient,
    ClientClosedError,
    ComfyUIApiClient,
    Job,
    NodeExecutionError,
    PromptTimeoutError,
    SyncJob,
)
from comfy_ws import EventStream
from tests import prompts

PAIRS = [
    (AsyncComfyUIApiClient, ComfyUIApiClient),
    (Job, SyncJob),
]
# What belongs to the asynchronous protocol itself, and what stands for it in synchronous code.
PROTOCOL = {"__aenter__", "__aexit__", "__aiter__", "__anext__"}
ONLY_ASYNC = {"accept", "begin_post", "end_post", "leave"}


def public_names(owner: type) -> set[str]:
    return {name for name in dir(owner) if not name.startswith("_")} - ONLY_ASYNC


@pytest.mark.parametrize(("asynchronous", "synchronous"), PAIRS)
def test_both_have_the_same_methods(asynchronous: type, synchronous: type) -> None:
    assert public_names(asynchronous) == public_names(synchronous) - {"portal", "lifted"}


@pytest.mark.parametrize(
    ("asynchronous", "synchronous", "name"),
    [(*pair, name) for pair in PAIRS for name in sorted(public_names(pair[0]))],
)
def test_both_have_the_same_signatures(asynchronous: type, synchronous: type, name: str) -> None:
    ours, theirs = (inspect.getattr_static(owner, name) for owner in (synchronous, asynchronous))
    if not callable(theirs):
        assert not callable(ours)
        return
    assert list(inspect.signature(ours).parameters.values()) == list(inspect.signature(theirs).parameters.values())
    assert not inspect.iscoroutinefunction(ours)
    assert inspect.getdoc(ours)


def test_both_are_made_alike() -> None:
    ours, theirs = (inspect.signature(owner.__init__) for owner in (ComfyUIApiClient, AsyncComfyUIApiClient))
    assert ours == theirs


@pytest.mark.usefixtures("who_drives")
def test_a_run(emulator: comfy_emulator.RunningServer, tmp_path: Path) -> None:
    seen: list[str] = []
    with ComfyUIApiClient(url=emulator.url) as client:
        result = client.run_prompt(prompts.two_images_and_text("hello"), on_event=lambda event: seen.append(event.type))
        assert list(result.texts) == ["hello"]
        image = result.images[0]
        assert image.save(tmp_path).read_bytes() == image.read()
        assert client.download(image, tmp_path / "again.png").read_bytes() == image.read()
        with pytest.raises(NodeExecutionError):
            client.run_prompt(prompts.failing())
        with pytest.raises(PromptTimeoutError):
            client.run_prompt(prompts.one_image(count=500, delay_ms=10), timeout=0.2)
        client.interrupt()
    assert seen[0] == "execution_start"
    assert seen[-1] == "execution_success"


@pytest.mark.usefixtures("who_drives")
def test_a_job_and_the_events(emulator: comfy_emulator.RunningServer) -> None:
    with ComfyUIApiClient(url=emulator.url) as client, client.events() as events:
        job = client.submit(prompts.two_images_and_text())
        kinds = [event.type for event in job]
        assert kinds[-1] == "execution_success"
        assert len(job.result().images) == 2
        assert job.progress.fraction == 1
        assert not job.cancel()
        assert next(events).type in {"status", "feature_flags"}


@pytest.mark.usefixtures("who_drives")
def test_it_works_within_a_running_loop(emulator: comfy_emulator.RunningServer) -> None:
    async def main() -> int:
        with ComfyUIApiClient(url=emulator.url) as client:
            return len(client.run_prompt(prompts.two_images_and_text()).images)

    assert asyncio.run(main()) == 2


@pytest.mark.usefixtures("who_drives")
def test_threads_may_share_a_client(emulator: comfy_emulator.RunningServer) -> None:
    texts: dict[int, Any] = {}
    with ComfyUIApiClient(url=emulator.url) as client:

        def run(number: int) -> None:
            texts[number] = client.run_prompt(prompts.two_images_and_text(str(number))).texts

        threads = [threading.Thread(target=run, args=(number,)) for number in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert texts == {number: (str(number),) for number in range(5)}


@pytest.mark.usefixtures("who_drives")
@pytest.mark.usefixtures("who_drives")
def test_a_callback_that_calls_the_client_fails_and_the_run_goes_on(
    emulator: comfy_emulator.RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    with ComfyUIApiClient(url=emulator.url) as client:
        result = client.run_prompt(prompts.two_images_and_text("hello"), on_event=lambda _: client.interrupt())
    assert list(result.texts) == ["hello"]
    assert "cannot wait for itself" in caplog.text


@pytest.mark.usefixtures("who_drives")
def test_closing_ends_the_thread(emulator: comfy_emulator.RunningServer) -> None:
    before = {thread.name for thread in threading.enumerate()}
    client = ComfyUIApiClient(url=emulator.url)
    client.get_queue()
    assert "comfy_facade" in {thread.name for thread in threading.enumerate()}
    client.close()
    client.close()
    assert {thread.name for thread in threading.enumerate()} == before
    with pytest.raises(ClientClosedError):
        client.get_queue()


def test_a_client_never_used_opens_nothing() -> None:
    before = threading.active_count()
    client = ComfyUIApiClient()
    assert threading.active_count() == before
    client.close()


@pytest.mark.usefixtures("who_drives")
def test_a_forgotten_client_ends_its_thread(emulator: comfy_emulator.RunningServer) -> None:
    client = ComfyUIApiClient(url=emulator.url, websocket=False)
    client.get_queue()
    thread = next(thread for thread in threading.enumerate() if thread.name == "comfy_facade")
    del client
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.usefixtures("who_drives")
def test_event_streams_are_the_same_class_underneath(emulator: comfy_emulator.RunningServer) -> None:
    with ComfyUIApiClient(url=emulator.url) as client:
        assert isinstance(client.events().lifted, EventStream)
