"""Answers that are not what they should be come as errors of the SDK, whatever the method, never as a `KeyError`."""

from __future__ import annotations

import contextlib
import gzip
import inspect
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import comfy_emulator
from comfy_facade import (
    AsyncComfyUIApiClient,
    ComfyUIApiClient,
    ComfyUIError,
    ConnectionFailedError,
    OutputFile,
    UnexpectedResponseError,
)
from tests import prompts
from tests.proxies.requests import Answer, Seen
from tests.proxies.reverse import ReverseProxy, reverse_proxy

pytestmark = pytest.mark.usefixtures("no_proxies")

ID = "00000000-0000-4000-8000-000000000000"
FILE = {"filename": "a.png"}

Call = Callable[[AsyncComfyUIApiClient, Path], Awaitable[Any]]

CALLS: dict[str, Call] = {
    "run_prompt": lambda client, _: client.run_prompt(prompts.one_image(), wait_ms=10, timeout=5),
    "submit": lambda client, _: _result(client),
    "queue_prompt": lambda client, _: client.queue_prompt(0, prompt=prompts.one_image()),
    "wait_for_prompt": lambda client, _: client.wait_for_prompt(ID, wait_ms=10, timeout=5),
    "get_prompt_status": lambda client, _: client.get_prompt_status(ID),
    "get_prompt_result": lambda client, _: client.get_prompt_result(ID),
    "get_queue": lambda client, _: client.get_queue(),
    "get_history": lambda client, _: client.get_history(),
    "get_items": lambda client, _: client.get_items("history"),
    "delete_item": lambda client, _: client.delete_item("queue", ID),
    "clear_items": lambda client, _: client.clear_items("history"),
    "interrupt": lambda client, _: client.interrupt(),
    "cancel_prompt": lambda client, _: client.cancel_prompt(ID),
    "get_extensions": lambda client, _: client.get_extensions(),
    "get_embeddings": lambda client, _: client.get_embeddings(),
    "get_node_defs": lambda client, _: client.get_node_defs(),
    "get_samplers": lambda client, _: client.get_samplers(),
    "get_schedulers": lambda client, _: client.get_schedulers(),
    "get_sd_models": lambda client, _: client.get_sd_models(),
    "get_loras": lambda client, _: client.get_loras(),
    "get_vaes": lambda client, _: client.get_vaes(),
    "get_cnet_models": lambda client, _: client.get_cnet_models(),
    "get_upscale_models": lambda client, _: client.get_upscale_models(),
    "get_hypernetworks": lambda client, _: client.get_hypernetworks(),
    "get_model_folders": lambda client, _: client.get_model_folders(),
    "get_models": lambda client, _: client.get_models("checkpoints"),
    "view_metadata": lambda client, _: client.view_metadata("checkpoints", "a.safetensors"),
    "get_logs": lambda client, _: client.get_logs(),
    "get_system_stats": lambda client, _: client.get_system_stats(),
    "get_features": lambda client, _: client.get_features(),
    "free": lambda client, _: client.free(unload_models=True),
    "get_user_config": lambda client, _: client.get_user_config(),
    "create_user": lambda client, _: client.create_user("me"),
    "get_settings": lambda client, _: client.get_settings(),
    "get_setting": lambda client, _: client.get_setting("a"),
    "store_settings": lambda client, _: client.store_settings({"a": 1}),
    "store_setting": lambda client, _: client.store_setting("a", 1),
    "get_user_data": lambda client, _: client.get_user_data("a.txt"),
    "store_user_data": lambda client, _: client.store_user_data("a.txt", b"x"),
    "list_user_data": lambda client, _: client.list_user_data("workflows"),
    "list_user_data with everything": lambda client, _: client.list_user_data("workflows", full_info=True),
    "list_user_data with parts": lambda client, _: client.list_user_data("workflows", split=True),
    "delete_user_data": lambda client, _: client.delete_user_data("a.txt"),
    "move_user_data": lambda client, _: client.move_user_data("a.txt", "b.txt"),
    "upload_image": lambda client, _: client.upload_image(b"x", "x.png"),
    "upload_mask": lambda client, _: client.upload_mask(b"x", "x.png", original=FILE),
    "download": lambda client, directory: client.download(FILE, directory),
}
# They open the websocket, end it, or ask nobody.
ASK_NOTHING = {"init", "close", "events", "view_url", "randomize_prompt"}


