"""Prompts that end a real server, or its worker, cost the emulator no more than themselves, and are told in its log."""

import logging
from typing import Any

import httpx
import pytest

import comfy_emulator
from tests import plain_http
from tests.emulator.wire import Listener, finished, post, text_prompt


async def answers_as_before(client: httpx.AsyncClient, server: comfy_emulator.RunningServer) -> None:
    """Fails if another prompt does not run, or its client hears nothing of it."""
    async with Listener(server.host, "after") as listener:
        posted = await post(client, text_prompt("after"), client_id="after")
        await listener.until_end(posted["prompt_id"])
        await finished(client, posted["prompt_id"])


@pytest.mark.parametrize("odd", [["x"], {"a": 1}, 5, True], ids=repr)
@pytest.mark.parametrize("where", ["client_id", "extra_data"])
async def test_nobody_hears_of_a_prompt_whose_client_id_is_no_text(
    client: httpx.AsyncClient,
    server: comfy_emulator.RunningServer,
    caplog: pytest.LogCaptureFixture,
    odd: object,
    where: str,
) -> None:
    async with Listener(server.host, "bystander") as bystander:
        body: dict[str, Any] = {"client_id": odd} if where == "client_id" else {"extra_data": {"client_id": odd}}
        posted = await post(client, text_prompt(), **body)
        record = await finished(client, posted["prompt_id"])
        await answers_as_before(client, server)
        assert not {"execution_start", "executing", "executed"} & set(bystander.kinds())
    assert record["status"]["status_str"] == "success"
    told = [entry.getMessage() for entry in caplog.records if entry.levelno >= logging.ERROR]
    if isinstance(odd, list | dict):
        # Real servers of both versions end, and their clients lose them.
        (error,) = told
        assert posted["prompt_id"] in error
        assert repr(odd) in error
    else:
        assert told == []


@pytest.mark.parametrize("version", ["0.33.0", "0.3.64"])
@pytest.mark.parametrize("odd", [{}, {"inputs": None}, {"inputs": []}, {"inputs": "width"}, {"inputs": 5}], ids=repr)
async def test_an_unreached_node_whose_inputs_are_no_object_fails_its_prompt(
    version: str, odd: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    prompt = text_prompt() | {"9": {"class_type": "EmptyImage", **odd}}
    with comfy_emulator.running(version=version) as server:
        async with plain_http.AsyncClient(base_url=server.url) as client, Listener(server.host, "me") as me:
            if version == "0.33.0" and odd:
                assert (await client.post("/prompt", json={"prompt": prompt})).status_code == 500
            else:
                posted = await post(client, prompt, client_id="me")
                await me.until_end(posted["prompt_id"])
                record = await finished(client, posted["prompt_id"])
                assert (record["status"]["status_str"], record["outputs"]) == ("error", {})
                (error,) = [entry for entry in caplog.records if entry.name == "comfy_emulator.server"]
                assert error.exc_info is not None
                assert posted["prompt_id"] in error.getMessage()
            await answers_as_before(client, server)


async def test_a_frame_that_cannot_be_sent_holds_up_no_other(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("not today")

    sockets = server._server.sockets
    server._do(lambda: sockets.in_line(fail))
    await answers_as_before(client, server)
    (error,) = [entry for entry in caplog.records if entry.name == "comfy_emulator.sockets"]
    assert error.exc_info is not None
