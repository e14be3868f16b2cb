"""JSON of another shape or type than a method expects gives an error of the SDK, or a value that can be read."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from comfy_facade import AsyncComfyUIApiClient, ComfyUIError, OutputFile, UnexpectedResponseError
from tests.facade.method_calls import CALLS, ID

pytestmark = pytest.mark.usefixtures("no_proxies")

JSON_VALUES: list[Any] = [
    [],
    {},
    None,
    True,
    0,
    -1.5,
    "text",
    "",
    [None],
    [[]],
    [{}],
    ["text", 1],
    [[1, 2, 3, 4, 5]],
    {"queue_running": None, "queue_pending": 7},
    {"queue_running": [7, None, [], {}], "queue_pending": ["x", [1], [None, "id"], ["a", "b", "c", "d", "e"]]},
    {ID: None},
    {ID: 5},
    {ID: []},
    {ID: {}},
    {ID: {"prompt": 1, "outputs": 2, "status": 3}},
    {ID: {"prompt": [1], "outputs": {"1": 2, "2": {"images": 3}}, "status": {"messages": [1, [2], [[], {}]]}}},
    {ID: {"outputs": {"1": {"images": [{"filename": 1}, None, {"filename": "x", "subfolder": 2}]}}, "status": {}}},
    {
        ID: {
            "status": {
                "status_str": "error",
                "messages": [["execution_error", 5], ["execution_error", {"traceback": 1}]],
            }
        }
    },
    {ID: {"status": {"status_str": 1, "messages": [["execution_start", {"timestamp": "x"}], [{}, 1]]}}},
    {"prompt_id": None, "number": "x", "node_errors": []},
    {"prompt_id": 5},
    {"error": 5, "node_errors": {"1": 5, "2": {"errors": {"a": 1}}, "3": {"errors": [5]}}},
    {"cancelled": "x"},
    {"name": None},
    {"name": ["a"], "subfolder": 5, "type": {}},
    {"system": None, "devices": None},
    {"system": {}, "devices": {}},
    {"system": {"os": 1, "argv": 2}, "devices": [1, None, {}]},
    {"max_upload_size": "x", "supports_preview_metadata": "x"},
    {"max_upload_size": None},
    {"max_upload_size": [1]},
    {"storage": 1, "users": 2, "migrated": "x"},
    {"storage": "server", "users": [1]},
    {"path": 1, "size": "x", "modified": [], "created": None},
    [{"path": 1, "size": "x"}],
    {"KSampler": 5},
    {"KSampler": {"input": 5}},
    {"KSampler": {"input": {"required": 5}}},
    {"KSampler": {"input": {"required": {"sampler_name": 5, "scheduler": [[1, None, {}]]}}}},
    {"CheckpointLoaderSimple": {"input": {"required": {"ckpt_name": ["COMBO", {"options": 5}]}}}},
]
RAW_VALUES = [b"Infinity", b"NaN", b"-Infinity", b'{"max_upload_size": Infinity}', b'{"max_upload_size": NaN}']
RAW_VALUES += [b'{"max_upload_size": 1e999}', b"1" * 5_000, b'{"number": NaN, "prompt_id": "x"}', b'"\\ud800"']
BODIES = [json.dumps(value).encode() for value in JSON_VALUES] + RAW_VALUES


@contextlib.asynccontextmanager
async def answering(status: int, body: bytes) -> AsyncIterator[AsyncComfyUIApiClient]:
    """A client to which everything is answered alike."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=body, headers={"Content-Type": "application/json"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), trust_env=False, verify=False) as http_client:
        client = AsyncComfyUIApiClient(http_client=http_client, websocket=False, outage_timeout=0)
        yield client
        await client.close()


@pytest.mark.parametrize("method", CALLS)
async def test_json_of_any_other_shape_is_an_error_or_a_value(method: str, tmp_path: Path) -> None:
    for status, body in itertools.product((200, 400, 404, 409), BODIES):
        async with answering(status, body) as client:
            # Errors of the SDK are what is wanted; any other is one that got through.
            with contextlib.suppress(ComfyUIError):
                look_at(await CALLS[method](client, tmp_path))


WRONG_TYPES: list[tuple[str, list[Any]]] = [
    ("create_user", [None, 5, {"id": "x"}, ["x"]]),
    ("queue_prompt", [{"prompt_id": None}, {"prompt_id": 5}, {"number": 1}]),
    ("upload_image", [{"name": None}, {"name": ["a"]}, {"max_upload_size": [1]}]),
    ("list_user_data", [[5], [None], [["a"]], {"a": 1}, "a"]),
    ("list_user_data with everything", [[None], [5], [{"path": "a"}], ["a"]]),
    ("list_user_data with parts", [["a"], [[1]], [None]]),
    ("store_user_data", ["a", {"path": "a"}]),
    ("get_models", [{"a": 1}, [1], [None]]),
    ("get_logs", [[], {}, None, 5]),
    ("get_settings", [[], None, "x"]),
    ("get_node_defs", [[], None, "x"]),
    ("get_queue", [{}, {"queue_running": []}, [], None]),
    ("get_history", [[], None, 5]),
]


@pytest.mark.parametrize(("method", "values"), WRONG_TYPES, ids=[method for method, _ in WRONG_TYPES])
async def test_json_of_the_wrong_type_is_refused(method: str, values: list[Any], tmp_path: Path) -> None:
    for value in values:
        async with answering(200, json.dumps(value).encode()) as client:
            with pytest.raises(UnexpectedResponseError) as caught:
                await CALLS[method](client, tmp_path)
            assert json.loads(caught.value.body) == value


def look_at(value: Any) -> None:
    """Read everything that a value of the SDK offers, for some of it is parsed only then."""
    repr(value)
    if isinstance(value, OutputFile) or not type(value).__module__.startswith("comfy_facade"):
        return
    for name in dir(type(value)):
        member = getattr(type(value), name, None)
        if not name.startswith("_") and isinstance(member, property):
            repr(getattr(value, name))
    if hasattr(value, "items"):
        for _, part in value.items():
            look_at(part)
