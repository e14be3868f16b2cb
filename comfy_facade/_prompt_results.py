"""The result of a run, made of what is known of it once it is over.

It asks the server nothing and downloads nothing: files are only named. Whether the run succeeded was judged before;
a failed one has no result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from comfy_facade._core import ClientCore
from comfy_facade._file_methods import output_files
from comfy_facade._run_state import RunState
from comfy_facade.job import Job
from comfy_facade.outputs import in_node_order, texts_of
from comfy_facade.raw_json import RawObject
from comfy_facade.results import OutputFile, PromptResult, Timings


def result_of_job(core: ClientCore, job: Job) -> PromptResult[OutputFile]:
    """Make the result of a job that is over.

    Args:
        core: The client's parts, by which its files download.
        job: The job.

    Returns:
        Its result.
    """
    return make_result(
        core,
        job.run.state,
        seeds=job.seeds,
        node_errors={} if job.queued is None else job.queued.node_errors,
        total=asyncio.get_running_loop().time() - job.began_at,
    )


def make_result(
    core: ClientCore,
    state: RunState,
    *,
    seeds: Mapping[tuple[str, str], int],
    node_errors: RawObject,
    total: float | None,
) -> PromptResult[OutputFile]:
    """Make the result of a run that is over.

    Args:
        core: The client's parts, by which its files download.
        state: The run.
        seeds: The seeds that were set in its prompt, by node id and input name.
        node_errors: What the server had against branches that it dropped, by node id.
        total: Seconds from the call to the end, or `None` if the run was not followed.

    Returns:
        The result.
    """
    outputs = in_node_order(state.outputs, state.prompt)
    files = output_files(core, outputs, state.prompt)
    return PromptResult(
        prompt_id=state.prompt_id,
        images=tuple(file for file in files if file.is_image),
        files=files,
        texts=tuple(texts_of(outputs)),
        outputs=outputs,
        streamed_images=tuple(state.streamed_images),
        seeds=seeds,
        prompt=state.prompt,
        node_errors=node_errors,
        cached_nodes=frozenset(state.cached_nodes),
        timings=Timings(state.started_at, state.ended_at, total),
        events_complete=total is not None and state.unbroken,
    )
