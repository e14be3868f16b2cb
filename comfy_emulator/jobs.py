"""Prompts as jobs: one view over queue and history.

Pure. It changes nothing; cancelling is done where the queue is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from comfy_emulator.json_types import JsonObject, is_array, is_object
from comfy_emulator.prompt_queue import QueueItem

STATES: Final = ("pending", "in_progress", "completed", "failed", "cancelled")
"""The states a job can be in."""

_SHOWN_KINDS: Final = frozenset({"images", "video", "audio", "3d", "text"})
_MODEL_SUFFIXES: Final = (".obj", ".fbx", ".gltf", ".glb", ".usdz")
_TEXT_SUFFIXES: Final = (".txt", ".md", ".json")
_LONGEST_TEXT: Final = 1024
_ENDS: Final = ("execution_success", "execution_error", "execution_interrupted")


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs to list, and in what order.

    Attributes:
        states: The states to list; None lists all.
        workflow_id: Only jobs whose workflow has this id.
        by_duration: Whether to sort by how long they ran instead of when they were posted.
        descending: Whether the largest comes first.
        offset: How many to leave out at the beginning.
        limit: How many to list at most; None lists all.
    """

    states: tuple[str, ...] | None = None
    workflow_id: str | None = None
    by_duration: bool = False
    descending: bool = True
    offset: int = 0
    limit: int | None = None


def queued_job(item: QueueItem, state: str) -> JsonObject:
    """Show a running or pending prompt as a job."""
    return _pruned(
        {
            "id": item.prompt_id,
            "status": state,
            "priority": item.number,
            "create_time": item.extra_data.get("create_time"),
            "outputs_count": 0,
            "previewable_outputs_count": 0,
            "workflow_id": _workflow_id(item.extra_data),
        }
    )


def finished_job(prompt_id: str, record: JsonObject, *, detailed: bool) -> JsonObject:
    """Show a prompt of the history as a job.

    Args:
        prompt_id: Its id.
        record: Its entry in the history.
        detailed: Whether to show outputs and graph as well.
    """
    priority, _, prompt, extra_data, _ = record["prompt"]
    messages: dict[str, JsonObject] = dict(record["status"]["messages"])
    ended = [messages[kind]["timestamp"] for kind in _ENDS if kind in messages]
    outputs: JsonObject = record["outputs"]
    items = list(_items(outputs))
    job = _pruned(
        {
            "id": prompt_id,
            "status": _state(record["status"], messages),
            "priority": priority,
            "create_time": extra_data.get("create_time"),
            "execution_start_time": messages.get("execution_start", {}).get("timestamp"),
            "execution_end_time": ended[0] if ended else None,
            "execution_error": messages.get("execution_error"),
            "outputs_count": len(items),
            "previewable_outputs_count": sum(_is_shown(kind, item) for _, kind, item in items),
            "preview_output": _preview(items, outputs),
            "workflow_id": _workflow_id(extra_data),
        }
    )
    if detailed:
        job["outputs"] = {node_id: _normalised(shown) for node_id, shown in outputs.items()}
        job["execution_status"] = record["status"]
        job["workflow"] = {"prompt": prompt, "extra_data": extra_data}
    return job


def listed_jobs(jobs: Iterable[JsonObject], wanted: JobFilter) -> tuple[list[JsonObject], int]:
    """Choose, sort and cut a list of jobs.

    Returns:
        The jobs of the wanted page, and how many there are on all pages.
    """
    chosen = [
        job
        for job in jobs
        if (wanted.states is None or job["status"] in wanted.states)
        and (not wanted.workflow_id or job.get("workflow_id") == wanted.workflow_id)
    ]
    chosen.sort(key=_duration if wanted.by_duration else _posted, reverse=wanted.descending)
    page = chosen[wanted.offset :]
    return page if wanted.limit is None else page[: wanted.limit], len(chosen)


def _posted(job: JsonObject) -> int:
    return int(job.get("create_time", 0))


def _duration(job: JsonObject) -> int:
    start, end = job.get("execution_start_time", 0), job.get("execution_end_time", 0)
    return int(end - start) if start and end else 0


def _state(status: JsonObject, messages: JsonObject) -> str:
    if status["status_str"] == "success":
        return "completed"
    return "cancelled" if "execution_interrupted" in messages else "failed"


def _pruned(job: JsonObject) -> JsonObject:
    return {name: value for name, value in job.items() if value is not None}


def _workflow_id(extra_data: JsonObject) -> str | None:
    workflow = extra_data.get("extra_pnginfo", {}).get("workflow", {})
    return workflow.get("id") if is_object(workflow) else None


def _as_file(item: object) -> JsonObject | None:
    if is_object(item):
        return item
    if isinstance(item, str) and item.lower().endswith(_MODEL_SUFFIXES):
        return {"filename": item, "type": "output", "subfolder": "", "mediaType": "3d"}
    return None


def _items(outputs: JsonObject) -> Iterable[tuple[str, str, JsonObject]]:
    for node_id, kind, item in _raw_items(outputs):
        file = _as_file(item)
        if file is not None:
            yield node_id, kind, file


def _raw_items(outputs: JsonObject) -> Iterable[tuple[str, str, Any]]:
    for node_id, shown in outputs.items():
        if not is_object(shown):
            continue
        for kind, items in shown.items():
            if kind != "animated" and is_array(items):
                yield from ((node_id, kind, item) for item in items)


def _normalised(shown: Any) -> Any:
    if not is_object(shown):
        return shown
    return {
        kind: [_as_file(item) or item for item in items if item is not None]
        if kind != "animated" and is_array(items)
        else items
        for kind, items in shown.items()
    }


def _is_shown(kind: str, item: JsonObject) -> bool:
    return (
        kind in _SHOWN_KINDS
        or str(item.get("format", "")).startswith(("video/", "audio/"))
        or str(item.get("filename", "")).lower().endswith(_MODEL_SUFFIXES + _TEXT_SUFFIXES)
    )


def _preview(items: list[tuple[str, str, JsonObject]], outputs: JsonObject) -> JsonObject | None:
    ranked: dict[str, JsonObject] = {}
    for node_id, kind, item in items:
        if not _is_shown(kind, item):
            continue
        entry = {**item, "nodeId": node_id}
        entry.setdefault("mediaType", kind)
        ranked.setdefault(_rank(kind, item), entry)
    for node_id, kind, item in _raw_items(outputs):
        if kind == "text" and _as_file(item) is None:
            text = str(item)
            shortened = {"truncated": True} if len(text) > _LONGEST_TEXT else {}
            entry = {"content": text[:_LONGEST_TEXT], **shortened, "nodeId": node_id, "mediaType": kind}
            ranked.setdefault("raw text", entry)
    return next((ranked[rank] for rank in ("saved", "shown", "text file", "raw text") if rank in ranked), None)


def _rank(kind: str, item: JsonObject) -> str:
    if kind == "text" or str(item.get("filename", "")).lower().endswith(_TEXT_SUFFIXES):
        return "text file"
    return "saved" if item.get("type") == "output" else "shown"
