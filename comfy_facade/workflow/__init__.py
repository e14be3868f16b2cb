"""Pure work on node graphs: workflows in, prompts out.

Duty: load, convert, edit, check, randomize and vary. It imports no client and does no network I/O.

Names are loaded when they are first used (PEP 562): who runs prompts in API format needs none of it but seeds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from comfy_facade.workflow.nodes import WorkflowNode
    from comfy_facade.workflow.problems import Problem, Problems
    from comfy_facade.workflow.prompt_inputs import PromptInput
    from comfy_facade.workflow.randomize import randomize_prompt
    from comfy_facade.workflow.sweeps import variations
    from comfy_facade.workflow.workflow import Workflow

__all__ = ["Problem", "Problems", "PromptInput", "Workflow", "WorkflowNode", "randomize_prompt", "variations"]

_HOMES: Final = {
    "Problem": "problems",
    "Problems": "problems",
    "PromptInput": "prompt_inputs",
    "Workflow": "workflow",
    "WorkflowNode": "nodes",
    "randomize_prompt": "randomize",
    "variations": "sweeps",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
