"""What a run costs in requests, and how it lives without a websocket."""

from __future__ import annotations

import asyncio
import logging
import time

import httpx
import pytest

import comfy_emulator
from comfy_facade import (
    AsyncComfyUIApiClient,
    AuthenticationError,
    ClientClosedError,
    ComfyUIError,
    ConnectionFailedError,
    PromptResult,
    UnexpectedResponseError,
)
from tests import prompts


def rest_requests(emulator: comfy_emulator.RunningServer) -> list[tuple[str, str]]:
    return [(method, path) for method, path, _ in emulator.requests if not path.endswith("/ws")]


async def test_an_unbroken_run_makes_one_request(emulator: comfy_emulator.RunningServer) -> None:
    async with AsyncComfyUIApiClient(url=emulator.url) as client:
        await client.run_prompt(prompts.two_images_and_text())
        await client.run_prompt(prompts.two_images_and_text())
    assert rest_requests(emulator) == [("POST", "/api/prompt")] * 2


async def test_polling_asks_queue_then_history(emulator: comfy_emulator.RunningServer) -> None:
    async with AsyncComfyUIApiClient(url=emulator.url, websocket=False) as client:
        result = await client.run_prompt(prompts.one_image())
    asked = rest_requests(emulator)
    assert asked[0] == ("POST", "/api/prompt")
    assert asked[-2:] == [("GET", "/api/queue"), ("GET", f"/api/history/{result.prompt_id}")]
    assert not any(path.endswith("/ws") for _, path, _ in emulator.requests)


@pytest.mark.parametrize("status", [400, 404, 503])
async def test_a_refused_handshake_means_polling(
    emulator: comfy_emulator.RunningServer, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.refuse_websockets(status)
    with caplog.at_level(logging.WARNING, "comfy_facade"):
        async with AsyncComfyUIApiClient(url=emulator.url) as client:
            result = await client.run_prompt(prompts.two_images_and_text())
    assert len(result.images) == 2
    assert str(status) in caplog.text


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_end_at_once(emulator: comfy_emulator.RunningServer, status: int) -> None:
    emulator.refuse_websockets(status)
    began = time.monotonic()
    with pytest.raises(AuthenticationError):
        async with AsyncComfyUIApiClient(url=emulator.url):
            pass
    assert time.monotonic() - began < 2


async def test_no_server(unused_tcp_port: int) -> None:
    async with AsyncComfyUIApiClient(f"127.0.0.1:{unused_tcp_port}") as client:
        with pytest.raises(ConnectionFailedError, match=str(unused_tcp_port)):
            await client.run_prompt(prompts.one_image())
        with pytest.raises(ConnectionFailedError):
            await client.get_queue()


async def test_errors_of_the_server_are_told(emulator: comfy_emulator.RunningServer) -> None:
    async with AsyncComfyUIApiClient(url=emulator.url) as client:
        emulator.answer_errors(1, 500, "/api/queue")
        with pytest.raises(UnexpectedResponseError) as caught:
            await client.get_queue()
        assert caught.value.status == 500
        assert caught.value.route == "GET /api/queue"


@pytest.mark.parametrize("body", [b"<html>log in</html>", b'{"queue_running": [', b"[]", b"null", b'"x"', b"{}", b""])
async def test_answers_that_are_none_are_unexpected(body: bytes) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    async with httpx.AsyncClient(transport=transport) as http_client:
        client = AsyncComfyUIApiClient(http_client=http_client, websocket=False)
        with pytest.raises(UnexpectedResponseError) as caught:
            await client.get_queue()
        assert caught.value.body == body.decode()
        with pytest.raises(UnexpectedResponseError):
            await client.queue_prompt(0, prompt=prompts.one_image())
        await client.close()
        assert not http_client.is_closed


async def test_a_given_client_s_own_time_limit_counts() -> None:
    limits: list[object] = []

    def answer(request: httpx.Request) -> httpx.Response:
        limits.append(request.extensions["timeout"])
        return httpx.Response(200, json={"queue_running": [], "queue_pending": []})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), timeout=7) as http_client:
        client = AsyncComfyUIApiClient(http_client=http_client, websocket=False, timeout=20)
        await client.get_queue()
        await client.close()
    assert limits == [httpx.Timeout(7).as_dict()]


async def test_a_closed_client_says_so(emulator: comfy_emulator.RunningServer) -> None:
    client = AsyncComfyUIApiClient(url=emulator.url)
    await client.init()
    job = await client.submit(prompts.one_image(count=500, delay_ms=10))
    waiting = asyncio.create_task(job.result())
    await asyncio.sleep(0)
    await client.close()
    with pytest.raises(ClientClosedError):
        await waiting
    for call in (client.get_queue(), client.run_prompt(prompts.one_image()), client.init()):
        with pytest.raises(ClientClosedError):
            await call
    await client.close()


async def test_nothing_is_left_after_closing(emulator: comfy_emulator.RunningServer) -> None:
    async with AsyncComfyUIApiClient(url=emulator.url) as client:
        await client.run_prompt(prompts.one_image(), on_event=lambda _: None)
        await client.submit(prompts.one_image(count=500, delay_ms=10))
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not others


async def test_a_cancelled_run_leaves_nothing(emulator: comfy_emulator.RunningServer) -> None:
    async with AsyncComfyUIApiClient(url=emulator.url) as client:
        run = asyncio.create_task(client.run_prompt(prompts.one_image(count=500, delay_ms=10), on_event=lambda _: None))
        await asyncio.sleep(0.2)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        await asyncio.sleep(0.05)
        names = {task.get_name() for task in asyncio.all_tasks()}
        assert "comfy_facade callbacks" not in names


async def test_without_a_client_id_of_its_own_a_session_has_always_the_same(
    emulator: comfy_emulator.RunningServer,
) -> None:
    first, second = (AsyncComfyUIApiClient(url=emulator.url, session_name="studio") for _ in range(2))
    assert first.client_id == second.client_id
    assert AsyncComfyUIApiClient().client_id != AsyncComfyUIApiClient().client_id


async def test_the_address_comes_from_the_environment(
    emulator: comfy_emulator.RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMFYUI_URL", emulator.url)
    async with AsyncComfyUIApiClient() as client:
        result = await client.run_prompt(prompts.one_image())
    assert isinstance(result, PromptResult)
    assert AsyncComfyUIApiClient("127.0.0.1:8188").base_url == "http://127.0.0.1:8188"
    assert AsyncComfyUIApiClient(url="https://host/base/").base_url == "https://host/base"


async def test_the_bindings_reach_every_other_operation(emulator: comfy_emulator.RunningServer) -> None:
    from comfy_rest.api.system import get_extensions

    async with AsyncComfyUIApiClient(url=emulator.url) as client:
        assert isinstance(await get_extensions.asyncio(client=client.rest), list)


def test_every_error_has_one_root() -> None:
    import comfy_facade
    from comfy_facade import errors

    classes = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert all(issubclass(value, ComfyUIError) for value in classes)
    assert all(hasattr(comfy_facade, value.__name__) for value in classes)
