"""Cancelling one prompt and never another, on servers of every generation."""

from __future__ import annotations

from comfy_facade._prompt_routes import PromptRoutes
from comfy_facade._rest_state import certain_state
from comfy_facade._run_state import Absent, Finished, Pending, Running
from comfy_facade.errors import AnswerHiddenError, UnsupportedByServerError


async def cancel(routes: PromptRoutes, prompt_id: str) -> bool:
    """Cancel a prompt, pending or running.

    Args:
        routes: The server's routes.
        prompt_id: Which prompt.

    Returns:
        Whether it was cancelled; `False` if it was over already, or unknown.
    """
    try:
        return await routes.cancel_job(prompt_id)
    # A browser hides the answer of a server that lacks the route.
    except (UnsupportedByServerError, AnswerHiddenError):
        return await _cancel_by_queue(routes, prompt_id)


async def _cancel_by_queue(routes: PromptRoutes, prompt_id: str) -> bool:
    state = await certain_state(routes, prompt_id)
    if isinstance(state, Pending):
        await routes.update_queue({"delete": [prompt_id]})
        # It may have started just before it could be deleted.
        state = await certain_state(routes, prompt_id)
        if isinstance(state, Absent):
            return True
    if not isinstance(state, Running):
        return False
    await routes.interrupt(prompt_id)
    state = await certain_state(routes, prompt_id)
    return not (isinstance(state, Finished) and state.entry.status == "success")
