"""Whose event it is where the server does not say: the prompt id, if only one run of this client can be meant.

It remembers which prompt was last said to run, and hands no event to anybody. Where two runs can be meant it does not
guess.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve

from comfy_facade._followed_runs import FollowedRuns
from comfy_ws import (
    AssetScan,
    Event,
    Executed,
    Executing,
    ExecutionError,
    ExecutionInterrupted,
    ExecutionStart,
    ExecutionSuccess,
    FeatureFlags,
    Logs,
    PreviewImage,
    Progress,
    ProgressState,
    ProgressText,
    Reconnected,
    Status,
)

OF_NO_PROMPT: Final = frozenset({AssetScan, FeatureFlags, Logs, Status})
"""Kinds of events that concern no run: what the server tells of itself."""

# Most events are of these, and most of these say of which prompt: they need not be looked at any closer.
_COMPLETE_MOSTLY: Final = frozenset({Executing, Executed, Progress, ProgressState, PreviewImage})


class Annotator:
    """Supplies the prompt ids that events lack.

    Args:
        runs: The runs that are followed; the caller's own, which change as runs come and go.

    Attributes:
        executing_prompt: The prompt that runs on the server by what was last heard, or `None` if that is not known.
    """

    def __init__(self, runs: FollowedRuns) -> None:
        self._runs: Final = runs
        self.executing_prompt: str | None = None

    def annotate(self, event: Event) -> Event:
        """Supply the prompt id where the server leaves it out and only one run of this client can be meant.

        Args:
            event: An event.

        Returns:
            The event, or a copy with the id.
        """
        kind = type(event)
        if kind in OF_NO_PROMPT or (kind in _COMPLETE_MOSTLY and getattr(event, "prompt_id", None) is not None):
            return event
        match event:
            case ExecutionStart():
                self.executing_prompt = event.prompt_id
            case ExecutionSuccess() | ExecutionError() | ExecutionInterrupted():
                self.executing_prompt = None
            case (
                Executing(prompt_id=None, node=str())
                | PreviewImage(prompt_id=None)
                | ProgressText(prompt_id=None)
                | Progress(prompt_id=None)
            ):
                prompt_id = self._only_possible_prompt()
                return event if prompt_id is None else evolve(event, prompt_id=prompt_id)
            case Reconnected():
                self.executing_prompt = None
            case _:
                pass
        return event

    def _only_possible_prompt(self) -> str | None:
        if self.executing_prompt is not None:
            return self.executing_prompt
        # The start of any other run would have been heard.
        possible = self._runs.prompts_where(lambda run: run.state.is_running or not run.state.unbroken)
        return possible[0] if len(possible) == 1 else None
