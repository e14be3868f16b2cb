"""Pure work on node graphs: prompts in, prompts out.

It imports no client and does no I/O.
"""

from comfy_facade.workflow.randomize import randomize_prompt

__all__ = ["randomize_prompt"]
