"""Interface-format workflows turned into the prompts that the interface submits for them.

Duty: the rules of the interface, and nothing of the server's. It neither reads files nor checks a prompt.
"""

from comfy_facade.workflow.interface.conversion import Conversion, convert

__all__ = ["Conversion", "convert"]
