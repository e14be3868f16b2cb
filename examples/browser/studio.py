"""The Python half of the page: what it asks of a server, and how it tells what came of it.

It knows nothing of the page. Everything goes in and out as JSON text, and pictures as bytes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from comfy_facade import (
    AsyncComfyUIApiClient,
    ComfyUIError,
    InvalidWorkflowError,
    Job,
    NodeDefs,
    NodeExecutionError,
    OutputFile,
    PromptInput,
    PromptInterruptedError,
    PromptRejectedError,
    RunProgress,
    Workflow,
)
from comfy_ws import Event, PreviewImage, Reconnected

SHORTEST_PAUSE = 0.1
"""Seconds between two updates of the page; more often nobody sees."""


class Page(Protocol):
    """What the page wants to be told while a workflow runs."""

    def progress(self, told: str) -> None:
        """How far the run is."""

    def preview(self, data: bytes, mime_type: str) -> None:
        """A picture of what is being made."""

    def note(self, text: str) -> None:
        """Something that the user may want to know."""


class Studio:
    """One server, one workflow, one run at a time."""

    def __init__(self) -> None:
        self._client: AsyncComfyUIApiClient | None = None
        self._workflow: Workflow | None = None
        self._node_defs: NodeDefs | None = None
        self._job: Job | None = None
        self._files: Sequence[OutputFile] = ()

    async def connect(self, url: str) -> str:
        """Reach a server, and leave the last one; tells its version."""

        async def reach() -> dict[str, Any]:
            await self.leave()
            client = AsyncComfyUIApiClient(url=url)
            try:
                await client.init()
                stats = await client.get_system_stats()
            except BaseException:
                await client.close()
                raise
            self._client = client
            return {"version": stats.system.comfyui_version, "url": client.base_url}

        return await _answered(reach)

    async def leave(self) -> None:
        """Leave the server."""
        if self._client is not None:
            client, self._client, self._node_defs = self._client, None, None
            await client.close()

    async def open(self, content: Any) -> str:
        """Take a workflow, or a picture that carries one; tells which texts and which seed can be set."""
        data = bytes(content.to_py())

        async def load() -> dict[str, Any]:
            workflow = Workflow.load(data)
            if workflow.kind == "interface":
                # Only the server knows what the fields of such a workflow are called.
                if self._client is None:
                    raise InvalidWorkflowError("connect to a server first: it has to say what the fields mean")
                self._node_defs = self._node_defs or await self._client.get_node_defs()
            inputs = workflow.inputs(self._node_defs)
            self._workflow = workflow
            seed = next((entry for entry in inputs if entry.name in ("seed", "noise_seed")), None)
            return {
                "texts": [_field(entry) for entry in inputs if _is_text(entry)],
                "seed": None if seed is None else {"key": seed.key, "value": str(seed.value)},
            }

        return await _answered(load)

    async def run(self, values: str, is_random: bool, page: Page) -> str:
        """Run the workflow with some values; tells of its pictures, which `picture` then gives."""

        async def work() -> dict[str, Any]:
            if self._client is None or self._workflow is None:
                raise InvalidWorkflowError("connect to a server and choose a workflow first")
            given: dict[str, Any] = json.loads(values)
            if given:
                self._workflow.set(given)
            teller = _Teller(page)
            self._job = await self._client.submit(
                self._workflow,
                disable_random_seed=not is_random,
                on_progress=teller.progress,
                on_preview=teller.preview,
                on_event=teller.event,
            )
            result = await self._job.result()
            self._files = result.images
            return {
                "pictures": [{"name": file.filename, "node": file.node_title} for file in result.images],
                "texts": list(result.texts),
                "seeds": {f"{node_id}.{name}": str(seed) for (node_id, name), seed in result.seeds.items()},
                "seconds": result.timings.total,
            }

        try:
            return await _answered(work)
        finally:
            self._job = None

    async def picture(self, index: int) -> bytes:
        """Read a picture of the last run."""
        return await self._files[index].read()

    async def cancel(self) -> str:
        """Cancel the run."""

        async def stop() -> dict[str, Any]:
            return {"cancelled": self._job is not None and await self._job.cancel()}

        return await _answered(stop)


class _Teller:
    """Tells the page no more often than it can be seen."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._progress_at = self._preview_at = 0.0

    def progress(self, progress: RunProgress) -> None:
        now = time.monotonic()
        if progress.fraction < 1 and now - self._progress_at < SHORTEST_PAUSE:
            return
        self._progress_at = now
        told = {
            "fraction": progress.fraction,
            "node": progress.node_title,
            "value": progress.value,
            "max": progress.max,
            "remaining": progress.remaining,
        }
        self._page.progress(json.dumps(told))

    def preview(self, preview: PreviewImage) -> None:
        now = time.monotonic()
        if now - self._preview_at >= SHORTEST_PAUSE:
            self._preview_at = now
            self._page.preview(preview.data, preview.mime_type)

    def event(self, event: Event) -> None:
        if isinstance(event, Reconnected):
            self._page.note("The connection broke and is back; the run goes on.")


async def _answered(work: Callable[[], Awaitable[dict[str, Any]]]) -> str:
    try:
        return json.dumps(await work())
    except (ComfyUIError, ValueError) as error:
        return json.dumps({"error": _in_words(error)})


def _in_words(error: Exception) -> dict[str, Any]:
    match error:
        case NodeExecutionError():
            return {
                "title": f"{error.class_type} failed (node {error.node_id})",
                "text": f"{error.exception_type}: {error.exception_message.strip()}",
                "trace": "".join(error.traceback),
            }
        case PromptRejectedError():
            return {
                "title": "The server refused this workflow",
                "text": str(error.error.get("message") or ""),
                "list": str(error).split("\n  ")[1:],
            }
        case PromptInterruptedError():
            return {"title": "Cancelled", "text": "The run was stopped on the server.", "is_mild": True}
        case _:
            return {"title": "That did not work", "text": str(error)}


def _is_text(entry: PromptInput) -> bool:
    return isinstance(entry.value, str) and entry.name in ("text", "prompt", "text_g", "text_l", "message")


def _field(entry: PromptInput) -> dict[str, str]:
    return {"key": entry.key, "label": entry.title, "value": str(entry.value)}
