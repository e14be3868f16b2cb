"""Prompts as jobs, which servers of the older generation do not know."""

import uuid

import httpx
import pytest

from tests.contract.servers import ContractServer, Prompts, long_running, steps_node, text_prompt, two_pictures_and_text
from tests.contract.test_system import JSON


@pytest.fixture(autouse=True)
async def newer_only(client: httpx.AsyncClient, server: ContractServer) -> None:
    if server.is_old:
        assert (await client.get("/api/jobs")).status_code == 404
        assert (await client.get(f"/api/jobs/{uuid.uuid4()}")).status_code == 404
        assert (await client.post("/api/jobs/cancel", json={"job_ids": []})).status_code == 405
        assert (await client.post(f"/api/jobs/{uuid.uuid4()}/cancel")).status_code == 405
        pytest.skip("this version has no jobs, and was seen to have none")


async def test_a_finished_job(client: httpx.AsyncClient, prompts: Prompts) -> None:
    workflow = {"extra_pnginfo": {"workflow": {"id": "some workflow"}}}
    posted = await prompts.posted(two_pictures_and_text(), extra_data=workflow)
    await prompts.finished(posted["prompt_id"])
    answer = await client.get(f"/api/jobs/{posted['prompt_id']}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    job = answer.json()
    assert (job["id"], job["status"], job["priority"]) == (posted["prompt_id"], "completed", posted["number"])
    assert job["create_time"] <= job["execution_start_time"] <= job["execution_end_time"]
    assert (job["outputs_count"], job["previewable_outputs_count"]) == (2, 2)
    assert job["workflow_id"] == "some workflow"
    assert (job["preview_output"]["nodeId"], job["preview_output"]["mediaType"]) == ("2", "images")
    assert job["outputs"].keys() == {"2", "3", "4"}
    assert job["execution_status"]["status_str"] == "success"
    assert job["workflow"].keys() == {"prompt", "extra_data"}


async def test_a_failed_job(client: httpx.AsyncClient, prompts: Prompts) -> None:
    prompt = {
        "1": steps_node(),
        "2": {"class_type": "ProbeFail", "inputs": {"message": "oh", "image": ["1", 0]}},
        "3": {"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}},
    }
    prompt_id = await prompts.post(prompt)
    await prompts.finished(prompt_id)
    job = (await client.get(f"/api/jobs/{prompt_id}")).json()
    assert job["status"] == "failed"
    assert job["execution_error"]["exception_message"] == "oh\n"


async def test_an_unknown_job(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/api/jobs/{uuid.uuid4()}")
    assert (answer.status_code, answer.json()) == (404, {"error": "Job not found"})


async def test_jobs_are_cancelled_wherever_they_are(client: httpx.AsyncClient, prompts: Prompts) -> None:
    await prompts.idle()
    running = await prompts.post(long_running())
    await prompts.running(running)
    waiting = await prompts.post(text_prompt())
    assert (await client.get(f"/api/jobs/{running}")).json()["status"] == "in_progress"
    assert (await client.get(f"/api/jobs/{waiting}")).json()["status"] == "pending"
    assert (await client.post(f"/api/jobs/{waiting}/cancel")).json() == {"cancelled": True}
    assert (await client.get(f"/api/jobs/{waiting}")).status_code == 404
    answer = await client.post(f"/api/jobs/{running}/cancel")
    assert (answer.status_code, answer.json()) == (200, {"cancelled": True})
    await prompts.finished(running)
    assert (await client.get(f"/api/jobs/{running}")).json()["status"] == "cancelled"
    assert (await client.post(f"/api/jobs/{running}/cancel")).json() == {"cancelled": False}


async def test_several_jobs_are_cancelled_at_once(client: httpx.AsyncClient, prompts: Prompts) -> None:
    running = await prompts.post(long_running())
    await prompts.running(running)
    waiting = [await prompts.post(text_prompt()) for _ in range(2)]
    answer = await client.post("/api/jobs/cancel", json={"job_ids": [*waiting, str(uuid.uuid4())]})
    assert (answer.status_code, answer.json()) == (200, {"cancelled": True})
    assert not {item[1] for item in (await prompts.queue())["queue_pending"]} & set(waiting)
    again = await client.post("/api/jobs/cancel", json={"job_ids": waiting})
    assert again.json() == {"cancelled": False}


async def test_bad_cancellations(client: httpx.AsyncClient) -> None:
    odd = await client.post("/api/jobs/cancel", json={"job_ids": ["x"]})
    assert (odd.status_code, odd.json()) == (400, {"error": "job_ids contains invalid id(s)", "invalid_ids": ["x"]})
    missing = await client.post("/api/jobs/cancel", json={})
    assert (missing.status_code, "error" in missing.json()) == (400, True)
    assert (await client.post("/api/jobs/cancel", content=b"{")).status_code == 400


async def test_jobs_are_filtered_sorted_and_paged(client: httpx.AsyncClient, prompts: Prompts) -> None:
    workflow_id = str(uuid.uuid4())
    extra = {"extra_pnginfo": {"workflow": {"id": workflow_id}}}
    mine = [await prompts.post(text_prompt(), extra_data=extra) for _ in range(3)]
    await prompts.finished(mine[-1])
    page = (await client.get("/api/jobs", params={"workflow_id": workflow_id, "limit": 2})).json()
    assert page["pagination"] == {"offset": 0, "limit": 2, "total": 3, "has_more": True}
    assert {each["id"] for each in page["jobs"]} < set(mine)
    assert "outputs" not in page["jobs"][0]
    rest = (await client.get("/api/jobs", params={"workflow_id": workflow_id, "offset": 2})).json()
    assert (len(rest["jobs"]), rest["pagination"]["has_more"]) == (1, False)
    for order in ("asc", "desc"):
        query = {"workflow_id": workflow_id, "sort_by": "created_at", "sort_order": order}
        times = [each["create_time"] for each in (await client.get("/api/jobs", params=query)).json()["jobs"]]
        assert times == sorted(times, reverse=order == "desc")
    failed = await client.get("/api/jobs", params={"workflow_id": workflow_id, "status": "failed,cancelled"})
    assert failed.json()["jobs"] == []


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ({"limit": "0"}, "limit must be a positive integer"),
        ({"limit": "x"}, "limit must be an integer"),
        ({"offset": "x"}, "offset must be an integer"),
        (
            {"status": "bogus"},
            "Invalid status value(s): bogus. Valid values: pending, in_progress, completed, failed, cancelled",
        ),
        ({"sort_by": "x"}, "sort_by must be 'created_at' or 'execution_duration'"),
        ({"sort_order": "x"}, "sort_order must be 'asc' or 'desc'"),
    ],
)
async def test_bad_queries(client: httpx.AsyncClient, query: dict[str, str], complaint: str) -> None:
    answer = await client.get("/api/jobs", params=query)
    assert (answer.status_code, answer.json()) == (400, {"error": complaint})
