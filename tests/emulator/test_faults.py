"""The emulator's switches do to its clients what networks and servers do to theirs."""

import asyncio
import time

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

import comfy_emulator
from tests import plain_http
from tests.emulator.wire import Listener, finished, post, steps_prompt, text_prompt

SLOW = steps_prompt(steps=1000, delay_ms=20)


async def test_a_deaf_socket_stays_open_and_hears_nothing(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    async with Listener(server.host, "me") as listener, Listener(server.host, "other") as other:
        server.go_deaf("me")
        before = len(listener.events)
        posted = await post(client, text_prompt(), client_id="me")
        await finished(client, posted["prompt_id"])
        await other.until("progress_text")
        assert len(listener.events) == before
        await (await listener.socket.ping())
        server.go_deaf()
        heard = len(other.events)
        await finished(client, (await post(client, text_prompt("again")))["prompt_id"])
        assert len(other.events) == heard
    async with Listener(server.host, "me") as again:
        await again.until_end((await post(client, text_prompt("more"), client_id="me"))["prompt_id"])


async def test_dropped_sockets_end_without_a_close_frame(server: comfy_emulator.RunningServer) -> None:
    async with Listener(server.host, "me") as listener:
        server.drop_sockets()
        await listener.until("closed")
        assert listener.socket.close_code == 1006


async def test_a_forgetful_server_knows_no_prompt_and_says_nothing(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    done = (await post(client, text_prompt()))["prompt_id"]
    await finished(client, done)
    async with Listener(server.host, "me") as listener:
        running = (await post(client, SLOW, client_id="me"))["prompt_id"]
        waiting = (await post(client, text_prompt("b"), client_id="me"))["prompt_id"]
        await listener.until("progress")
        server.forget()
        await asyncio.sleep(0.05)
        kinds = listener.kinds()
        assert not {"execution_interrupted", "execution_error", "execution_success"} & set(kinds)
        assert (await client.get("/queue")).json() == {"queue_running": [], "queue_pending": []}
        for prompt_id in (done, running, waiting):
            assert (await client.get(f"/history/{prompt_id}")).json() == {}
        after = await post(client, text_prompt(), client_id="me")
        assert after["number"] == 0
        await listener.until_end(after["prompt_id"])
        assert (await listener.until("execution_cached", prompt_id=after["prompt_id"]))[1]["nodes"] == []


async def test_history_can_come_late(client: httpx.AsyncClient, server: comfy_emulator.RunningServer) -> None:
    server.write_history_late(0.3)
    async with Listener(server.host, "me") as listener:
        prompt_id = (await post(client, text_prompt(), client_id="me"))["prompt_id"]
        await listener.until("execution_success")
        begin = time.monotonic()
        assert (await client.get(f"/history/{prompt_id}")).json() == {}
        await listener.until_end(prompt_id)
        assert time.monotonic() - begin > 0.2
        assert (await client.get(f"/history/{prompt_id}")).json() != {}


async def test_answers_fail_as_often_as_asked(client: httpx.AsyncClient, server: comfy_emulator.RunningServer) -> None:
    server.answer_errors(2, status=503, path="/queue")
    assert [(await client.get(path)).status_code for path in ("/features", "/queue", "/queue", "/queue")] == [
        200,
        503,
        503,
        200,
    ]
    server.answer_errors(1)
    assert (await client.get("/features")).status_code == 500
    assert list(server.requests)[-2:] == [("GET", "/queue", 200), ("GET", "/features", 500)]


async def test_websockets_can_be_refused(server: comfy_emulator.RunningServer) -> None:
    server.refuse_websockets(401)
    with pytest.raises(InvalidStatus) as refusal:
        await connect(f"ws://{server.host}/ws")
    assert refusal.value.response.status_code == 401
    server.refuse_websockets(None)
    async with Listener(server.host, "me"):
        pass
    assert [status for _, path, status in server.requests if path == "/ws"] == [401, 101]


async def test_pending_prompts_vanish_as_if_another_client_deleted_them(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    await post(client, SLOW)
    waiting = (await post(client, text_prompt()))["prompt_id"]
    assert server.delete_pending(waiting)
    assert not server.delete_pending(waiting)
    assert (await client.get("/queue")).json()["queue_pending"] == []


async def test_every_preview_arrives_however_quick_the_steps_are(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    async with Listener(server.host, "me") as listener:
        posted = await post(client, steps_prompt(steps=300, preview="JPEG"), client_id="me")
        await listener.until_end(posted["prompt_id"])
        previews = [event for event in listener.events if event[0] == "described_preview"]
    assert len(previews) == 300


def test_servers_share_nothing() -> None:
    with comfy_emulator.running() as one, comfy_emulator.running(version="0.3.64") as two:
        one.answer_errors(1, path="/features")
        assert plain_http.get(f"{two.url}/features").status_code == 200
        assert plain_http.get(f"{one.url}/features").status_code == 500
        assert one.base_directory != two.base_directory
        plain_http.post(f"{one.url}/prompt", json={"prompt": text_prompt()})
        assert plain_http.get(f"{two.url}/history").json() == {}
        directory = one.base_directory
        assert directory.exists()
    assert not directory.exists()


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.33\.0"), comfy_emulator.running(version="9.9"):
        pass


def test_a_taken_port_is_reported(server: comfy_emulator.RunningServer) -> None:
    with pytest.raises(OSError), comfy_emulator.running(port=server.port):
        pass
