"""One prompt, its events and its history, and how tests of a run's state machine give them to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from comfy_facade._run_state import Absent, Failed, Finished, Pending, RestState, Running, RunState
from comfy_facade.models import HistoryEntry
from comfy_ws import Event, Reconnected, decode

ID = "80536c30-d318-42b9-9d8c-0655000a5416"
PROMPT: dict[str, Any] = {
    "1": {"class_type": "KSampler", "inputs": {"seed": 1}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
    "3": {"class_type": "ShowText", "inputs": {"text": "hi"}},
}
ERROR: dict[str, Any] = {
    "prompt_id": ID,
    "node_id": "2",
    "node_type": "SaveImage",
    "executed": ["1"],
    "exception_message": "no space left\n",
    "exception_type": "OSError",
    "traceback": ["line one", "line two"],
    "timestamp": 2_000,
}
INTERRUPTED: dict[str, Any] = {"prompt_id": ID, "node_id": "1", "node_type": "KSampler", "timestamp": 2_000}
FILES = {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}]}


def text(name: str, data: dict[str, Any]) -> Event:
    """Make an event as a stream would: of a frame."""
    return decode(json.dumps({"type": name, "data": data}))


def fresh(*, unbroken: bool = True) -> RunState:
    return RunState(ID, PROMPT, unbroken=unbroken, is_posted=True)


def entry(
    ending: str = "execution_success",
    data: dict[str, Any] | None = None,
    *,
    outputs: dict[str, Any] | None = None,
    cached: Sequence[str] = (),
) -> HistoryEntry:
    messages = [
        ["execution_start", {"prompt_id": ID, "timestamp": 1_000}],
        ["execution_cached", {"prompt_id": ID, "nodes": list(cached), "timestamp": 1_001}],
        [ending, {"prompt_id": ID, "timestamp": 2_000} if data is None else data],
    ]
    status = "success" if ending == "execution_success" else "error"
    raw = {
        "prompt": [1, ID, PROMPT, {}, ["2", "3"]],
        "outputs": {"2": FILES} if outputs is None else outputs,
        "status": {"status_str": status, "completed": status == "success", "messages": messages},
    }
    return HistoryEntry(ID, raw)


AWAY = Reconnected(2, 5.0, "connection refused")
DEAF = Reconnected(1, 0.1, "the socket was deaf", by_request=True)


def give(state: RunState, thing: Event | RestState) -> None:
    if isinstance(thing, (Pending, Running, Finished, Absent)):
        state.reconcile(thing)
    else:
        state.feed(thing)


def error_of(state: RunState) -> Any:
    assert isinstance(state.outcome, Failed)
    return state.outcome.error