async def _result(client: AsyncComfyUIApiClient) -> Any:
    return await (await client.submit(prompts.one_image(), wait_ms=10)).result()


def test_every_method_is_here() -> None:
    methods = {
        name
        for name, member in inspect.getmembers(AsyncComfyUIApiClient, inspect.isfunction)
        if not name.startswith("_") and name not in ASK_NOTHING
    }
    assert {name.partition(" ")[0] for name in CALLS} == methods


@pytest.fixture
def proxy(emulator: comfy_emulator.RunningServer) -> Iterator[ReverseProxy]:
    with reverse_proxy(emulator.url) as running:
        yield running


def client_of(proxy: ReverseProxy, **options: Any) -> AsyncComfyUIApiClient:
    return AsyncComfyUIApiClient(url=proxy.url, websocket=False, timeout=2, outage_timeout=0.1, **options)


LOGIN = b"<!DOCTYPE html><html><title>Log in</title></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}

PAGES: dict[str, Answer] = {
    "login page": Answer(200, LOGIN, HTML),
    "login page that says it is JSON": Answer(200, LOGIN, {"Content-Type": "application/json"}),
    "truncated JSON": Answer(200, b'{"queue_running": [', {"Content-Type": "application/json"}),
    "no UTF-8": Answer(200, b'"\xff\xfe', {"Content-Type": "application/json"}),
    "deep JSON": Answer(200, b"[" * 100_000, {"Content-Type": "application/json"}),
    "502": Answer(502, b"<html><h1>502 Bad Gateway</h1></html>", HTML),
    "503": Answer(503, b"", {}),
    "418": Answer(418, b"I'm a teapot", {}),
    "201": Answer(201, b"{}", {"Content-Type": "application/json"}),
}
# A user's file may be anything, an HTML page too.
TAKES_PAGES = {"get_user_data"}


@pytest.mark.parametrize("page", PAGES)
async def test_no_method_takes_a_page_for_an_answer(proxy: ReverseProxy, page: str, tmp_path: Path) -> None:
    proxy.check = lambda _: PAGES[page]
    async with client_of(proxy) as client:
        for name, call in CALLS.items():
            # It would ask for seconds whether the server is back; one such method is enough.
            if page in ("502", "503") and name in ("run_prompt", "submit"):
                continue
            is_content = PAGES[page].status == 200 and (
                name in TAKES_PAGES or (name == "download" and page != "login page")
            )
            if is_content:
                await call(client, tmp_path)
                continue
            with pytest.raises(UnexpectedResponseError) as caught:
                await call(client, tmp_path)
            error = caught.value
            assert error.status == PAGES[page].status, name
            assert error.body == PAGES[page].body[:2_000].decode("utf-8", "replace"), name
            assert error.route.partition(" ")[2] in {request.path for request in proxy.seen}, name
            assert error.route in str(error)


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


EMPTY_IS_RIGHT = {
    "delete_item",
    "clear_items",
    "interrupt",
    "free",
    "store_settings",
    "store_setting",
    "get_user_data",
    "delete_user_data",
    "download",
}


async def test_an_empty_answer_is_one_only_where_it_belongs(proxy: ReverseProxy, tmp_path: Path) -> None:
    proxy.check = lambda _: Answer(200)
    async with client_of(proxy) as client:
        for name, call in CALLS.items():
            if name in EMPTY_IS_RIGHT:
                await call(client, tmp_path)
            else:
                with pytest.raises(UnexpectedResponseError) as caught:
                    await call(client, tmp_path)
                assert (caught.value.status, caught.value.body) == (200, ""), name


async def test_a_login_page_before_the_websocket_is_told_by_rest(proxy: ReverseProxy) -> None:
    proxy.check = lambda _: PAGES["login page"]
    async with AsyncComfyUIApiClient(url=proxy.url, outage_timeout=0.1) as client:
        with pytest.raises(UnexpectedResponseError, match="not a login page") as caught:
            await client.run_prompt(prompts.one_image())
    assert caught.value.route == "POST /api/prompt"
    assert caught.value.body == LOGIN.decode()


