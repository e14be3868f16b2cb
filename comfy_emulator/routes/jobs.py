"""Listing, showing and cancelling prompts as jobs."""

from collections.abc import Iterable

from aiohttp import web

from comfy_emulator.jobs import STATES, JobFilter, finished_job, listed_jobs, queued_job
from comfy_emulator.json_types import JsonObject, is_array, is_object
from comfy_emulator.routes.prompts import is_canonical_id
from comfy_emulator.server import SERVER, Server


class _BadQueryError(Exception):
    """A query that is answered with 400 and its text."""


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return [
        web.get("/api/jobs", _list),
        web.get("/api/jobs/{job_id}", _show),
        web.post("/api/jobs/cancel", _cancel_several),
        web.post("/api/jobs/{job_id}/cancel", _cancel),
    ]


def _error(text: str, status: int) -> web.Response:
    return web.json_response({"error": text}, status=status)


async def _list(request: web.Request) -> web.Response:
    try:
        wanted = _filter(request)
    except _BadQueryError as failure:
        return _error(str(failure), 400)
    jobs, total = listed_jobs(_all_jobs(request.config_dict[SERVER]), wanted)
    pagination = {
        "offset": wanted.offset,
        "limit": wanted.limit,
        "total": total,
        "has_more": wanted.offset + len(jobs) < total,
    }
    return web.json_response({"jobs": jobs, "pagination": pagination})


def _filter(request: web.Request) -> JobFilter:
    query = request.query
    states = tuple(state.strip().lower() for state in query.get("status", "").split(",") if state.strip())
    unknown = [state for state in states if state not in STATES]
    if unknown:
        text = f"Invalid status value(s): {', '.join(unknown)}. Valid values: {', '.join(STATES)}"
        raise _BadQueryError(text)
    sort_by = query.get("sort_by", "created_at").lower()
    if sort_by not in ("created_at", "execution_duration"):
        raise _BadQueryError("sort_by must be 'created_at' or 'execution_duration'")
    order = query.get("sort_order", "desc").lower()
    if order not in ("asc", "desc"):
        raise _BadQueryError("sort_order must be 'asc' or 'desc'")
    limit = _integer(request, "limit")
    if limit is not None and limit <= 0:
        raise _BadQueryError("limit must be a positive integer")
    return JobFilter(
        states=states or None,
        workflow_id=query.get("workflow_id"),
        by_duration=sort_by == "execution_duration",
        descending=order == "desc",
        offset=max(0, _integer(request, "offset") or 0),
        limit=limit,
    )


def _integer(request: web.Request, name: str) -> int | None:
    if name not in request.query:
        return None
    try:
        return int(request.query[name])
    except ValueError as failure:
        raise _BadQueryError(f"{name} must be an integer") from failure


def _all_jobs(server: Server) -> Iterable[JsonObject]:
    if server.queue.running is not None:
        yield queued_job(server.queue.running, "in_progress")
    yield from (queued_job(item, "pending") for item in server.queue.pending)
    for prompt_id, record in server.queue.history.items():
        yield finished_job(prompt_id, record, detailed=False)


async def _show(request: web.Request) -> web.Response:
    queue = request.config_dict[SERVER].queue
    job_id = request.match_info["job_id"]
    if job_id in queue.history:
        return web.json_response(finished_job(job_id, queue.history[job_id], detailed=True))
    if queue.running is not None and queue.running.prompt_id == job_id:
        return web.json_response(queued_job(queue.running, "in_progress"))
    for item in queue.pending:
        if item.prompt_id == job_id:
            return web.json_response(queued_job(item, "pending"))
    return _error("Job not found", 404)


def _cancelled(server: Server, job_id: str) -> bool:
    return server.interrupt(job_id) or server.queue.delete(job_id)


async def _cancel(request: web.Request) -> web.Response:
    cancelled = _cancelled(request.config_dict[SERVER], request.match_info["job_id"])
    return web.json_response({"cancelled": cancelled})


async def _cancel_several(request: web.Request) -> web.Response:
    try:
        posted = await request.json()
    except ValueError:
        return _error("Request body must be valid JSON", 400)
    job_ids = posted.get("job_ids") if is_object(posted) else None
    if not is_array(job_ids):
        return _error("job_ids must be a list", 400)
    invalid = [each if isinstance(each, str) else repr(each) for each in job_ids if not is_canonical_id(each)]
    if invalid:
        return web.json_response({"error": "job_ids contains invalid id(s)", "invalid_ids": invalid}, status=400)
    cancelled = [_cancelled(request.config_dict[SERVER], job_id) for job_id in job_ids]
    return web.json_response({"cancelled": any(cancelled)})
