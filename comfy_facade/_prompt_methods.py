"""The client's methods for prompts: submit, run, queue, wait, ask, interrupt."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeVar, overload

from comfy_facade._callbacks import CallbackCaller, Callbacks, EventCallback, PreviewCallback, ProgressCallback
from comfy_facade._core import ClientCore
from comfy_facade._file_methods import output_files
from comfy_facade._rest_state import ask_rest
from comfy_facade._run_state import Absent, Failed, Finished, Pending, RestState, Running, RunState
from comfy_facade.errors import (
    InvalidWorkflowError,
    PromptFailedError,
    PromptNotFinishedError,
    PromptNotFoundError,
    PromptTimeoutError,
    UnsupportedByServerError,
)
from comfy_facade.job import Job
from comfy_facade.models import History, PromptStatus, Queue, QueuedPrompt
from comfy_facade.outputs import in_node_order, texts_of
from comfy_facade.raw_json import RawObject, as_object
from comfy_facade.results import OutputFile, PromptResult, Timings
from comfy_facade.workflow.randomize import randomize_prompt

_DEFAULT_WAIT_MS: Final = 1_000
# Between two looks at a server that seems to know nothing of a prompt, in seconds.
_SECOND_LOOK: Final = 0.1

ItemsT = TypeVar("ItemsT", Queue, History)


class PromptMethods:
    """What a client does with prompts."""

    _core: ClientCore
    _node_defs: Mapping[str, Any] | None = None

    async def run_prompt(
        self,
        prompt: Mapping[str, Any],
        *,
        workflow: Mapping[str, Any] | None = None,
        disable_random_seed: bool = False,
        wait_ms: int | None = None,
        timeout: float | None = None,
        on_event: EventCallback | None = None,
        on_progress: ProgressCallback | None = None,
        on_preview: PreviewCallback | None = None,
    ) -> PromptResult[OutputFile]:
        """Run a prompt and wait for everything it gives (`POST /prompt`, then the events of `/ws`).

        With an unbroken websocket that post is the only request. After any gap, and without a websocket, the queue
        and the history decide.

        Args:
            prompt: A prompt in API format. It is never changed.
            workflow: The workflow in interface format, to be embedded in the files that are saved.
            disable_random_seed: Whether to run the prompt as it is, instead of a copy with fresh seeds.
            wait_ms: Milliseconds of silence after which REST is asked, and between two questions; 1,000 by default.
            timeout: Seconds for the whole call; `None` to wait as long as the server has the prompt.
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
        posted = self._prepare(prompt, disable_random_seed=disable_random_seed)
        job: Job | None = None
        try:
            async with asyncio.timeout(timeout):
                job = await self._start(*posted, workflow, wait_ms, callbacks, keeps_events=False)
                return await job.result()
        except TimeoutError:
            prompt_id = "" if job is None else job.prompt_id
            raise PromptTimeoutError(prompt_id, timeout or 0.0) from None
        finally:
            if job is not None:
                job.abandon()

    async def submit(
        self,
        prompt: Mapping[str, Any],
        *,
        workflow: Mapping[str, Any] | None = None,
        disable_random_seed: bool = False,
        wait_ms: int | None = None,
        on_event: EventCallback | None = None,
        on_progress: ProgressCallback | None = None,
        on_preview: PreviewCallback | None = None,
    ) -> Job:
        """Post a prompt and follow it (`POST /prompt`, then the events of `/ws`).

        Args:
            prompt: A prompt in API format. It is never changed.
            workflow: The workflow in interface format, to be embedded in the files that are saved.
            disable_random_seed: Whether to run the prompt as it is, instead of a copy with fresh seeds.
            wait_ms: Milliseconds of silence after which REST is asked; 1,000 by default.
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
        posted = self._prepare(prompt, disable_random_seed=disable_random_seed)
        return await self._start(*posted, workflow, wait_ms, callbacks, keeps_events=True)

    async def queue_prompt(
        self, queue_index: int, *, prompt: Mapping[str, Any], workflow: Mapping[str, Any] | None = None
    ) -> QueuedPrompt:
        """Put a prompt in the queue and do not wait (`POST /prompt`).

        Args:
            queue_index: 0 for the end of the queue, -1 for its front; any other number is the prompt's place itself.
            prompt: A prompt in API format; it is sent as it is.
            workflow: The workflow in interface format, to be embedded in the files that are saved.

        Returns:
            The server's answer.

        Raises:
            PromptRejectedError: The server refused the prompt.
            ConnectionFailedError: The server could not be reached.
        """
        body = self._body(_checked(prompt), str(uuid.uuid4()), workflow)
        if queue_index == -1:
            body["front"] = True
        elif queue_index != 0:
            body["number"] = queue_index
        return await self._core.routes.queue_prompt(body)

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
        run = self._core.runs.add(state, wait=(wait_ms or _DEFAULT_WAIT_MS) / 1000)
        try:
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
        match await self._rest_state(prompt_id):
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
            rest_state = await self._rest_state(prompt_id)
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
        return self._result(state, seeds={}, node_errors={}, total=None)

    async def get_queue(self) -> Queue:
        """Read the queue (`GET /queue`).

        Returns:
            What runs and what is pending, in the order in which it will run.
        """
        return await self._core.routes.get_queue()

    async def get_history(self, max_items: int = 200, *, offset: int | None = None) -> History:
        """Read the history (`GET /history`).

        Args:
            max_items: How many prompts at most, the newest ones.
            offset: Where to begin, from the oldest; `None` for the newest `max_items`.

        Returns:
            Prompts that are over, by prompt id, oldest first.
        """
        return await self._core.routes.get_history(max_items, offset)

    @overload
    async def get_items(self, type: Literal["queue"]) -> Queue: ...

    @overload
    async def get_items(self, type: Literal["history"]) -> History: ...

    async def get_items(self, type: Literal["queue", "history"]) -> Queue | History:  # noqa: A002 - the documented name
        """Read the queue or the history.

        Args:
            type: `"queue"` or `"history"`.

        Returns:
            As `get_queue` or `get_history`.
        """
        if type == "queue":
            return await self.get_queue()
        if type == "history":
            return await self.get_history()
        raise ValueError(f'"queue" or "history" was expected, not {type!r}')

    async def delete_item(self, type: Literal["queue", "history"], id: str) -> None:  # noqa: A002 - documented names
        """Delete a pending prompt from the queue, or one that is over from the history (`POST /queue`, `/history`).

        Args:
            type: `"queue"` or `"history"`.
            id: The prompt; one that is not there is ignored.
        """
        await self._update(type, {"delete": [id]})

    async def clear_items(self, type: Literal["queue", "history"]) -> None:  # noqa: A002 - the documented name
        """Delete all pending prompts, whoever queued them, or the whole history (`POST /queue`, `/history`).

        Args:
            type: `"queue"` or `"history"`.
        """
        await self._update(type, {"clear": True})

    async def _update(self, items: Literal["queue", "history"], body: RawObject) -> None:
        if items == "queue":
            await self._core.routes.update_queue(body)
        elif items == "history":
            await self._core.routes.update_history(body)
        else:
            raise ValueError(f'"queue" or "history" was expected, not {items!r}')

    async def interrupt(self, prompt_id: str | None = None) -> None:
        """Interrupt what runs (`POST /interrupt`).

        Args:
            prompt_id: Interrupt only if this prompt is what runs; `None` for whatever runs, whoever queued it.
        """
        await self._core.routes.interrupt(prompt_id)

    async def cancel_prompt(self, prompt_id: str) -> bool:
        """Cancel one prompt, pending or running, and never another.

        Servers since 0.26 or so do it in one step (`POST /api/jobs/{job_id}/cancel`); on older ones the prompt is
        deleted from the queue (`POST /queue`), or interrupted by its id if it runs (`POST /interrupt`).

        Args:
            prompt_id: Which prompt.

        Returns:
            Whether it was cancelled; `False` if it was over already, or unknown.
        """
        try:
            return await self._core.routes.cancel_job(prompt_id)
        except UnsupportedByServerError:
            pass
        state = await self._rest_state(prompt_id)
        if isinstance(state, Pending):
            await self._core.routes.update_queue({"delete": [prompt_id]})
            # It may have started just before it could be deleted.
            state = await self._rest_state(prompt_id)
            if isinstance(state, Absent):
                return True
        if not isinstance(state, Running):
            return False
        await self._core.routes.interrupt(prompt_id)
        state = await self._rest_state(prompt_id)
        return not (isinstance(state, Finished) and state.entry.status == "success")

    def randomize_prompt(self, prompt: dict[str, Any]) -> dict[tuple[str, str], int]:
        """Set fresh seeds in a prompt, in place.

        Inputs that are seeds by their definition are found too once this client has read the server's definitions
        (`get_node_defs`).

        Args:
            prompt: A prompt in API format; it is changed.

        Returns:
            The seeds that were set, by node id and input name.
        """
        return randomize_prompt(prompt, self._node_defs)

    def _prepare(
        self, prompt: Mapping[str, Any], *, disable_random_seed: bool
    ) -> tuple[dict[str, Any], dict[tuple[str, str], int]]:
        copy = _copied(_checked(prompt))
        seeds = {} if disable_random_seed else randomize_prompt(copy, self._node_defs)
        return copy, seeds

    async def _start(
        self,
        prompt: dict[str, Any],
        seeds: Mapping[tuple[str, str], int],
        workflow: Mapping[str, Any] | None,
        wait_ms: int | None,
        callbacks: Callbacks,
        *,
        keeps_events: bool,
    ) -> Job:
        core = self._core
        await core.listen()
        # Events of a quick run can come before the answer to its post, so it is followed before it is posted.
        state = RunState(str(uuid.uuid4()), prompt)
        run = core.runs.add(state, wait=(wait_ms or _DEFAULT_WAIT_MS) / 1000)
        caller = CallbackCaller(callbacks, prompt) if callbacks else None
        job = Job(
            run, core.runs, self._build, self.cancel_prompt, seeds=seeds, caller=caller, keeps_events=keeps_events
        )
        try:
            queued = await core.routes.queue_prompt(self._body(prompt, state.prompt_id, workflow))
        except BaseException:
            job.abandon()
            raise
        job.accept(queued)
        return job

    def _body(self, prompt: RawObject, prompt_id: str, workflow: Mapping[str, Any] | None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "prompt": prompt,
            "client_id": self._core.settings.client_id,
            "prompt_id": prompt_id,
        }
        if workflow is not None:
            body["extra_data"] = {"extra_pnginfo": {"workflow": workflow}}
        return body

    async def _rest_state(self, prompt_id: str) -> RestState:
        state = (await ask_rest(self._core.routes, [prompt_id]))[prompt_id]
        if isinstance(state, Absent):
            await asyncio.sleep(_SECOND_LOOK)
            state = (await ask_rest(self._core.routes, [prompt_id]))[prompt_id]
        return state

    def _build(self, job: Job) -> PromptResult[OutputFile]:
        return self._result(
            job.run.state,
            seeds=job.seeds,
            node_errors={} if job.queued is None else job.queued.node_errors,
            total=asyncio.get_running_loop().time() - job.began_at,
        )

    def _result(
        self,
        state: RunState,
        *,
        seeds: Mapping[tuple[str, str], int],
        node_errors: RawObject,
        total: float | None,
    ) -> PromptResult[OutputFile]:
        outputs = in_node_order(state.outputs, state.prompt)
        files = output_files(self._core, outputs)
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
        )


def _checked(prompt: Mapping[str, Any]) -> Mapping[str, Any]:
    nodes = as_object(prompt)
    if "nodes" in nodes and "links" in nodes:
        raise InvalidWorkflowError("this is a workflow in interface format; export it in API format")
    for node_id, node in nodes.items():
        if not isinstance(as_object(node).get("class_type"), str):
            raise InvalidWorkflowError(f"node {node_id!r} has no class_type, so this is no prompt in API format")
    return nodes


def _copied(prompt: Mapping[str, Any]) -> dict[str, Any]:
    # Seeds replace values of `inputs` and nothing deeper, so nothing deeper needs a copy.
    return {node_id: {**node, "inputs": dict(as_object(node.get("inputs")))} for node_id, node in prompt.items()}
