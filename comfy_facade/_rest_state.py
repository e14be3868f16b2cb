"""How prompts stand, asked over REST.

The queue is read before the history: a run that ends in between is then found in the history, while the other way
round it would be in neither. It judges nothing; believing an absence is the run state's affair.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from comfy_facade._prompt_routes import PromptRoutes
from comfy_facade._run_state import Absent, Finished, Pending, RestState, Running

_HISTORY_REQUESTS_AT_ONCE: Final = 8
# Between two looks at a server that seems to know nothing of a prompt, in seconds.
_SECOND_LOOK: Final = 0.1


async def ask_rest(
    routes: PromptRoutes, prompt_ids: Sequence[str], *, time_limit: float | None = None
) -> Mapping[str, RestState]:
    """Ask how prompts stand (`GET /queue`, then `GET /history/{prompt_id}` for those that are not queued).

    Args:
        routes: The server's routes.
        prompt_ids: Which prompts.
        time_limit: Seconds without progress after which a request is given up; `None` for the client's limit.

    Returns:
        Their states by id.

    Raises:
        ConnectionFailedError: The server could not be reached.
        UnexpectedResponseError: It answered something else.
    """
    queue = await routes.get_queue(time_limit=time_limit)
    states: dict[str, RestState] = {item.prompt_id: Running() for item in queue.running}
    for index, item in enumerate(queue.pending):
        states.setdefault(item.prompt_id, Pending(index + len(queue.running)))
    places = asyncio.Semaphore(_HISTORY_REQUESTS_AT_ONCE)

    async def of_history(prompt_id: str) -> RestState:
        async with places:
            entry = await routes.get_history_entry(prompt_id, time_limit=time_limit)
        return Absent() if entry is None else Finished(entry)

    unqueued = [prompt_id for prompt_id in prompt_ids if prompt_id not in states]
    found = await asyncio.gather(*(of_history(prompt_id) for prompt_id in unqueued))
    states.update(zip(unqueued, found, strict=True))
    return {prompt_id: states[prompt_id] for prompt_id in prompt_ids}


async def certain_state(routes: PromptRoutes, prompt_id: str) -> RestState:
    """Ask how one prompt stands, and ask again before an absence is believed.

    Args:
        routes: The server's routes.
        prompt_id: Which prompt.

    Returns:
        Its state.
    """
    state = (await ask_rest(routes, [prompt_id]))[prompt_id]
    if isinstance(state, Absent):
        await asyncio.sleep(_SECOND_LOOK)
        state = (await ask_rest(routes, [prompt_id]))[prompt_id]
    return state
