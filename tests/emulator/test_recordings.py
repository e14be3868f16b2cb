"""Sessions recorded on real servers, replayed against the emulator of the same version.

What cannot repeat is evened out: times, counters, file numbers, tracebacks, and orders that the real server takes
from a set.
"""

import asyncio
import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import comfy_emulator
from tests import plain_http
from tests.emulator.wire import Event, Listener, decoded, finished
from tests.recordings import recordings

RECORDINGS = recordings("protocol")
NAMES = sorted(path.relative_to(RECORDINGS).as_posix() for path in RECORDINGS.glob("*/ws-*.json"))

TIMES = {"timestamp", "create_time", "execution_start_time", "execution_end_time"}
SETS = {"executed", "current_outputs"}
STEPPING = {"progress", "preview", "described_preview"}

pytestmark = pytest.mark.skipif(not NAMES, reason="the recordings of real servers are not there")


class Recording:
    def __init__(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        if "built-in-SaveImageWebsocket" in path.name:
            # It was recorded on a server that lacks this class, which the emulator has.
            text = text.replace("SaveImageWebsocket", "SaveImageNowhere")
        self.content = json.loads(text)
        self.name: str = self.content["name"]
        self.body: dict[str, Any] = self.content["post_prompt"]["body"]
        self.prompt_id: str = self.body["prompt_id"]
        self.client_ids: list[str] = self.content["client_ids"]
        self.flags: bool = self.content["feature_flags_sent"]

    def events(self, client: int) -> list[Event]:
        return [
            decoded(frame["text"] if "text" in frame else base64.b64decode(frame["binary_base64"]))
            for frame in self.content["frames"]
            if frame.get("client") == client and ("text" in frame or "binary_base64" in frame)
        ]

    @property
    def body_without_id(self) -> dict[str, Any]:
        return {key: value for key, value in self.body.items() if key != "prompt_id"}

    @property
    def is_timed(self) -> bool:
        """Whether how many steps were seen depended on time."""
        return any(word in self.name for word in ("interrupted", "reconnect", "same-client-id", "deleted"))


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, comfy_emulator.RunningServer]]:
    with comfy_emulator.running(version="0.33.0") as newer, comfy_emulator.running(version="0.3.64") as older:
        yield {"0.33.0": newer, "0.3.64": older}


async def replay(recording: Recording, host: str, client: httpx.AsyncClient) -> tuple[Any, list[list[Event]]]:
    """Do what was done when the session was recorded; give the answer to the post and what each client heard."""
    name, prompt_id = recording.name, recording.prompt_id
    await client.post("/free", json={"free_memory": True})
    # Even a refused prompt takes a number, so that the next one at the front gets a negative one.
    await client.post("/prompt", json={})
    if name == "fully-cached-rerun":
        first = await client.post("/prompt", json=recording.body_without_id)
        await finished(client, first.json()["prompt_id"])
    async with Listener(host, recording.client_ids[0], feature_flags=recording.flags) as listener:
        if name == "two-clients-who-sees-what":
            async with Listener(host, recording.client_ids[1]) as other:
                answer = await client.post("/prompt", json=recording.body)
                await listener.until_end(prompt_id)
                await other.until("progress_text")
                await asyncio.sleep(0.05)
            return answer, [without_end(listener), without_end(other)]
        answer = await client.post("/prompt", json=recording.body)
        if answer.status_code != 200:
            await asyncio.sleep(0.05)
            return answer, [without_end(listener)]
        if name == "reconnect-same-client-id":
            await listener.until("progress")
            listener.drop()
            await asyncio.sleep(0.05)
            async with Listener(host, recording.client_ids[0], feature_flags=False) as again:
                await again.until_end(prompt_id)
            return answer, [without_end(listener), without_end(again)]
        if name == "same-client-id-twice-then-first-closes":
            await listener.until("progress")
            async with Listener(host, recording.client_ids[0], feature_flags=False) as second:
                await second.until("executing")
                # What the second hears until the first closes is chance: it starts empty.
                await listener.socket.close()
                await client.post("/interrupt")
                await finished(client, prompt_id)
                await asyncio.sleep(0.1)
            return answer, [without_end(listener), without_end(second)]
        if name == "pending-prompt-deleted":
            await listener.until("progress")
            second_post = await client.post("/prompt", json=recording.body_without_id)
            await client.post("/queue", json={"delete": [second_post.json()["prompt_id"]]})
        if name.startswith("interrupted"):
            await listener.until("progress", value=2)
            await client.post("/interrupt", json={"prompt_id": prompt_id} if name == "interrupted" else None)
        await listener.until_end(prompt_id)
    return answer, [without_end(listener)]


