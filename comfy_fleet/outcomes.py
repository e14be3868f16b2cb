"""What can become of a prompt that a worker was given.

Values alone: whoever gave the prompt acts on them, and tells Celery or a job in its own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from comfy_facade.errors import ComfyUIError
from comfy_fleet.routing import Forward


@frozen
class Done:
    """The prompt ended well."""

    manifest: Mapping[str, Any] = field(repr=False)


@frozen
class Failed:
    """The prompt ended, and not well."""

    error: ComfyUIError


@frozen
class Moved:
    """The prompt has to go elsewhere."""

    forward: Forward


@frozen
class Ignored:
    """The prompt is over already, was cancelled, or was in hand here: there is nothing to do."""


Outcome = Done | Failed | Moved | Ignored


def told(outcome: Outcome) -> str:
    """Say in a few words what became of a prompt, for the log.

    Args:
        outcome: What became of it.

    Returns:
        The words; nothing of what is in the prompt.
    """
    match outcome:
        case Done():
            return "done"
        case Failed(error):
            return f"failed, {type(error).__name__}"
        case Moved(forward):
            return f"moved to {forward.queue}"
        case Ignored():
            return "nothing to do"
