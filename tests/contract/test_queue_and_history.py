"""The queue, the history, interrupts and freed memory."""

import uuid
from typing import Any

import httpx
import pytest

from tests.contract.servers import (
    ContractServer,
    Prompts,
    long_running,
    save_of,
    stepping,
    steps_node,
    text_prompt,
    two_pictures_and_text,
)
from tests.contract.test_system import JSON


def messages(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return dict(entry["status"]["messages"])


async def test_the_queue_shows_what_runs_and_what_waits(
    prompts: Prompts, client: httpx.AsyncClient, server: ContractServer
) -> None:
    await prompts.idle()
    running = await prompts.post(long_running())
    await prompts.running(running)
    prompt = text_prompt()
    secret = {"a": 1, "api_key_comfy_org": "secret"}
    waiting = await prompts.posted(prompt, client_id="me", extra_data=secret)
    answer = await client.get("/queue")
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    assert [item[1] for item in answer.json()["queue_running"]] == [running]
    (item,) = (item for item in answer.json()["queue_pending"] if item[1] == waiting["prompt_id"])
    number, prompt_id, graph, extra_data, outputs = item[:5]
    assert (number, prompt_id, graph, outputs) == (waiting["number"], waiting["prompt_id"], prompt, ["1"])
    if server.is_old:
        assert extra_data == {"a": 1, "api_key_comfy_org": "secret", "client_id": "me"}
    else:
        assert extra_data.pop("create_time") > 1_000_000_000_000
        assert extra_data == {"a": 1, "client_id": "me"}


async def test_a_deleted_prompt_never_ran(prompts: Prompts, client: httpx.AsyncClient) -> None:
    await prompts.post(long_running())
    waiting = await prompts.post(text_prompt())
    answer = await client.post("/queue", json={"delete": [waiting]})
    assert (answer.status_code, answer.content) == (200, b"")
    queue = await prompts.queue()
    assert waiting not in [item[1] for item in queue["queue_pending"] + queue["queue_running"]]
    assert (await client.get(f"/history/{waiting}")).json() == {}


async def test_a_running_prompt_is_not_deleted(prompts: Prompts, client: httpx.AsyncClient) -> None:
    running = await prompts.post(long_running())
    await prompts.running(running)
    assert (await client.post("/queue", json={"delete": [running, "nope"]})).status_code == 200
    assert [item[1] for item in (await prompts.queue())["queue_running"]] == [running]


async def test_clearing_removes_all_that_wait_and_nothing_else(prompts: Prompts, client: httpx.AsyncClient) -> None:
    await prompts.idle()
    running = await prompts.post(long_running())
    await prompts.running(running)
    mine = {await prompts.post(text_prompt()) for _ in range(3)}
    if {item[1] for item in (await prompts.queue())["queue_pending"]} != mine:
        pytest.skip("prompts of others wait")
    answer = await client.post("/queue", json={"clear": True})
    assert (answer.status_code, answer.content) == (200, b"")
    queue = await prompts.queue()
    assert [item[1] for item in queue["queue_running"]] == [running]
    assert not mine & {item[1] for item in queue["queue_pending"]}


@pytest.mark.parametrize("content", [b"{", b"null", b"5", b""])
async def test_a_change_that_is_no_object_breaks_the_request(client: httpx.AsyncClient, content: bytes) -> None:
    assert (await client.post("/queue", content=content)).status_code == 500
    assert (await client.post("/history", content=content)).status_code == 500


@pytest.mark.parametrize("body", [{}, [], "x", {"clear": False}, {"delete": []}, {"delete": ["nope"]}])
async def test_a_change_that_says_nothing_changes_nothing(
    client: httpx.AsyncClient, prompts: Prompts, body: object
) -> None:
    mine = await prompts.post(text_prompt())
    await prompts.finished(mine)
    for answer in (await client.post("/queue", json=body), await client.post("/history", json=body)):
        assert (answer.status_code, answer.content) == (200, b"")
    assert mine in (await client.get("/history")).json()


async def test_an_entry_of_the_history(prompts: Prompts, client: httpx.AsyncClient, server: ContractServer) -> None:
    prompt = two_pictures_and_text()
    workflow = {"id": "w", "nodes": []}
    posted = await prompts.posted(prompt, extra_data={"extra_pnginfo": {"workflow": workflow}})
    entry = await prompts.finished(posted["prompt_id"])
    assert entry.keys() == {"prompt", "outputs", "status", "meta"}
    number, prompt_id, graph, extra_data, outputs = entry["prompt"]
    assert (number, prompt_id, graph) == (posted["number"], posted["prompt_id"], prompt)
    assert sorted(outputs) == ["2", "3", "4"]
    assert extra_data["extra_pnginfo"] == {"workflow": workflow}
    assert ("create_time" in extra_data) is not server.is_old
    assert entry["outputs"].keys() == {"2", "3", "4"}
    (saved,), (shown,) = entry["outputs"]["2"]["images"], entry["outputs"]["4"]["images"]
    assert (saved["subfolder"], saved["type"]) == ("contract-suite", "output")
    assert (shown["subfolder"], shown["type"]) == ("", "temp")
    assert entry["meta"]["2"] == {"node_id": "2", "display_node": "2", "parent_node": None, "real_node_id": "2"}
    assert (entry["status"]["status_str"], entry["status"]["completed"]) == ("success", True)
    assert list(messages(entry)) == ["execution_start", "execution_cached", "execution_success"]
    assert messages(entry)["execution_success"].keys() == {"prompt_id", "timestamp"}


async def test_a_failure_in_the_history(prompts: Prompts) -> None:
    prompt = {
        "1": steps_node(),
        "2": {"class_type": "ProbeFail", "inputs": {"message": "bad input ✗", "image": ["1", 0]}},
        "3": {"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}},
    }
    entry = await prompts.run(prompt)
    assert (entry["status"]["status_str"], entry["status"]["completed"]) == ("error", False)
    failure = messages(entry)["execution_error"]
    assert (failure["node_id"], failure["node_type"], failure["executed"]) == ("2", "ProbeFail", ["1"])
    assert (failure["exception_type"], failure["exception_message"]) == ("ValueError", "bad input ✗\n")
    assert any("raise ValueError" in line for line in failure["traceback"])
    assert failure["current_inputs"]["message"] == ["bad input ✗"]
    assert sorted(failure["current_outputs"]) == ["1", "2", "3"]
    assert entry["outputs"] == {}


async def test_pages_of_the_history(prompts: Prompts, client: httpx.AsyncClient) -> None:
    await prompts.idle()
    mine = [await prompts.post(text_prompt()) for _ in range(4)]
    await prompts.finished(mine[-1])
    whole = list((await client.get("/history")).json())
    if whole[-4:] != mine:
        pytest.skip("others ran prompts meanwhile")
    assert list((await client.get("/history", params={"max_items": 2})).json()) == mine[2:]
    page = await client.get("/history", params={"max_items": 2, "offset": len(whole) - 3})
    assert list(page.json()) == mine[1:3]
    assert list((await client.get("/history", params={"max_items": 0})).json()) in ([], whole[:1])


async def test_a_page_size_that_is_no_number_breaks_the_request(client: httpx.AsyncClient) -> None:
    assert (await client.get("/history", params={"max_items": "x"})).status_code == 500
    assert (await client.get("/history", params={"offset": "x"})).status_code == 500


async def test_an_unknown_prompt_has_no_history(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/history/{uuid.uuid4()}")
    assert (answer.status_code, answer.json()) == (200, {})


async def test_deleted_history_is_gone(prompts: Prompts, client: httpx.AsyncClient) -> None:
    kept, deleted = await prompts.post(text_prompt()), await prompts.post(text_prompt())
    await prompts.finished(deleted)
    answer = await client.post("/history", json={"delete": [deleted, "nope"]})
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await client.get(f"/history/{deleted}")).json() == {}
    assert kept in (await client.get("/history")).json()


async def test_cleared_history_is_empty(prompts: Prompts, client: httpx.AsyncClient) -> None:
    await prompts.idle()
    mine = await prompts.post(text_prompt())
    await prompts.finished(mine)
    if list((await client.get("/history")).json()) != [mine]:
        pytest.skip("the history holds prompts of others")
    assert (await client.post("/history", json={"clear": True})).status_code == 200
    assert (await client.get("/history")).json() == {}


@pytest.mark.parametrize("named", [True, False])
async def test_an_interrupt_ends_what_runs(prompts: Prompts, client: httpx.AsyncClient, named: bool) -> None:
    await prompts.idle()
    prompt_id = await prompts.post(long_running())
    await prompts.running(prompt_id)
    answer = await client.post("/interrupt", json={"prompt_id": prompt_id} if named else None)
    assert (answer.status_code, answer.content) == (200, b"")
    entry = await prompts.finished(prompt_id)
    assert (entry["status"]["status_str"], entry["status"]["completed"]) == ("error", False)
    interrupted = messages(entry)["execution_interrupted"]
    assert (interrupted["node_id"], interrupted["node_type"], interrupted["executed"]) == ("1", "ProbeSteps", [])


async def test_an_interrupt_of_another_prompt_spares_what_runs(prompts: Prompts, client: httpx.AsyncClient) -> None:
    prompt_id = await prompts.post(stepping(20, delay_ms=10))
    await prompts.running(prompt_id)
    assert (await client.post("/interrupt", json={"prompt_id": str(uuid.uuid4())})).status_code == 200
    entry = await prompts.finished(prompt_id)
    assert entry["status"]["status_str"] == "success"


async def test_an_interrupt_of_a_waiting_prompt_does_nothing(prompts: Prompts, client: httpx.AsyncClient) -> None:
    running = await prompts.post(long_running())
    waiting = await prompts.post(text_prompt())
    await prompts.running(running)
    await client.post("/interrupt", json={"prompt_id": waiting})
    queue = await prompts.queue()
    assert waiting in [item[1] for item in queue["queue_pending"]]
    assert [item[1] for item in queue["queue_running"]] == [running]


async def test_an_interrupt_while_nothing_runs_does_nothing(prompts: Prompts, client: httpx.AsyncClient) -> None:
    await prompts.idle()
    assert (await client.post("/interrupt")).status_code == 200
    entry = await prompts.run(stepping())
    assert entry["status"]["status_str"] == "success"


async def test_freed_memory_holds_no_results(prompts: Prompts, client: httpx.AsyncClient) -> None:
    prompt = {"1": steps_node(), "2": save_of("1")}
    await prompts.run(prompt)
    assert messages(await prompts.run(prompt))["execution_cached"]["nodes"] == ["1", "2"]
    answer = await client.post("/free", json={"unload_models": True, "free_memory": True})
    assert (answer.status_code, answer.content) == (200, b"")
    await prompts.idle()
    assert await nodes_cached(prompts, prompt) == []


async def nodes_cached(prompts: Prompts, prompt: dict[str, Any]) -> list[str]:
    cached: list[str] = messages(await prompts.run(prompt))["execution_cached"]["nodes"]
    return sorted(cached)


async def test_freeing_without_a_body_breaks_the_request(client: httpx.AsyncClient) -> None:
    answer = await client.post("/free")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/plain; charset=utf-8")
