"""What runs in the page: each function is called there by a test, with JSON in and JSON out."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from comfy_facade import AsyncComfyUIApiClient, ComfyUIApiClient, ComfyUIError, RunProgress
from comfy_ws import PreviewImage

Answer = dict[str, Any]


def prompt_of(steps: int = 4, seed: int = 1, edge: int = 64) -> Answer:
    return {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "v1-5-pruned-emaonly.safetensors"}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a harbour", "clip": ["1", 1]}},
        "3": {"class_type": "EmptyLatentImage", "inputs": {"width": edge, "height": edge, "batch_size": 1}},
        "4": {
            "class_type": "KSampler",
            "inputs": {
                "model": ["1", 0],
                "positive": ["2", 0],
                "negative": ["2", 0],
                "latent_image": ["3", 0],
                "seed": seed,
                "steps": steps,
                "cfg": 7.0,
                "sampler_name": "euler",
                "scheduler": "normal",
                "denoise": 1.0,
            },
        },
        "5": {"class_type": "VAEDecode", "inputs": {"samples": ["4", 0], "vae": ["1", 2]}},
        "6": {"class_type": "SaveImage", "inputs": {"filename_prefix": "page", "images": ["5", 0]}},
    }


async def runs_to_a_picture(url: str, steps: int = 4) -> Answer:
    """A run with everything a page wants of it."""
    progress: list[float] = []
    previews: list[str] = []

    def on_progress(value: RunProgress) -> None:
        progress.append(value.fraction)

    def on_preview(preview: PreviewImage) -> None:
        previews.append(preview.mime_type)

    async with AsyncComfyUIApiClient(url=url) as client:
        result = await client.run_prompt(prompt_of(steps), on_progress=on_progress, on_preview=on_preview, timeout=60)
        picture = await result.images[0].read()
    return {
        "magic": picture[:8].hex(),
        "size": len(picture),
        "complete": result.events_complete,
        "progress": progress,
        "previews": previews,
        "seeds": len(result.seeds),
    }


async def fails(url: str, prompt: Answer | None = None, timeout: float = 60.0) -> Answer:
    """The error that a run ends with."""
    try:
        async with AsyncComfyUIApiClient(url=url) as client:
            await client.run_prompt(prompt or prompt_of(), timeout=timeout)
    except ComfyUIError as error:
        return {"type": type(error).__name__, "text": str(error)}
    return {"type": None}


def waits_in_synchronous_code() -> Answer:
    """The synchronous client where no code can be suspended."""
    try:
        ComfyUIApiClient("127.0.0.1:1").get_queue()
    except ComfyUIError as error:
        return {"type": type(error).__name__, "text": str(error)}
    return {"type": None}


async def runs_synchronously(url: str) -> Answer:
    """The synchronous client, its file and its bindings."""
    from comfy_rest.api.queue import get_queue

    previews: list[int] = []
    with ComfyUIApiClient(url=url) as client:
        result = client.run_prompt(prompt_of(), on_preview=lambda preview: previews.append(len(preview.data)))
        magic = result.images[0].read()[:8].hex()
        queue = get_queue.sync(client=client.rest)
        job = client.submit(prompt_of(seed=2))
        events = [event.type for event in job]
    return {"magic": magic, "previews": len(previews), "queue": queue is not None, "events": events}


async def sleeps(seconds: float) -> Answer:
    """Nothing, for some time."""
    await asyncio.sleep(seconds)
    return json.loads("{}")  # type: ignore[no-any-return]
