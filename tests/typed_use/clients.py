"""Every method of both clients, with the exact type of what it gives. It is checked, never run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, assert_type

import comfy_rest
from comfy_rest.models import ServerFeatures, SystemStats, UserConfiguration, UserFile

from comfy_facade import (
    AsyncComfyUIApiClient,
    ComfyUIApiClient,
    History,
    Job,
    NodeDefs,
    OutputFile,
    PromptResult,
    PromptStatus,
    Queue,
    QueuedPrompt,
    RunProgress,
    StreamedImage,
    SyncEventStream,
    SyncJob,
    SyncOutputFile,
    UploadedFile,
    Workflow,
)
from comfy_ws import Event, PreviewImage

PROMPT: dict[str, Any] = {}


async def heard(event: Event) -> None:
    assert_type(event.type, str)


def seen(preview: PreviewImage) -> None:
    assert_type(preview.data, bytes)


def moved(progress: RunProgress) -> None:
    assert_type(progress.fraction, float)


async def asynchronous(client: AsyncComfyUIApiClient, workflow: Workflow) -> None:
    async with client as entered:
        assert_type(entered, AsyncComfyUIApiClient)
    assert_type(await client.init(), AsyncComfyUIApiClient)
    assert_type((client.base_url, client.client_id), tuple[str, str])
    result = await client.run_prompt(PROMPT, workflow={}, timeout=1.5, wait_ms=5, on_event=heard, on_preview=seen)
    assert_type(result, PromptResult[OutputFile])
    assert_type(await client.run_prompt(workflow), PromptResult[OutputFile])
    assert_type(result.images, Sequence[OutputFile])
    assert_type(await result.images[0].read(), bytes)
    assert_type(await result.files[0].save("pictures/"), Path)
    assert_type(result.streamed_images, Sequence[StreamedImage])
    assert_type(result.seeds[("1", "seed")], int)
    job = await client.submit(PROMPT, cancel_on_abandon=True, on_progress=moved)
    assert_type(job, Job)
    async for event in job:
        assert_type(event, Event)
    assert_type((job.progress, await job.result()), tuple[RunProgress, PromptResult[OutputFile]])
    assert_type((await job.cancel(), job.prompt_id), tuple[bool, str])
    assert_type(await client.queue_prompt(-1, prompt=PROMPT, workflow=None), QueuedPrompt)
    assert_type(await client.get_prompt_status("id"), PromptStatus)
    await client.wait_for_prompt("id", wait_ms=100, timeout=None)
    assert_type(await client.get_prompt_result("id"), PromptResult[OutputFile])
    assert_type(client.randomize_prompt(PROMPT), dict[tuple[str, str], int])
    assert_type(await client.cancel_prompt("id"), bool)
    await client.interrupt()
    await client.free(unload_models=True, free_memory=True)
    async with client.events() as events:
        async for event in events:
            assert_type(event, Event)
    assert_type(await client.get_items("queue"), Queue)
    assert_type(await client.get_items("history"), History)
    assert_type(await client.get_queue(), Queue)
    assert_type(await client.get_history(5, offset=1), History)
    await client.delete_item("history", "id")
    await client.clear_items("queue")
    uploaded = await client.upload_image(b"", "a.png", overwrite=True)
    assert_type(uploaded, UploadedFile)
    assert_type(await client.upload_mask(Path("m.png"), original=uploaded), UploadedFile)
    assert_type(await client.download(uploaded, "pictures/"), Path)
    assert_type(client.view_url(uploaded), str)
    assert_type(await client.get_node_defs(), NodeDefs)
    assert_type(await client.get_extensions() + await client.get_embeddings(), list[str])
    assert_type(await client.get_model_folders() + await client.get_models("loras"), list[str])
    assert_type(await client.get_samplers() + await client.get_schedulers(), list[str])
    assert_type(await client.get_sd_models() + await client.get_loras() + await client.get_vaes(), list[str])
    assert_type(await client.get_cnet_models() + await client.get_upscale_models(), list[str])
    assert_type(await client.get_hypernetworks(), list[str])
    assert_type(await client.get_logs(), str)
    assert_type((await client.view_metadata("loras", "a.safetensors")).get("author"), Any | None)
    assert_type(await client.get_system_stats(), SystemStats)
    assert_type(await client.get_features(), ServerFeatures)
    assert_type(await client.get_user_config(), UserConfiguration)
    assert_type(await client.create_user("me"), str)
    assert_type(await client.get_settings(), dict[str, Any])
    assert_type(await client.get_setting("a"), Any)
    await client.store_settings({"a": 1})
    await client.store_setting("a", [1])
    assert_type(await client.get_user_data("a.json"), bytes)
    assert_type(await client.store_user_data("a.json", b"{}", overwrite=False), UserFile)
    assert_type(await client.list_user_data("", recurse=True), list[str])
    assert_type(await client.list_user_data("", full_info=True), list[UserFile])
    assert_type(await client.move_user_data("a.json", "b.json"), UserFile)
    await client.delete_user_data("b.json")
    assert_type(client.rest, comfy_rest.Client)
    await client.close()


def synchronous(client: ComfyUIApiClient, workflow: Workflow) -> None:
    with client as entered:
        assert_type(entered, ComfyUIApiClient)
    assert_type(client.init(), ComfyUIApiClient)
    assert_type((client.base_url, client.client_id), tuple[str, str])
    result = client.run_prompt(PROMPT, workflow={}, timeout=1.5, wait_ms=5, on_event=heard, on_preview=seen)
    assert_type(result, PromptResult[SyncOutputFile])
    assert_type(client.run_prompt(workflow), PromptResult[SyncOutputFile])
    assert_type(result.images, Sequence[SyncOutputFile])
    assert_type(result.images[0].read(), bytes)
    assert_type(result.files[0].save("pictures/"), Path)
    job = client.submit(PROMPT, cancel_on_abandon=True, on_progress=moved)
    assert_type(job, SyncJob)
    for event in job:
        assert_type(event, Event)
    assert_type((job.progress, job.result()), tuple[RunProgress, PromptResult[SyncOutputFile]])
    assert_type((job.cancel(), job.prompt_id), tuple[bool, str])
    assert_type(client.queue_prompt(-1, prompt=PROMPT, workflow=None), QueuedPrompt)
    assert_type(client.get_prompt_status("id"), PromptStatus)
    client.wait_for_prompt("id", wait_ms=100, timeout=None)
    assert_type(client.get_prompt_result("id"), PromptResult[SyncOutputFile])
    assert_type(client.randomize_prompt(PROMPT), dict[tuple[str, str], int])
    assert_type(client.cancel_prompt("id"), bool)
    client.interrupt()
    client.free(unload_models=True, free_memory=True)
    with client.events() as events:
        assert_type(events, SyncEventStream)
        for event in events:
            assert_type(event, Event)
    assert_type(client.get_items("queue"), Queue)
    assert_type(client.get_items("history"), History)
    assert_type(client.get_queue(), Queue)
    assert_type(client.get_history(5, offset=1), History)
    client.delete_item("history", "id")
    client.clear_items("queue")
    uploaded = client.upload_image(b"", "a.png", overwrite=True)
    assert_type(uploaded, UploadedFile)
    assert_type(client.upload_mask(Path("m.png"), original=uploaded), UploadedFile)
    assert_type(client.download(uploaded, "pictures/"), Path)
    assert_type(client.view_url(uploaded), str)
    assert_type(client.get_node_defs(), NodeDefs)
    assert_type(client.get_extensions() + client.get_embeddings(), list[str])
    assert_type(client.get_model_folders() + client.get_models("loras"), list[str])
    assert_type(client.get_samplers() + client.get_schedulers(), list[str])
    assert_type(client.get_sd_models() + client.get_loras() + client.get_vaes(), list[str])
    assert_type(client.get_cnet_models() + client.get_upscale_models(), list[str])
    assert_type(client.get_hypernetworks(), list[str])
    assert_type(client.get_logs(), str)
    assert_type(client.view_metadata("loras", "a.safetensors").get("author"), Any | None)
    assert_type(client.get_system_stats(), SystemStats)
    assert_type(client.get_features(), ServerFeatures)
    assert_type(client.get_user_config(), UserConfiguration)
    assert_type(client.create_user("me"), str)
    assert_type(client.get_settings(), dict[str, Any])
    assert_type(client.get_setting("a"), Any)
    client.store_settings({"a": 1})
    client.store_setting("a", [1])
    assert_type(client.get_user_data("a.json"), bytes)
    assert_type(client.store_user_data("a.json", b"{}", overwrite=False), UserFile)
    assert_type(client.list_user_data("", recurse=True), list[str])
    assert_type(client.list_user_data("", full_info=True), list[UserFile])
    assert_type(client.move_user_data("a.json", "b.json"), UserFile)
    client.delete_user_data("b.json")
    assert_type(client.rest, comfy_rest.Client)
    client.close()
