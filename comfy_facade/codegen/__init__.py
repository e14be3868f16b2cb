"""Typed node functions: a Python module for exactly the nodes of a server.

Duty: turn node definitions into the text of a module, and write it. It asks no server for them, and it takes nothing
that a server says for code.
"""

from comfy_facade.codegen.module_text import generate_module
from comfy_facade.codegen.writing import write_module

__all__ = ["generate_module", "write_module"]
