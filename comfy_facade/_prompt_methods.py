"""The client's methods for prompts that nobody need follow: queue, wait, ask.

They say what happens in which order, and what of it is an error. Runs that are followed from the post to the result
are `_run_methods`' affair; results are built in `_prompt_results`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from comfy_facade._core import ClientCore
from comfy_facade._prompt_jobs import body_of_post, seconds_of
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
from comfy_facade.models import PromptStatus, QueuedPrompt
from comfy_facade.results import OutputFile, PromptResult
from comfy_facade.workflow.randomize import randomize_prompt

if TYPE_CHECKING:
    from comfy_facade._prompt_source import PromptSource


class PromptMethods:
    """What a client does with prompts by their ids."""

    _core: ClientCore

    async def queue_prompt(
        self,
        queue_index: int,
        *,
        prompt: PromptSource,
        workflow: Mapping[str, Any] | None = None,
        extra_data: Mapping[str, Any] | None = None,
    ) -> QueuedPrompt:
        """Put a prompt in the queue and do not wait (`POST /prompt`).

        Args:
            queue_index: 0 for the end of the queue, -1 for its front; any other number is the prompt's place itself.
            prompt: A prompt in API format, or anything that `Workflow.load` takes; no seed in it is changed.
            workflow: The workflow in interface format, to be embedded in the files that are saved; by default the
                one that `prompt` is or carries.
            extra_data: As for `run_prompt`.

        Returns:
            The server's answer.

        Raises:
            PromptRejectedError: The server refused the prompt.
            ConnectionFailedError: The server could not be reached.
        """
        prepared = await prepare(prompt, workflow, self._core.known_node_defs)
        embedded = prepared.embedded(prepared.prompt)
        body = body_of_post(self._core, prepared.prompt, str(uuid.uuid4()), embedded, extra_data)
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
        run = self._core.runs.make(state, wait=seconds_of(wait_ms))
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
