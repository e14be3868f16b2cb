"""Pure work on node graphs: workflows in, prompts out.

Duty: load, convert, edit, check, randomize and vary. It imports no client and does no network I/O.
"""

from comfy_facade.workflow.nodes import WorkflowNode
from comfy_facade.workflow.problems import Problem, Problems
from comfy_facade.workflow.prompt_inputs import PromptInput
from comfy_facade.workflow.randomize import randomize_prompt
from comfy_facade.workflow.variations import variations
from comfy_facade.workflow.workflow import Workflow

__all__ = ["Problem", "Problems", "PromptInput", "Workflow", "WorkflowNode", "randomize_prompt", "variations"]
