"""Interface-format workflows turned into the prompts that the interface submits for them, and filled with what ran.

Duty: the rules of the interface, and nothing of the server's. It neither reads files nor checks a prompt.
"""

from comfy_facade.workflow.interface.conversion import Conversion, convert
from comfy_facade.workflow.interface.write_back import SavedValue, with_values

__all__ = ["Conversion", "SavedValue", "convert", "with_values"]
