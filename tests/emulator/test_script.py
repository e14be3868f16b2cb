"""What goes wrong because a test asked for it, at the very place it asked for."""

import asyncio
from typing import Any

import httpx

import comfy_emulator
from comfy_emulator import DropSockets, FailNode, GoDeaf, InterruptPrompt
from tests import plain_http
from tests.emulator.wire import Listener, finished, post, steps_prompt, text_prompt


def outcome(record: dict[str, Any]) -> str:
    name: str = record["status"]["messages"][-1][0]
    return name


async def test_the_third_prompt_fails_in_the_node_that_was_named(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    failure = FailNode(prompt=3, node="2", message="no memory left", exception_type="torch.OutOfMemoryError")
    server.script(failure)
    outcomes = []
    for _ in range(4):
        record = await finished(client, (await post(client, steps_prompt()))["prompt_id"])
        outcomes.append(outcome(record))
        if len(outcomes) == 3:
            told = record["status"]["messages"][-1][1]
    # Nothing changes between the four, so that but for the script all after the first would come from the cache.
    assert outcomes == ["execution_success", "execution_success", "execution_error", "execution_success"]
    assert (told["node_id"], told["node_type"]) == ("2", "PreviewImage")
    assert (told["exception_message"], told["exception_type"]) == ("no memory left\n", "torch.OutOfMemoryError")
    assert server.scripted == []


async def test_a_failure_without_a_prompt_waits_for_the_node(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    server.script(FailNode(node="2"))
    assert outcome(await finished(client, (await post(client, text_prompt()))["prompt_id"])) == "execution_success"
    assert server.scripted == [FailNode(node="2")]
    record = await finished(client, (await post(client, steps_prompt()))["prompt_id"])
    assert record["status"]["messages"][-1][1]["exception_type"] == "RuntimeError"
    assert server.scripted == []


async def test_prompts_are_counted_from_when_the_script_was_given(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    await finished(client, (await post(client, text_prompt("a")))["prompt_id"])
    server.script(FailNode(prompt=1, node="1", message="first"), FailNode(prompt=2, node="1", message="second"))
    messages = []
    for text in ("b", "c"):
        record = await finished(client, (await post(client, text_prompt(text)))["prompt_id"])
        messages.append(record["status"]["messages"][-1][1]["exception_message"])
    assert messages == ["first\n", "second\n"]


async def test_sockets_drop_at_the_step_that_was_named(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    server.script(DropSockets(at_step=10, prompt=1, node="1"))
    async with Listener(server.host, "me") as listener:
        posted = await post(client, steps_prompt(steps=20, preview="JPEG"), client_id="me")
        await listener.until("closed")
    values = [event[1]["value"] for event in listener.events if event[0] == "progress"]
    assert values == list(range(1, 10))
    assert outcome(await finished(client, posted["prompt_id"])) == "execution_success"


async def test_thinned_out_steps_count_too(client: httpx.AsyncClient, server: comfy_emulator.RunningServer) -> None:
    server.script(InterruptPrompt(at_step=10))
    async with Listener(server.host, "me") as listener:
        posted = await post(client, steps_prompt(steps=1000), client_id="me")
        await listener.until_end(posted["prompt_id"])
    assert outcome(await finished(client, posted["prompt_id"])) == "execution_interrupted"
    assert [event[1]["value"] for event in listener.events if event[0] == "progress"] == [1]


async def test_sockets_go_deaf_at_the_step_that_was_named(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    server.script(GoDeaf(at_step=2))
    async with Listener(server.host, "me") as listener:
        posted = await post(client, steps_prompt(steps=3, preview="JPEG"), client_id="me")
        await finished(client, posted["prompt_id"])
        await asyncio.sleep(0.05)
        await (await listener.socket.ping())
        assert [event[1]["value"] for event in listener.events if event[0] == "progress"] == [1]
        assert "closed" not in listener.kinds()


async def test_scripts_of_two_servers_are_apart() -> None:
    with comfy_emulator.running() as one, comfy_emulator.running() as two:
        one.script(FailNode(node="1"))
        assert two.scripted == []
        async with plain_http.AsyncClient(base_url=two.url) as client:
            record = await finished(client, (await post(client, text_prompt()))["prompt_id"])
        assert outcome(record) == "execution_success"
        assert one.scripted == [FailNode(node="1")]
