"""Posting a prompt exactly once.

The client chooses the prompt's id, so a post whose answer was lost is looked up before it is sent again. It follows
no run and builds no results.
"""

from __future__ import annotations

import asyncio
from typing import Final

from comfy_facade._core import ClientCore
from comfy_facade._rest_state import ask_rest
from comfy_facade._run_state import Absent, RunState
from comfy_facade.errors import ComfyUIError, ConnectionFailedError, UnexpectedResponseError
from comfy_facade.models import QueuedPrompt
from comfy_facade.raw_json import RawObject
from comfy_ws import Backoff
from comfy_ws.reconnect import PASSING_STATUSES

# The server itself failed; it may have queued the prompt before, and may do better once or twice more.
_SERVER_FAILURE: Final = 500
_SERVER_FAILURES_BORNE: Final = 2
_BACKOFF: Final = Backoff(initial=0.1, maximum=2.0)
# Seconds for which a server that this client never reached is tried: it may be starting, but more likely the
# address is wrong.
_FIRST_CONTACT_PATIENCE: Final = 2.0
# Between the looks at a server that seems not to have a prompt, in seconds: a request may be on its way through
# a proxy. One that takes longer than that is dealt with when it arrives.
_LOOKS_APART: Final = (0.5, 1.0)
# A look at the server may take at least so many seconds, however little is left.
_LEAST_PATIENCE: Final = 1.0


async def post_once(core: ClientCore, state: RunState, body: RawObject) -> QueuedPrompt:
    """Post a prompt so that it is queued once, whatever happens to the answer (`POST /prompt`).

    Args:
        core: The client's parts.
        state: The run, whose id is in `body`; events may tell meanwhile that the server has it.
        body: The request's body.

    Returns:
        The server's answer; made from the queue or the history where the answer itself was lost.

    Raises:
        PromptRejectedError: The server refused the prompt.
        ConnectionFailedError: It could not be reached for too long. The prompt is not queued, or that cannot be known.
    """
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    failures = 0
    for delay in _BACKOFF.delays():
        try:
            return await core.routes.queue_prompt(body)
        except (ConnectionFailedError, UnexpectedResponseError) as error:
            failures += isinstance(error, UnexpectedResponseError) and error.status == _SERVER_FAILURE
            if not _is_passing(error):
                raise
            known = core.transport.has_contact
            deadline = began_at + (core.settings.outage_timeout if known else _FIRST_CONTACT_PATIENCE)
            if may_be_queued(error):
                if await _is_queued(core, state, deadline, error):
                    return QueuedPrompt(state.prompt_id, 0, {})
                core.second_copies.watch(state.prompt_id)
            if loop.time() + delay > deadline or failures > _SERVER_FAILURES_BORNE:
                raise
        await asyncio.sleep(delay)
    raise AssertionError("delays have no end")


def _is_passing(error: ComfyUIError) -> bool:
    if isinstance(error, UnexpectedResponseError):
        return error.status in PASSING_STATUSES
    return True


def may_be_queued(error: ComfyUIError) -> bool:
    """Say whether a server may have queued a prompt whose post ended with an error.

    Args:
        error: The error.

    Returns:
        False where the server refused it, or never got it.
    """
    if isinstance(error, ConnectionFailedError):
        return error.is_sent
    return isinstance(error, UnexpectedResponseError)


async def _is_queued(core: ClientCore, state: RunState, deadline: float, cause: ComfyUIError) -> bool:
    loop = asyncio.get_running_loop()
    absences = 0
    for delay in _BACKOFF.delays():
        if state.is_posted or state.outcome is not None:
            return True
        try:
            limit = min(core.settings.timeout, max(_LEAST_PATIENCE, deadline - loop.time()))
            found = (await ask_rest(core.routes, [state.prompt_id], time_limit=limit))[state.prompt_id]
        except (ConnectionFailedError, UnexpectedResponseError) as error:
            if loop.time() + delay > deadline:
                raise cause from error
        else:
            if not isinstance(found, Absent):
                return True
            absences += 1
            if absences > len(_LOOKS_APART):
                return False
        await asyncio.sleep(_LOOKS_APART[absences - 1] if absences else delay)
    raise AssertionError("delays have no end")
