"""Websocket connections: greetings, feature flags, reconnects and the socket that goes deaf."""

import asyncio
import json
import uuid

import httpx
from websockets.asyncio.client import connect

from tests.contract.servers import ContractServer, Prompts, long_running, stepping, text_prompt
from tests.emulator.wire import FEATURE_FLAGS, Listener


async def test_the_greeting(server: ContractServer, client_id: str) -> None:
    async with Listener(server.host, client_id, feature_flags=False) as listener:
        await asyncio.sleep(0.05)
    kind, data = listener.events[0]
    assert (kind, data["sid"]) == ("status", client_id)
    assert data["status"]["exec_info"]["queue_remaining"] >= 0


async def test_a_client_without_an_id_is_given_one(server: ContractServer, prompts: Prompts) -> None:
    await prompts.idle()
    for path in ("/ws", "/api/ws", "/ws?clientId="):
        async with connect(f"ws://{server.host}{path}") as socket:
            greeting = json.loads(await socket.recv())
            given = greeting["data"]["sid"]
            assert uuid.UUID(given).hex == given
            prompt_id = await prompts.post(text_prompt(), client_id=given)
            heard = ""
            async with asyncio.timeout(10):
                while "execution_success" not in heard:
                    frame = await socket.recv()
                    heard = frame if isinstance(frame, str) else ""
            assert json.loads(heard)["data"]["prompt_id"] == prompt_id


async def test_feature_flags_are_answered(server: ContractServer, client: httpx.AsyncClient, client_id: str) -> None:
    async with Listener(server.host, client_id) as listener:
        answer = await listener.until("feature_flags")
    assert answer[1] == (await client.get("/features")).json()


async def test_only_the_first_message_can_be_feature_flags(server: ContractServer, client_id: str) -> None:
    async with Listener(server.host, client_id, feature_flags=False) as listener:
        await listener.socket.send("not json")
        await listener.socket.send(json.dumps({"type": "other"}))
        await listener.socket.send(FEATURE_FLAGS)
        await (await listener.socket.ping())
        await asyncio.sleep(0.1)
    assert "feature_flags" not in listener.kinds()


async def test_flags_without_preview_metadata_leave_previews_plain(
    server: ContractServer, prompts: Prompts, client_id: str
) -> None:
    await prompts.idle()
    async with Listener(server.host, client_id, feature_flags=False) as listener:
        await listener.socket.send(json.dumps({"type": "feature_flags", "data": {"other": True}}))
        await listener.until("feature_flags")
        await listener.until_end(await prompts.post(stepping(1), client_id=client_id))
    assert "preview" in listener.kinds()
    assert "described_preview" not in listener.kinds()


async def test_a_reconnect_hears_the_running_node_and_what_follows(
    server: ContractServer, prompts: Prompts, client: httpx.AsyncClient, client_id: str
) -> None:
    await prompts.idle()
    async with Listener(server.host, client_id) as listener:
        prompt_id = await prompts.post(long_running("JPEG"), client_id=client_id)
        await listener.until("progress")
        listener.drop()
        await asyncio.sleep(0.3)
        async with Listener(server.host, client_id, feature_flags=False) as again:
            await again.until("preview")
            await client.post("/interrupt", json={"prompt_id": prompt_id})
            await again.until_end(prompt_id)
    assert again.kinds()[0] == "status"
    first = next(event for event in again.events if event[0] == "executing")
    # What happened before is not told again, and which prompt the node belongs to is not said.
    assert first[1] == {"node": "1"}
    assert "execution_start" not in again.kinds()
    # The feature flags of the socket before are forgotten.
    assert "described_preview" not in again.kinds()


async def test_a_reconnect_while_nothing_runs_hears_the_greeting_alone(
    server: ContractServer, prompts: Prompts, client_id: str
) -> None:
    await prompts.idle()
    async with Listener(server.host, client_id) as listener:
        await listener.until_end(await prompts.post(stepping(1), client_id=client_id))
    async with Listener(server.host, client_id, feature_flags=False) as again:
        await asyncio.sleep(0.1)
    assert {event[0] for event in again.events if event[0] != "closed"} == {"status"}


async def test_a_second_socket_goes_deaf_when_the_first_ends(
    server: ContractServer, prompts: Prompts, client: httpx.AsyncClient, client_id: str
) -> None:
    await prompts.idle()
    async with Listener(server.host, client_id) as first:
        prompt_id = await prompts.post(long_running(), client_id=client_id)
        await first.until("progress")
        async with Listener(server.host, client_id) as second:
            await second.until("progress")
            silent = len(first.events)
            async with asyncio.timeout(10):
                while second.kinds().count("progress") < 4:
                    await asyncio.sleep(0.02)
            # The second took the place of the first, which hears nothing any more but stays open.
            assert len(first.events) - silent <= 2
            assert "closed" not in first.kinds()
            await first.socket.close()
            await asyncio.sleep(0.3)
            deaf = len(second.events)
            await client.post("/interrupt", json={"prompt_id": prompt_id})
            await prompts.finished(prompt_id)
            await asyncio.sleep(0.3)
            assert len(second.events) == deaf
            await (await second.socket.ping())
    async with Listener(server.host, client_id) as third:
        await third.until_end(await prompts.post(text_prompt(), client_id=client_id))


async def test_events_of_a_client_that_is_gone_are_lost(
    server: ContractServer, prompts: Prompts, client_id: str
) -> None:
    await prompts.idle()
    prompt_id = await prompts.post(text_prompt(), client_id=client_id)
    await prompts.finished(prompt_id)
    async with Listener(server.host, client_id) as listener:
        await asyncio.sleep(0.1)
    assert set(listener.kinds()) <= {"status", "feature_flags", "closed"}


async def test_a_plain_request_for_the_websocket_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/ws")
    assert answer.status_code == 400
