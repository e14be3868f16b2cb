"""What real servers were recorded to send is what the contract says: messages, fields, order and recipients."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.asyncapi.documented import CONTRACT
from tests.asyncapi.messages import EventContract
from tests.asyncapi.sessions import SESSIONS, VERSIONS, Session, with_recordings

of_each_session = pytest.mark.parametrize("session", SESSIONS, ids=str)


@with_recordings
@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_frame_is_as_documented(version: str) -> None:
    contract = EventContract(version=version, strict=True)
    frames = [(str(each), frame) for each in SESSIONS if each.version == version for _, frame in each.frames]
    assert len(frames) > 1000
    problems = [f"{name}: {problem}" for name, frame in frames for problem in contract.problems(frame)]
    assert problems == []


NEVER_RECORDED = {
    # Nobody subscribed, assets were off, and the server never sends this one.
    "logs",
    *(key for key in CONTRACT.messages if key.startswith("assetScan")),
    "unencodedPreviewImage",
    "nodeBytes",
    "clientFeatureFlags",
}


@with_recordings
@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_documented_was_seen(version: str) -> None:
    contract = EventContract(version=version)
    seen: dict[str, set[str]] = {}
    for session in SESSIONS:
        for _, frame in session.frames if session.version == version else ():
            message = contract.message_of(frame)
            assert message is not None
            if isinstance(frame, bytes):
                data = contract.take_apart(message, frame).get("metadata", {})
            else:
                data = json.loads(frame)["data"]
            seen.setdefault(message.key, set()).update(data)
    assert set(CONTRACT.messages) - set(seen) == NEVER_RECORDED
    for key in set(seen) - {"nodeEvent"}:
        schema = CONTRACT.data_schema(CONTRACT.messages[key])
        newer = {
            name
            for name, field in schema.get("properties", {}).items()
            if version == VERSIONS[0] and "x-comfyui-since" in field
        }
        assert seen[key] == set(schema.get("properties", {})) - newer


def ended(frames: list[tuple[str, dict[str, Any]]], prompt_id: str) -> bool:
    return ("executing", {"node": None, "prompt_id": prompt_id}) in frames


@with_recordings
@of_each_session
def test_the_order_is_as_documented(session: Session) -> None:
    """Items 1, 3, 4 and 5 of *Order*, for the client that posted."""
    heard = session.heard_by(0)
    texts = [(each["type"], each["data"]) for each in map(json.loads, (one for one in heard if isinstance(one, str)))]
    assert texts[0][0] == "status"
    assert "sid" in texts[0][1]
    prompt_id = session.posted["body"]["prompt_id"]
    run = [each for each in texts if each[1].get("prompt_id") == prompt_id]
    if session.posted["status"] != 200:
        assert run == []
        return
    names = [name for name, _ in run]
    assert names[:2] == ["execution_start", "execution_cached"]
    ends = {"execution_success", "execution_error", "execution_interrupted"}
    if not ended(texts, prompt_id):
        assert session.name in ("reconnect-same-client-id", "same-client-id-twice-then-first-closes")
        return
    assert len(ends & set(names)) == 1
    (end,) = [index for index, (name, _) in enumerate(texts) if name in ends]
    assert [name for name, _ in texts[end + 1 : end + 3]] == ["status", "executing"]
    assert texts[end + 2][1] == {"node": None, "prompt_id": prompt_id}
    cached = set(run[1][1]["nodes"])
    started: set[str] = set()
    for name, data in run[: names.index(texts[end][0])]:
        if name == "executing":
            started.add(data["node"])
        if name == "executed":
            assert data["node"] in (cached if data["node"] not in started else started)
    assert not cached & started


@with_recordings
@of_each_session
def test_previews_are_where_the_document_says(session: Session) -> None:
    """Item 4 of *Order*, and what feature flags change."""
    kinds = [
        frame[3] if isinstance(frame, bytes) else json.loads(frame)["type"]
        for frame in session.heard_by(0)
        if isinstance(frame, bytes) or json.loads(frame)["type"].startswith("progress")
    ]
    for before, kind, after in zip(["start", *kinds], kinds, [*kinds[1:], "end"], strict=False):
        if kind == 4:
            assert session.sent_flags
            assert (before, after) == ("progress_state", "progress")
        if kind == 1 and not session.sent_flags:
            assert before == "progress"


@with_recordings
@pytest.mark.parametrize("version", VERSIONS)
def test_recipients_are_as_documented(version: str) -> None:
    """A second client hears what is for everybody, and nothing that is for the one who posted."""
    (session,) = (each for each in SESSIONS if str(each) == f"{version}/two-clients-who-sees-what")
    keys = {message.key for frame in session.heard_by(1) if (message := CONTRACT.message_of(frame))}
    answers = {"featureFlags"}
    assert {CONTRACT.messages[key].definition["x-recipients"] for key in keys - answers} == {"everybody"}
    assert {"status", "progressText"} <= keys
