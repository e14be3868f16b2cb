"""What a synchronous client gave keeps it open, and once all of that is forgotten, its thread ends."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import comfy_emulator
from comfy_facade import ClientClosedError, ComfyUIApiClient
from tests import prompts

pytestmark = pytest.mark.usefixtures("who_drives")


def keepers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "comfy_facade"]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Whatever a test forgot is gone at its end, by the count of references alone."""
    before = keepers()
    gc.disable()
    try:
        yield
        for thread in set(keepers()) - set(before):
            thread.join(20)
            assert not thread.is_alive(), "something still holds the client"
    finally:
        gc.enable()


def test_files_of_a_forgotten_client_can_be_read_and_saved(
    emulator: comfy_emulator.RunningServer, tmp_path: Path
) -> None:
    def pictures() -> list[Callable[[], bytes]]:
        client = ComfyUIApiClient(url=emulator.url)
        return [image.read for image in client.run_prompt(prompts.two_images_and_text()).images]

    first, second = pictures()
    assert first().startswith(b"\x89PNG")
    assert second().startswith(b"\x89PNG")
    image = ComfyUIApiClient(url=emulator.url).run_prompt(prompts.two_images_and_text()).images[0]
    assert image.save(tmp_path).read_bytes() == image.read()


def test_jobs_of_a_forgotten_client_go_on(emulator: comfy_emulator.RunningServer) -> None:
    job = ComfyUIApiClient(url=emulator.url).submit(prompts.two_images_and_text())
    assert [event.type for event in job][-1] == "execution_success"
    result = job.result()
    del job
    assert result.images[0].read().startswith(b"\x89PNG")


def test_events_of_a_forgotten_client_go_on(emulator: comfy_emulator.RunningServer) -> None:
    with ComfyUIApiClient(url=emulator.url).events() as events:
        assert next(events).type in {"status", "feature_flags"}


def test_what_outlives_its_client_does_not_outlive_its_end(emulator: comfy_emulator.RunningServer) -> None:
    with ComfyUIApiClient(url=emulator.url) as client:
        image = client.run_prompt(prompts.two_images_and_text()).images[0]
    assert not keepers()
    with pytest.raises(ClientClosedError):
        image.read()


def test_the_last_file_that_is_forgotten_ends_the_thread(emulator: comfy_emulator.RunningServer) -> None:
    images = list(ComfyUIApiClient(url=emulator.url).run_prompt(prompts.two_images_and_text()).images)
    (thread,) = keepers()
    images.pop()
    assert images[0].read()
    assert thread.is_alive()
    del images
    thread.join(20)
    assert not thread.is_alive()