def without_end(listener: Listener) -> list[Event]:
    return [event for event in listener.events if event != ("closed",)]


def evened(value: Any, key: str = "") -> Any:
    """Take out of a JSON value what differs from run to run."""
    if key in TIMES:
        return "a time"
    if key == "traceback":
        return "a traceback"
    if key in ("number", "priority") and type(value) is int:
        return "negative" if value < 0 else "positive"
    if key == "prompt" and isinstance(value, list):
        number, prompt_id, prompt, extra_data, outputs = value
        return [evened(number, "number"), prompt_id, prompt, evened(extra_data), sorted(outputs)]
    if isinstance(value, dict):
        return {name: evened(each, name) for name, each in value.items()}
    if isinstance(value, list):
        items = [evened(each) for each in value]
        return sorted(items) if key in SETS else items
    if isinstance(value, str):
        value = re.sub(r"_temp_[a-z]{5}_", "_temp_xxxxx_", value)
        return "pixels" if value.startswith(("tensor(", "[<PIL")) else re.sub(r"_\d{5}_", "_00000_", value)
    return value


def comparable(events: list[Event], recording: Recording) -> list[Any]:
    found: list[Any] = []
    for event in events:
        even = [event[0], *(evened(part) for part in event[1:])]
        if event[0] == "progress_state" and recording.is_timed:
            even = [event[0], {node: each["state"] for node, each in event[1]["nodes"].items()}]
        if event[0] == "progress" and recording.is_timed:
            even = [event[0]]
        if not is_repetition(even, found, recording):
            found.append(even)
    return sorted_cached(found) if recording.name == "fully-cached-rerun" else found


def is_repetition(even: Any, found: list[Any], recording: Recording) -> bool:
    if even[0] == "status":
        return bool(found) and found[-1] == even
    if recording.is_timed and even[0] in {*STEPPING, "progress_state", "status"}:
        # In a loop of steps each kind of event counts once.
        for earlier in reversed(found):
            if earlier == even:
                return True
            if earlier[0] not in {*STEPPING, "progress_state", "status"}:
                return False
    return False


def sorted_cached(found: list[Any]) -> list[Any]:
    kinds = [event[0] for event in found]
    start, end = kinds.index("execution_cached") + 1, kinds.index("execution_success")
    middle = found[start:end]
    executed = sorted((each for each in middle if each[0] == "executed"), key=lambda each: each[1]["node"])
    sizes = [len(each[1]["nodes"]) for each in middle if each[0] == "progress_state"]
    return [*found[:start], kinds[start:end], executed, sizes, *found[end:]]


@pytest.mark.parametrize("name", NAMES)
async def test_the_emulator_says_what_the_real_server_said(
    name: str, servers: dict[str, comfy_emulator.RunningServer]
) -> None:
    version, file = name.split("/")
    server = servers[version]
    recording = Recording(RECORDINGS / version / file)
    async with plain_http.AsyncClient(base_url=server.url, timeout=20) as client:
        answer, heard = await replay(recording, server.host, client)
        assert answer.status_code == recording.content["post_prompt"]["status"]
        assert evened(answer.json()) == evened(recording.content["post_prompt"]["json"])
        for index, events in enumerate(heard):
            said = comparable(recording.events(index), recording)
            if recording.name == "same-client-id-twice-then-first-closes":
                assert_deaf(index, comparable(events, recording), said)
            else:
                assert comparable(events, recording) == said
        if recording.name != "same-client-id-twice-then-first-closes":
            history = (await client.get(f"/history/{recording.prompt_id}")).json()
            assert evened(history) == evened(recording.content["history"])
            job = await client.get(f"/api/jobs/{recording.prompt_id}")
            assert job.status_code == recording.content["job"]["status"]
            if job.status_code == 200:
                assert evened(job.json()) == evened(recording.content["job"]["json"])
        assert (await client.get("/queue")).json() == recording.content["queue_after"]


def assert_deaf(index: int, events: list[Any], said: list[Any]) -> None:
    if index == 0:
        assert events == said[: len(events)]
    else:
        assert events[:2] == said[:2]
        assert not {"executed", "execution_success", "execution_interrupted"} & {event[0] for event in events}
