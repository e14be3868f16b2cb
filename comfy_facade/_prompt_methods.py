"""The client's methods for prompts: submit, run, queue, wait, ask.

They say what happens in which order, and what of it is an error. Jobs are made and posted in `_prompt_jobs`, results
built in `_prompt_results`, and runs followed in `_live_runs`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from comfy_facade._callbacks import Callbacks, EventCallback, PreviewCallback, ProgressCallback
from comfy_facade._core import ClientCore
from comfy_facade._prompt_jobs import DEFAULT_WAIT_MS, body_of_post, make_job, post_job
from comfy_facade._prompt_results import make_result
from comfy_facade._prompt_source import prepare
from comfy_facade._rest_state import certain_state
from comfy_facade._run_state import Absent, Failed, Finished, Pending, Running, RunState
from comfy_facade._submission import post_once
from comfy_facade.errors import (
    PromptFailedError,
    PromptNotFinishedError,
    PromptNotFoundError,
    PromptTimeoutError,
)
from comfy_facade.job import Job
from comfy_facade.models import PromptStatus, QueuedPrompt
from comfy_facade.results import OutputFile, PromptResult
from comfy_facade.workflow.randomize import randomize_prompt

if TYPE_CHECKING:
    from comfy_facade._prompt_source import PromptSource


class PromptMethods:
    """What a client does with prompts."""

    _core: ClientCore

    async def run_prompt(
        self,
        prompt: PromptSource,
        *,
        workflow: Mapping[str, Any] | None = None,
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
                await post_job(self._core, job, prepared.embedded(prepared.prompt))
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
            await post_job(self._core, job, prepared.embedded(prepared.prompt))
        except BaseException:
            await job.leave()
            raise
        return job

    async def queue_prompt(
        self, queue_index: int, *, prompt: PromptSource, workflow: Mapping[str, Any] | None = None
    ) -> QueuedPrompt:
        """Put a prompt in the queue and do not wait (`POST /prompt`).

        Args:
            queue_index: 0 for the end of the queue, -1 for its front; any other number is the prompt's place itself.
            prompt: A prompt in API format, or anything that `Workflow.load` takes; no seed in it is changed.
            workflow: The workflow in interface format, to be embedded in the files that are saved; by default the
                one that `prompt` is or carries.

        Returns:
            The server's answer.

        Raises:
            PromptRejectedError: The server refused the prompt.
            ConnectionFailedError: The server could not be reached.
        """
        prepared = await prepare(prompt, workflow, self._core.known_node_defs)
        workflow = prepared.embedded(prepared.prompt)
        body = body_of_post(self._core, prepared.prompt, str(uuid.uuid4()), workflow)
        if queue_index == -1:
            body["front"] = True
        elif queue_index != 0:
            body["number"] = queue_index
        return await post_once(self._core, RunState(body["prompt_id"], {}), body)

    async def wait_for_prompt(
        self, prompt_id: str, *, wait_ms: int | None = None, timeout: float | None = None
    ) -> None:
        """Wait until a prompt is over, well or not, whoever queued it.

        Args:
            prompt_id: Which prompt.
            wait_ms: Milliseconds between two questions; 1,000 by default.
            timeout: Seconds to wait at most; `None` to wait as long as the server has it.

        Raises:
            PromptNotFoundError: The server knows no such prompt.
            PromptTimeoutError: The time limit passed.
            ConnectionFailedError: The server was away for too long.
        """
        state = RunState(prompt_id, {}, unbroken=False, needs_rest=True)
        run = self._core.runs.make(state, wait=(wait_ms or DEFAULT_WAIT_MS) / 1000)
        try:
            self._core.runs.add(run)
            self._core.runs.watch(run)
            async with asyncio.timeout(timeout):
                outcome = await run.wait()
        except TimeoutError:
            raise PromptTimeoutError(prompt_id, timeout or 0.0) from None
        finally:
            self._core.runs.discard(run)
        if isinstance(outcome, Failed) and not isinstance(outcome.error, PromptFailedError):
            raise outcome.error

    async def get_prompt_status(self, prompt_id: str) -> PromptStatus:
        """Ask where a prompt is (`GET /queue`, `GET /history/{prompt_id}`).

        Args:
            prompt_id: Which prompt.

        Returns:
            Whether it is pending, running or done.

        Raises:
            PromptNotFoundError: The server knows no such prompt.
        """
        match await certain_state(self._core.routes, prompt_id):
            case Pending(position):
                return PromptStatus(running=False, pending=True, done=False, position=position)
            case Running():
                return PromptStatus(running=True, pending=False, done=False)
            case Finished():
                return PromptStatus(running=False, pending=False, done=True)
            case Absent():
                raise PromptNotFoundError(prompt_id)

    async def get_prompt_result(self, prompt_id: str) -> PromptResult[OutputFile]:
        """Get what a prompt gave, once it is over (`GET /history/{prompt_id}`).

        Args:
            prompt_id: Which prompt.

        Returns:
            Its files, texts and raw outputs. Images sent over a socket are not kept by the server.

        Raises:
            PromptNotFoundError: The server knows no such prompt.
            PromptNotFinishedError: It is still pending or running.
            NodeExecutionError: A node had raised.
            PromptInterruptedError: It had been interrupted.
        """
        entry = await self._core.routes.get_history_entry(prompt_id)
        if entry is None:
            rest_state = await certain_state(self._core.routes, prompt_id)
            if isinstance(rest_state, Absent):
                raise PromptNotFoundError(prompt_id)
            if not isinstance(rest_state, Finished):
                raise PromptNotFinishedError(prompt_id)
            entry = rest_state.entry
        item = entry.item
        state = RunState(prompt_id, {} if item is None else item.prompt)
        state.reconcile(Finished(entry))
        if isinstance(state.outcome, Failed):
            raise state.outcome.error
        return make_result(self._core, state, seeds={}, node_errors={}, total=None)

    def randomize_prompt(self, prompt: dict[str, Any]) -> dict[tuple[str, str], int]:
        """Set fresh seeds in a prompt, in place.

        Inputs that are seeds by their definition are found too once this client has read the server's definitions
        (`get_node_defs`).

        Args:
            prompt: A prompt in API format; it is changed.

        Returns:
            The seeds that were set, by node id and input name.
        """
        return randomize_prompt(prompt, self._core.node_defs)
