"""The state machine on recordings of real servers: what frames and history tell of a run is the same."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from comfy_facade._run_state import Failed, Finished, Outcome, RunState
from comfy_facade.models import HistoryEntry
from comfy_ws import Event, Reconnected, decode
from tests.recordings import recordings

RECORDINGS = recordings("protocol")
NAMES = sorted(path.relative_to(RECORDINGS).as_posix() for path in RECORDINGS.glob("*/ws-*.json"))


class Recording:
    def __init__(self, name: str) -> None:
        self.content = json.loads((RECORDINGS / name).read_text(encoding="utf-8"))
        self.prompt: dict[str, Any] = self.content["post_prompt"]["body"]["prompt"]
        self.prompt_id: str = self.content["post_prompt"]["body"]["prompt_id"]

    def events(self, client: int) -> Iterator[Event]:
        """What a client was told of the prompt, as the run it belongs to would hear it."""
        for frame in self.content["frames"]:
            if frame.get("client") != client or not {"text", "binary_base64"} & set(frame):
                continue
            event = decode(frame["text"] if "text" in frame else base64.b64decode(frame["binary_base64"]))
            if getattr(event, "prompt_id", None) in (self.prompt_id, None):
                yield event

    def fresh(self) -> RunState:
        return RunState(self.prompt_id, self.prompt, is_posted=True)

    def by_rest(self) -> RunState:
        state = self.fresh()
        state.lose_events()
        state.reconcile(Finished(HistoryEntry(self.prompt_id, self.content["history"][self.prompt_id])))
        return state


def gist(outcome: Outcome | None) -> object:
    if not isinstance(outcome, Failed):
        return outcome
    return type(outcome.error), vars(outcome.error)


@pytest.mark.skipif(not NAMES, reason="the recordings of real servers are not there")
@pytest.mark.parametrize("name", NAMES)
def test_frames_and_history_tell_the_same(name: str) -> None:
    recording = Recording(name)
    if recording.prompt_id not in recording.content["history"]:
        assert recording.content["post_prompt"]["status"] == 400, "only refused prompts leave no history"
        state = recording.fresh()
        for event in recording.events(0):
            state.feed(event)
        assert state == recording.fresh()
        return
    by_rest, state = recording.by_rest(), recording.fresh()
    for event in recording.events(0):
        state.feed(event)
    if recording.content["name"] in ("reconnect-same-client-id", "same-client-id-twice-then-first-closes"):
        assert state.outcome is None, "the first socket did not live to hear the end"
        state.feed(Reconnected(1, 0.1, "gone"))
        for event in recording.events(1):
            state.feed(event)
        assert state.outcome is None, "after a gap only REST may end a success"
        assert state.needs_rest
        state.reconcile(Finished(HistoryEntry(recording.prompt_id, recording.content["history"][recording.prompt_id])))
    assert by_rest.outcome is not None
    assert gist(state.outcome) == gist(by_rest.outcome)
    assert state.outputs == by_rest.outputs
    assert state.cached_nodes == by_rest.cached_nodes
    assert (state.started_at, state.ended_at) == (by_rest.started_at, by_rest.ended_at)
    assert by_rest.streamed_images == [], "the history keeps no pictures of the socket"
    streams = recording.content["name"] == "image-over-websocket"
    assert [(image.node_id, image.mime_type) for image in state.streamed_images] == [("2", "image/png")] * streams


def test_a_listener_without_the_clients_id_cannot_end_a_run() -> None:
    name = "0.33.0/ws-two-clients-who-sees-what.json"
    if name not in NAMES:
        pytest.skip("the recordings are not there")
    recording = Recording(name)
    state = recording.fresh()
    for event in recording.events(1):
        state.feed(event)
    assert state.outcome is None