@pytest.mark.parametrize("page", ["login page", "truncated JSON", "502"])
async def test_answers_that_turn_bad_during_a_run_end_it(proxy: ReverseProxy, page: str) -> None:
    async with client_of(proxy) as client:
        job = await client.submit(prompts.one_image(count=500, delay_ms=10))
        proxy.check = lambda _: PAGES[page]
        with pytest.raises(UnexpectedResponseError) as caught:
            await job.result()
    assert caught.value.status == PAGES[page].status
    assert caught.value.route == "GET /api/queue"


async def test_a_login_page_instead_of_a_picture_leaves_no_file(proxy: ReverseProxy, tmp_path: Path) -> None:
    async with client_of(proxy) as client:
        result = await client.run_prompt(prompts.one_image(), timeout=10)
        proxy.check = lambda _: PAGES["login page"]
        for call in (result.images[0].read(), result.images[0].save(tmp_path), client.download(FILE, tmp_path)):
            with pytest.raises(UnexpectedResponseError, match="a page instead of the file") as caught:
                await call
            assert (caught.value.status, caught.value.body) == (200, LOGIN.decode())
    assert list(tmp_path.iterdir()) == []


async def test_a_refused_upload_of_a_proxy_is_told(proxy: ReverseProxy) -> None:
    def check(request: Seen) -> Answer | None:
        return PAGES["502"] if "/upload/" in request.path else None

    proxy.check = check
    async with client_of(proxy) as client:
        for call in (client.upload_image(b"x", "x.png"), client.upload_mask(b"x", "x.png", original=FILE)):
            with pytest.raises(UnexpectedResponseError, match="502 Bad Gateway") as caught:
                await call
            assert caught.value.route.startswith("POST /api/upload/")


async def test_a_body_that_is_not_encoded_as_it_says_is_told(proxy: ReverseProxy) -> None:
    proxy.check = lambda _: Answer(200, b"no gzip", {"Content-Encoding": "gzip"})
    async with client_of(proxy) as client:
        with pytest.raises(UnexpectedResponseError, match="cannot be decoded") as caught:
            await client.get_queue()
        assert (caught.value.status, caught.value.route) == (200, "GET /api/queue")


async def test_an_answer_that_is_cut_is_a_failed_connection(proxy: ReverseProxy) -> None:
    proxy.check = lambda _: Answer(200, b'{"queue_running": [], ', {"Content-Type": "application/json"}, cut=True)
    async with client_of(proxy) as client:
        with pytest.raises(ConnectionFailedError) as caught:
            await client.get_queue()
        assert caught.value.is_sent


async def test_a_file_that_a_hook_has_read_is_saved_all_the_same(proxy: ReverseProxy, tmp_path: Path) -> None:
    async def read(response: httpx.Response) -> None:
        await response.aread()

    proxy.check = lambda _: Answer(200, b"picture", {"Content-Type": "image/png"})
    async with httpx.AsyncClient(event_hooks={"response": [read]}) as http_client:
        client = client_of(proxy, http_client=http_client)
        assert (await client.download(FILE, tmp_path / "a.png")).read_bytes() == b"picture"
        await client.close()


async def test_a_file_that_a_proxy_encodes_unasked_is_decoded(proxy: ReverseProxy, tmp_path: Path) -> None:
    data = bytes(range(256)) * 100
    headers = {"Content-Encoding": "gzip", "Content-Type": "image/png", "ETag": '"1"'}
    proxy.check = lambda _: Answer(200, gzip.compress(data), headers)
    async with client_of(proxy) as client:
        assert (await client.download(FILE, tmp_path / "a.png")).read_bytes() == data


def test_synchronous_code(proxy: ReverseProxy) -> None:
    proxy.check = lambda _: PAGES["login page"]
    with ComfyUIApiClient(url=proxy.url, websocket=False) as client:
        with pytest.raises(UnexpectedResponseError):
            client.get_queue()
        with pytest.raises(UnexpectedResponseError):
            client.run_prompt(prompts.one_image())


async def test_a_long_page_is_shortened(proxy: ReverseProxy) -> None:
    proxy.check = lambda _: Answer(200, b"<" * 1_000_000)
    async with client_of(proxy) as client:
        with pytest.raises(UnexpectedResponseError) as caught:
            await client.get_queue()
    assert len(caught.value.body) == 2_000
    assert len(str(caught.value)) < 500
