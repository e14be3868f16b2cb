"""The job of a prompt: made, followed, and then posted.

What the prompt is was settled before, by `_prompt_source`; how often it is posted is `_submission`'s to see to, and how
it ends `_live_runs`'. Nothing here waits for the end.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from comfy_facade._callbacks import CallbackCaller, Callbacks
from comfy_facade._cancel import cancel
from comfy_facade._core import ClientCore
from comfy_facade._prompt_results import result_of_job
from comfy_facade._prompt_source import PreparedPrompt
from comfy_facade._run_state import RunState
from comfy_facade._submission import may_be_queued, post_once
from comfy_facade.errors import ComfyUIError
from comfy_facade.job import Job
from comfy_facade.raw_json import RawObject, as_object
from comfy_facade.workflow.randomize import randomize_prompt

DEFAULT_WAIT_MS: Final = 1_000
"""Milliseconds of silence after which REST is asked about a prompt, unless the caller says otherwise."""


def seconds_of(wait_ms: float | None) -> float:
    """Give the silence after which REST is asked about a prompt, in seconds.

    Args:
        wait_ms: What the caller said, in milliseconds, or `None` for the default.

    Returns:
        The silence.

    Raises:
        ValueError: It is no time that can pass.
    """
    if wait_ms is None:
        return DEFAULT_WAIT_MS / 1000
    if not wait_ms > 0:
        raise ValueError(f"wait_ms is {wait_ms}: give milliseconds, more than 0, or None for {DEFAULT_WAIT_MS}")
    return wait_ms / 1000


def make_job(
    core: ClientCore,
    prepared: PreparedPrompt,
    callbacks: Callbacks,
    *,
    disable_random_seed: bool,
    wait_ms: int | None,
    cancel_on_abandon: bool,
    prompt_id: str | None,
    keeps_events: bool,
) -> Job:
    """Make the job of a prompt, which nobody follows yet.

    Args:
        core: The client's parts.
        prepared: The prompt; unless that is disabled, it gets fresh seeds.
        callbacks: Whom to tell of its events.
        disable_random_seed: Whether to leave its seeds as they are.
        wait_ms: Milliseconds of silence after which REST is asked, or `None` for the default.
        cancel_on_abandon: Whether to cancel it on the server if it is left before it is over.
        prompt_id: Its id, or `None` for a new one.
        keeps_events: Whether its events are kept until somebody reads them.

    Returns:
        The job.
    """
    prompt = prepared.prompt
    seeds = {} if disable_random_seed else randomize_prompt(prompt, core.node_defs)
    state = RunState(prompt_id or str(uuid.uuid4()), prompt)
    run = core.runs.make(state, wait=seconds_of(wait_ms))
    return Job(
        run,
        core.runs,
        partial(result_of_job, core),
        partial(cancel, core.routes),
        seeds=seeds,
        caller=CallbackCaller(callbacks, prompt, core.node_defs) if callbacks else None,
        keeps_events=keeps_events,
        cancel_on_abandon=cancel_on_abandon,
        node_defs=core.node_defs,
    )


async def post_job(
    core: ClientCore, job: Job, workflow: Mapping[str, Any] | None, extra_data: Mapping[str, Any] | None
) -> None:
    """Follow a job and post its prompt.

    Args:
        core: The client's parts.
        job: The job.
        workflow: The workflow to embed in files that are saved, or `None`.
        extra_data: What else the server is to know of the prompt, or `None`.

    Raises:
        PromptRejectedError: The server refused the prompt.
        ConnectionFailedError: The server could not be reached.
        AuthenticationError: It refused the credentials.
    """
    await core.listen()
    state = job.run.state
    # Events of a quick run can come before the answer to its post, so it is followed before it is posted.
    core.runs.add(job.run)
    job.begin_post()
    try:
        with job.span.current():
            body = body_of_post(core, state.prompt, state.prompt_id, workflow, extra_data)
            queued = await post_once(core, state, body)
    except ComfyUIError as error:
        job.end_post(may_be_on_server=may_be_queued(error))
        raise
    job.accept(queued)


def body_of_post(
    core: ClientCore,
    prompt: RawObject,
    prompt_id: str,
    workflow: Mapping[str, Any] | None,
    extra_data: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Make what `POST /prompt` takes.

    Args:
        core: The client's parts.
        prompt: The prompt, in API format.
        prompt_id: Its id.
        workflow: The workflow to embed in files that are saved, or `None`.
        extra_data: What else the server is to know of the prompt, or `None`.

    Returns:
        The body.
    """
    body: dict[str, Any] = {
        "prompt": prompt,
        "client_id": core.settings.client_id,
        "prompt_id": prompt_id,
    }
    extra = dict(extra_data or {})
    if workflow is not None:
        extra["extra_pnginfo"] = {**as_object(extra.get("extra_pnginfo")), "workflow": workflow}
    if extra:
        body["extra_data"] = extra
    return body
