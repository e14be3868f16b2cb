"""Requests about prompts, the queue, the history and jobs."""

from __future__ import annotations

import random
from typing import Any

from tests import prompts
from tests.openapi.conversation import Session
from tests.openapi.requests.samples import FOLDER, NOT_JSON, too_large


def _tiny_prompt() -> dict[str, Any]:
    inputs = {"width": 8, "height": 8, "batch_size": 1, "color": random.randrange(1 << 24)}
    return {
        "1": {"class_type": "EmptyImage", "inputs": inputs},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }


def _slow_prompt() -> dict[str, Any]:
    return prompts.one_image(count=400, delay_ms=25, seed=random.randrange(1 << 31))


def _queued(talk: Session, prompt: dict[str, Any], **more: object) -> str:
    answer = talk.ask("queuePrompt", json={"prompt": prompt, "client_id": FOLDER, **more})
    return str(answer.json()["prompt_id"])


def _finished(talk: Session, prompt_id: str) -> dict[str, Any]:
    def entry() -> dict[str, Any] | None:
        found: dict[str, Any] = talk.ask("getHistoryEntry", {"prompt_id": prompt_id}).json()
        return found.get(prompt_id)

    return talk.until(entry, f"prompt {prompt_id} in the history")


def finished_prompt(talk: Session) -> None:
    """A prompt that runs, and everything that can be asked about it afterwards."""
    workflow = {"extra_pnginfo": {"workflow": {"id": FOLDER}}}
    posted = {"prompt": _tiny_prompt(), "client_id": FOLDER, "extra_data": workflow}
    prompt_id = talk.ask("queuePrompt", {"Comfy-Usage-Source": FOLDER}, json=posted).json()["prompt_id"]
    try:
        entry = _finished(talk, prompt_id)
        image = entry["outputs"]["2"]["images"][0]
        talk.ask("viewFile", {name: image[name] for name in ("filename", "subfolder", "type")})
        talk.ask("getHistory", {"max_items": 1})
        talk.ask("getHistory", {"max_items": 1, "offset": 0})
        talk.ask("getHistory", {"max_items": "x"}, status=500)
        talk.ask("getPromptInfo")
        talk.ask("getJob", {"job_id": prompt_id})
        talk.ask("listJobs", {"workflow_id": FOLDER, "status": "completed,failed", "sort_by": "execution_duration"})
        talk.ask("listJobs", {"limit": 1, "offset": 0, "sort_order": "asc"})
        for name, value in (("limit", 0), ("limit", "x"), ("status", "bogus"), ("sort_by", "x"), ("sort_order", "x")):
            talk.ask("listJobs", {name: value}, status=400)
        # A prompt that has ended is passed over.
        talk.ask("cancelJob", {"job_id": prompt_id})
        talk.ask("cancelJobs", json={"job_ids": [prompt_id]})
        talk.ask("interrupt", json={"prompt_id": prompt_id})
        talk.ask("updateQueue", json={"delete": [prompt_id]})
    finally:
        talk.ask("updateHistory", json={"delete": [prompt_id]})
    talk.ask("getHistoryEntry", {"prompt_id": prompt_id})
    talk.ask("getJob", {"job_id": prompt_id}, status=404)


def refused_prompts(talk: Session) -> None:
    """Prompts that are not taken, and other requests about the queue that make no sense."""
    unknown_class = {"1": {"class_type": "NoSuchNode", "inputs": {}}}
    no_output = {"1": _tiny_prompt()["1"]}
    bad_input = _tiny_prompt()
    bad_input["1"]["inputs"]["width"] = "wide"
    bodies: list[dict[str, Any]] = [
        {},
        {"prompt": {}},
        {"prompt": unknown_class},
        {"prompt": no_output},
        {"prompt": bad_input},
        {"prompt": unknown_class, "prompt_id": "not-a-uuid"},
    ]
    for body in bodies:
        talk.ask("queuePrompt", json=body, status=400)
    talk.ask("queuePrompt", content=NOT_JSON, status=500)
    talk.ask("queuePrompt", json={"prompt": unknown_class, "number": "first"}, status=500)
    for operation_id in ("updateQueue", "updateHistory"):
        talk.ask(operation_id, json={"delete": ["nope"]})
        talk.ask(operation_id, json={})
        talk.ask(operation_id, content=NOT_JSON, status=500)
    talk.ask("interrupt", json={"prompt_id": "nope"})
    talk.ask("getHistoryEntry", {"prompt_id": "nope"})
    talk.ask("getJob", {"job_id": "nope"}, status=404)
    talk.ask("cancelJob", {"job_id": "nope"})
    talk.ask("cancelJobs", json={"job_ids": []})
    talk.ask("cancelJobs", json={"job_ids": ["x"]}, status=400)
    talk.ask("cancelJobs", json=["x"], status=400)
    talk.ask("cancelJobs", content=NOT_JSON, status=400)
    if not talk.shared:
        talk.ask("queuePrompt", content=too_large(talk), status=413)


def partly_refused_prompt(talk: Session) -> None:
    """A prompt of which one branch is dropped."""
    prompt = _tiny_prompt() | {"3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}}
    prompt_id = _queued(talk, prompt)
    _finished(talk, prompt_id)
    talk.ask("updateHistory", json={"delete": [prompt_id]})


def waiting_prompts(talk: Session) -> None:
    """Prompts that run and wait, and every way to get rid of them."""
    if not talk.ask("getNodeDefinition", {"node_class": "ProbeSteps"}).json():
        # Built-in nodes are too quick to be seen at work.
        return
    ids = [_queued(talk, _slow_prompt()) for _ in range(4)]
    try:
        running, first, second, third = ids

        def runs() -> bool | None:
            queue = talk.ask("getQueue").json()
            return any(item[1] == running for item in queue["queue_running"]) or None

        talk.until(runs, f"prompt {running} to run")
        talk.ask("getPromptInfo")
        talk.ask("listJobs", {"status": "pending,in_progress"})
        for prompt_id in (running, first):
            talk.ask("getJob", {"job_id": prompt_id})
            talk.ask("getHistoryEntry", {"prompt_id": prompt_id})
        talk.ask("updateQueue", json={"delete": [first]})
        talk.ask("cancelJob", {"job_id": second})
        talk.ask("cancelJobs", json={"job_ids": [third]})
        talk.ask("interrupt", json={"prompt_id": running})
        _finished(talk, running)
        talk.ask("getJob", {"job_id": running})
    finally:
        talk.ask("updateQueue", json={"delete": ids})
        for prompt_id in ids:
            talk.ask("interrupt", json={"prompt_id": prompt_id})
        talk.ask("updateHistory", json={"delete": ids})
    if not talk.shared:
        _without_regard_for_others(talk)


def _without_regard_for_others(talk: Session) -> None:
    # What is not JSON counts as no body.
    for content in (None, NOT_JSON):
        running = _queued(talk, _slow_prompt(), front=True)
        _queued(talk, _slow_prompt(), number=1000)
        talk.until(lambda: talk.ask("getQueue").json()["queue_running"] or None, "a prompt to run")
        talk.ask("updateQueue", json={"clear": True})
        if not talk.ask("interrupt", content=content, is_wrong=content is not None).status:
            talk.ask("interrupt")
        _finished(talk, running)
    talk.ask("updateHistory", json={"clear": True})
    talk.ask("freeMemory", json={"unload_models": True, "free_memory": True})
