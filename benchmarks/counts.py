"""Counts of what the SDK does, that are the same on every machine however busy it is.

Runs go through the whole client, with a server that is only a function and a websocket that is only a queue, so that
neither network nor scheduling has a say. What is counted: requests, frames, JSON documents parsed, calls of functions
as the interpreter sees them, and memory blocks that stay.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final, Self

import httpx

from comfy_facade import AsyncComfyUIApiClient
from comfy_ws import Connection, Handshake

_WARM_UP: Final = 20


@dataclass
class Counts:
    """What was counted.

    Attributes:
        runs: How many runs.
        requests: REST requests.
        frames: Frames that the websocket gave.
        parsed: JSON documents that were parsed, of frames and answers alike.
        calls: Calls of functions, Python's own and built-in ones.
        blocks: Memory blocks more than before.
    """

    runs: int
    requests: int = 0
    frames: int = 0
    parsed: int = 0
    calls: int = 0
    blocks: int = 0

    def per_run(self, name: str) -> float:
        """Give a count divided by the number of runs.

        Args:
            name: The count.
        """
        count: int = getattr(self, name)
        return count / self.runs


class _Server:
    """A server without a network: prompts are over as soon as they are posted."""

    def __init__(self, nodes: int, states: int) -> None:
        self._nodes = nodes
        self._states = states
        self._frames: asyncio.Queue[str] = asyncio.Queue()
        self.requests = 0
        self.frames = 0

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        prompt_id = json.loads(request.content)["prompt_id"]
        for frame in self._of_run(prompt_id):
            self._frames.put_nowait(frame)
        return httpx.Response(200, json={"prompt_id": prompt_id, "number": 1, "node_errors": {}})

    def _of_run(self, prompt_id: str) -> list[str]:
        entry = {"value": 1.0, "max": 1.0, "state": "finished", "prompt_id": prompt_id, "real_node_id": "1"}
        state = {"prompt_id": prompt_id, "nodes": {str(node): entry for node in range(self._nodes)}}
        executed = {"node": "1", "display_node": "1", "output": {"text": ["a"]}, "prompt_id": prompt_id}
        return [
            _event("status", {"status": {"exec_info": {"queue_remaining": 1}}}),
            _event("execution_start", {"prompt_id": prompt_id, "timestamp": 1}),
            _event("execution_cached", {"nodes": [], "prompt_id": prompt_id, "timestamp": 1}),
            *[_event("progress_state", state)] * self._states,
            _event("executing", {"node": "1", "display_node": "1", "prompt_id": prompt_id}),
            _event("executed", executed),
            _event("execution_success", {"prompt_id": prompt_id, "timestamp": 2}),
        ]

    async def connect(self, _handshake: Handshake) -> Connection:
        return self

    async def recv(self) -> str:
        frame = await self._frames.get()
        self.frames += 1
        return frame

    async def send(self, message: str) -> None:
        pass

    async def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


def _event(kind: str, data: dict[str, Any]) -> str:
    return json.dumps({"type": kind, "data": data})


async def count_runs(runs: int, *, nodes: int = 1, states: int = 2, in_flight: int = 1, before: int = 0) -> Counts:
    """Count what runs of a prompt take.

    Args:
        runs: How many runs.
        nodes: How many nodes the graph has.
        states: How many `progress_state` frames the server sends at each run.
        in_flight: How many runs at once.
        before: How many runs the client has behind it already.

    Returns:
        The counts.
    """
    server = _Server(nodes, states)
    prompt = {str(node): {"class_type": "ProbeText", "inputs": {"text": "a"}} for node in range(nodes)}
    counts = Counts(runs)
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(server.answer)) as http_client,
        AsyncComfyUIApiClient(
            url="http://counted", http_client=http_client, websocket_factory=server.connect
        ) as client,
    ):

        async def run(left: list[None]) -> None:
            while left:
                left.pop()
                assert (await client.run_prompt(prompt)).texts == ("a",)

        await run([None] * (_WARM_UP + before))
        server.requests = server.frames = 0
        gc.collect()
        blocks = sys.getallocatedblocks()
        left: list[None] = [None] * runs
        with _Profile() as profile:
            await asyncio.gather(*(run(left) for _ in range(in_flight)))
        gc.collect()
        counts.blocks = sys.getallocatedblocks() - blocks
    counts.requests, counts.frames = server.requests, server.frames
    counts.calls, counts.parsed = profile.calls, profile.parsed - server.requests
    return counts


def count_calls(function: Callable[[], object]) -> int:
    """Count the calls of functions within one call.

    Args:
        function: What to call.
    """
    with _Profile() as profile:
        function()
    return profile.calls


class _Profile:
    """Counts calls for as long as a `with` block lasts."""

    def __init__(self) -> None:
        self.calls = 0
        self.parsed = 0
        self._raw_decode: Final = json.JSONDecoder.raw_decode.__code__

    def __enter__(self) -> Self:
        sys.setprofile(self._see)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _see(self, frame: FrameType, event: str, _argument: object) -> None:
        if event in ("call", "c_call"):
            self.calls += 1
            if event == "call" and frame.f_code is self._raw_decode:
                self.parsed += 1
