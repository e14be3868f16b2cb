"""Prompts wait, run and are stopped, and clients hear of them, in the order of a real server."""

import asyncio
import uuid

import httpx

import comfy_emulator
from tests.emulator.wire import Listener, finished, post, steps_prompt, text_prompt

SLOW = steps_prompt(steps=1000, delay_ms=20)


async def test_lower_numbers_run_first(client: httpx.AsyncClient, server: comfy_emulator.RunningServer) -> None:
    blocking = await post(client, SLOW)
    last = await post(client, text_prompt("last"), number=50)
    middle = await post(client, text_prompt("middle"), number=0.5)
    front = await post(client, text_prompt("front"), front=True)
    ids = [each["prompt_id"] for each in (blocking, front, middle, last)]
    await client.post("/interrupt")
    await finished(client, ids[-1])
    assert list(server.prompts_run) == ids
    assert front["number"] == -1


async def test_the_queue_shows_what_runs_and_what_waits(client: httpx.AsyncClient) -> None:
    running = await post(client, SLOW)
    waiting = await post(client, text_prompt(), client_id="me", extra_data={"a": 1, "api_key_comfy_org": "secret"})
    queue = (await client.get("/queue")).json()
    assert [item[1] for item in queue["queue_running"]] == [running["prompt_id"]]
    number, prompt_id, prompt, extra_data, outputs = queue["queue_pending"][0]
    assert (number, prompt_id, prompt, outputs) == (1, waiting["prompt_id"], text_prompt(), ["1"])
    assert extra_data.pop("create_time") > 0
    assert extra_data == {"a": 1, "client_id": "me"}
    await client.post("/queue", json={"clear": True})
    assert (await client.get("/prompt")).json() == {"exec_info": {"queue_remaining": 1}}
    assert (await client.get(f"/history/{prompt_id}")).json() == {}


async def test_a_targeted_interrupt_spares_other_prompts(client: httpx.AsyncClient) -> None:
    running = (await post(client, SLOW))["prompt_id"]
    await client.post("/interrupt", json={"prompt_id": str(uuid.uuid4())})
    await asyncio.sleep(0.05)
    assert (await client.get("/queue")).json()["queue_running"]
    await client.post("/interrupt", json={"prompt_id": running})
    record = await finished(client, running)
    assert record["status"]["messages"][-1][0] == "execution_interrupted"


async def test_an_interrupt_ends_a_long_step_at_once(client: httpx.AsyncClient) -> None:
    running = (await post(client, steps_prompt(steps=1, delay_ms=600000)))["prompt_id"]
    await asyncio.sleep(0.05)
    await client.post("/interrupt")
    await finished(client, running, seconds=1)


async def test_jobs_are_cancelled_wherever_they_are(client: httpx.AsyncClient) -> None:
    running = (await post(client, SLOW))["prompt_id"]
    waiting = (await post(client, text_prompt()))["prompt_id"]
    assert (await client.get(f"/api/jobs/{waiting}")).json()["status"] == "pending"
    assert (await client.get(f"/api/jobs/{running}")).json()["status"] == "in_progress"
    assert (await client.post(f"/api/jobs/{waiting}/cancel")).json() == {"cancelled": True}
    assert (await client.get(f"/api/jobs/{waiting}")).status_code == 404
    answer = await client.post("/api/jobs/cancel", json={"job_ids": [running, str(uuid.uuid4())]})
    assert answer.json() == {"cancelled": True}
    await finished(client, running)
    assert (await client.get(f"/api/jobs/{running}")).json()["status"] == "cancelled"
    assert (await client.post(f"/api/jobs/{running}/cancel")).json() == {"cancelled": False}


async def test_jobs_are_filtered_and_paged(client: httpx.AsyncClient) -> None:
    ids = [
        (await post(client, text_prompt(str(index)), extra_data={"extra_pnginfo": {"workflow": {"id": "w"}}}))
        for index in range(3)
    ]
    await finished(client, ids[-1]["prompt_id"])
    page = (await client.get("/api/jobs", params={"limit": 2, "workflow_id": "w"})).json()
    assert len(page["jobs"]) == 2
    assert page["pagination"] == {"offset": 0, "limit": 2, "total": 3, "has_more": True}
    assert page["jobs"][0]["preview_output"]["content"] in {"0", "1", "2"}
    assert (await client.get("/api/jobs", params={"status": "failed"})).json()["jobs"] == []


