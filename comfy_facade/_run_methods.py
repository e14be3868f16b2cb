"""The client's methods that follow a prompt from the post to the result: run and submit.

They say what happens in which order, and what of it is an error. Jobs are made and posted in `_prompt_jobs`, results
built in `_prompt_results`, and runs followed in `_live_runs`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from comfy_facade._callbacks import Callbacks, EventCallback, PreviewCallback, ProgressCallback
from comfy_facade._core import ClientCore
from comfy_facade._prompt_jobs import make_job, post_job
from comfy_facade._prompt_source import prepare
from comfy_facade.errors import PromptTimeoutError
from comfy_facade.job import Job
from comfy_facade.results import OutputFile, PromptResult

if TYPE_CHECKING:
    from comfy_facade._prompt_source import PromptSource


class RunMethods:
    """What a client does with prompts that it follows."""

    _core: ClientCore

    async def run_prompt(
        self,
        prompt: PromptSource,
        *,
        workflow: Mapping[str, Any] | None = None,
        extra_data: Mapping[str, Any] | None = None,
        disable_random_seed: bool = False,
        wait_ms: int | None = None,
        timeout: float | None = None,
        cancel_on_abandon: bool = False,
        prompt_id: str | None = None,
        on_event: EventCallback | None = None,
        on_progress: ProgressCallback | None = None,
        on_preview: PreviewCallback | None = None,
    ) -> PromptResult[OutputFile]:
        """Run a prompt and wait for everything it gives (`POST /prompt`, then the events of `/ws`).

        With an unbroken websocket that post is the only request. After any gap, and without a websocket, the queue
        and the history decide.

        Args:
            prompt: A prompt in API format, or anything that `Workflow.load` takes: a `Workflow`, JSON text, a path,
                bytes, a picture that carries one. It is never changed. A workflow in interface format is converted
                with the server's definitions (`GET /object_info`, read once) and embedded.
            workflow: The workflow in interface format, to be embedded in the files that are saved; by default the
                one that `prompt` is or carries.
            extra_data: What else the server is to know of the prompt: `api_key_comfy_org` for nodes that ask paid
                services, `preview_method` for this prompt's previews. It is sent along and kept nowhere here.
            disable_random_seed: Whether to run the prompt as it is, instead of a copy with fresh seeds.
            wait_ms: Milliseconds of silence after which REST is asked, and between two questions; 1,000 by default.
            timeout: Seconds for the whole call; `None` to wait as long as the server has the prompt.
            cancel_on_abandon: Whether to cancel the prompt on the server if this call ends before it does: by the
                time limit, by cancellation, by Ctrl-C, or because the client is closed.
            prompt_id: The id to run it under, a lower-case UUID that no other prompt has; by default a new one.
            on_event: Called with each event of the run; plain or async.
            on_progress: Called with the `RunProgress` when it changes; plain or async.
            on_preview: Called with each preview; plain or async.

        Returns:
            The files, texts and raw outputs of all output nodes.

        Raises:
            PromptRejectedError: The server refused the prompt.
            NodeExecutionError: A node raised.
            PromptInterruptedError: Somebody interrupted it.
            PromptNotFoundError: It was deleted from the queue, or the server forgot it.
            PromptTimeoutError: The time limit passed. The prompt may still run on the server.
            ConnectionFailedError: The server could not be reached.
            AuthenticationError: It refused the credentials.

        Example:
            ```python
            result = await client.run_prompt(prompt)
            print(await result.images[0].save("pictures/"))
            ```
        """
        callbacks = Callbacks(on_event, on_progress, on_preview)
        job: Job | None = None
        try:
            async with asyncio.timeout(timeout):
                prepared = await prepare(prompt, workflow, self._core.known_node_defs)
                job = make_job(
                    self._core,
                    prepared,
                    callbacks,
                    disable_random_seed=disable_random_seed,
                    wait_ms=wait_ms,
                    cancel_on_abandon=cancel_on_abandon,
                    prompt_id=prompt_id,
                    keeps_events=False,
                )
                await post_job(self._core, job, prepared.embedded(prepared.prompt), extra_data)
                return await job.result()
        except TimeoutError:
            raise PromptTimeoutError("" if job is None else job.prompt_id, timeout or 0.0) from None
        finally:
            if job is not None:
                await job.leave()

    async def submit(
        self,
        prompt: PromptSource,
        *,
        workflow: Mapping[str, Any] | None = None,
        extra_data: Mapping[str, Any] | None = None,
        disable_random_seed: bool = False,
        wait_ms: int | None = None,
        cancel_on_abandon: bool = False,
        prompt_id: str | None = None,
        on_event: EventCallback | None = None,
        on_progress: ProgressCallback | None = None,
        on_preview: PreviewCallback | None = None,
    ) -> Job:
        """Post a prompt and follow it (`POST /prompt`, then the events of `/ws`).

        Args:
            prompt: A prompt in API format, or anything that `Workflow.load` takes: a `Workflow`, JSON text, a path,
                bytes, a picture that carries one. It is never changed. A workflow in interface format is converted
                with the server's definitions (`GET /object_info`, read once) and embedded.
            workflow: The workflow in interface format, to be embedded in the files that are saved; by default the
                one that `prompt` is or carries.
            extra_data: As for `run_prompt`.
            disable_random_seed: Whether to run the prompt as it is, instead of a copy with fresh seeds.
            wait_ms: Milliseconds of silence after which REST is asked; 1,000 by default.
            cancel_on_abandon: Whether to cancel the prompt on the server if the client is closed before it is over.
            prompt_id: The id to run it under, a lower-case UUID that no other prompt has; by default a new one.
            on_event: Called with each event of the run; plain or async.
            on_progress: Called with the `RunProgress` when it changes; plain or async.
            on_preview: Called with each preview; plain or async.

        Returns:
            The job: its events, its progress, its result.

        Raises:
            PromptRejectedError: The server refused the prompt.
            ConnectionFailedError: The server could not be reached.
            AuthenticationError: It refused the credentials.
        """
        callbacks = Callbacks(on_event, on_progress, on_preview)
        prepared = await prepare(prompt, workflow, self._core.known_node_defs)
        job = make_job(
            self._core,
            prepared,
            callbacks,
            disable_random_seed=disable_random_seed,
            wait_ms=wait_ms,
            cancel_on_abandon=cancel_on_abandon,
            prompt_id=prompt_id,
            keeps_events=True,
        )
        try:
            await post_job(self._core, job, prepared.embedded(prepared.prompt), extra_data)
        except BaseException:
            await job.leave()
            raise
        return job