async def test_only_the_prompts_client_hears_its_events(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    async with Listener(server.host, "one") as one, Listener(server.host, "two") as two:
        posted = await post(client, steps_prompt(), client_id="one")
        await one.until_end(posted["prompt_id"])
        assert {"status", "feature_flags"} == set(two.kinds())


async def test_a_prompt_without_client_is_heard_in_part_by_all(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    prompt = steps_prompt(preview="JPEG") | {"3": {"class_type": "ProbeText", "inputs": {"text": "shown"}}}
    async with Listener(server.host, "anybody") as listener:
        posted = await post(client, prompt)
        await finished(client, posted["prompt_id"])
        await listener.until("progress", value=3)
        await asyncio.sleep(0.05)
        heard = set(listener.kinds())
    # Nobody said whether metadata is understood, so previews come plain.
    assert heard == {"status", "feature_flags", "progress_state", "progress", "preview", "progress_text"}


async def test_an_interrupt_of_a_prompt_without_client_is_heard_by_all(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    async with Listener(server.host, "anybody") as listener:
        await post(client, SLOW)
        await client.post("/interrupt")
        await listener.until("execution_interrupted")


async def test_unchanged_nodes_are_not_run_again(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    first = (await post(client, steps_prompt()))["prompt_id"]
    await finished(client, first)
    async with Listener(server.host, "me") as listener:
        changed = steps_prompt() | {
            "3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "a"}}
        }
        second = (await post(client, changed, client_id="me"))["prompt_id"]
        await listener.until_end(second)
        cached = await listener.until("execution_cached")
        assert cached[1]["nodes"] == ["1", "2"]
        ran = [event[1]["node"] for event in listener.events if event[0] == "executing"]
        assert ran == ["3", None]


async def test_freed_memory_holds_no_results(client: httpx.AsyncClient, server: comfy_emulator.RunningServer) -> None:
    await finished(client, (await post(client, steps_prompt()))["prompt_id"])
    await client.post("/free", json={"free_memory": True})
    async with Listener(server.host, "me") as listener:
        await listener.until_end((await post(client, steps_prompt(), client_id="me"))["prompt_id"])
        assert (await listener.until("execution_cached"))[1]["nodes"] == []


async def test_history_is_paged_and_deleted(client: httpx.AsyncClient) -> None:
    ids = [(await post(client, text_prompt(str(index))))["prompt_id"] for index in range(4)]
    await finished(client, ids[-1])
    assert list((await client.get("/history")).json()) == ids
    assert list((await client.get("/history", params={"max_items": 2})).json()) == ids[2:]
    assert list((await client.get("/history", params={"max_items": 2, "offset": 1})).json()) == ids[1:3]
    await client.post("/history", json={"delete": ids[:1]})
    assert list((await client.get("/history")).json()) == ids[1:]
    await client.post("/history", json={"clear": True})
    assert (await client.get("/history")).json() == {}


async def test_progress_without_previews_is_thinned_out(
    client: httpx.AsyncClient, server: comfy_emulator.RunningServer
) -> None:
    async with Listener(server.host, "me") as listener:
        posted = await post(client, steps_prompt(steps=500), client_id="me")
        await listener.until_end(posted["prompt_id"])
        values = [event[1]["value"] for event in listener.events if event[0] == "progress"]
    assert (values[0], values[-1]) == (1, 500)
    assert len(values) < 100


async def test_every_route_but_internal_ones_has_a_prefixed_twin(client: httpx.AsyncClient) -> None:
    for path in ("/queue", "/history", "/object_info", "/settings", "/models", "/features"):
        assert (await client.get(f"/api{path}")).status_code == 200
    assert (await client.get("/api/internal/logs")).status_code == 404
