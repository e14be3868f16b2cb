"""A ComfyUI server without models or a GPU, for demonstrations and tests.

It speaks the REST and websocket protocol of a self-hosted ComfyUI, runs prompts of a small set of node classes
for real and paints pictures with Pillow. `with comfy_emulator.running() as server:` starts one in a background
thread, `python -m comfy_emulator --port 8188` in the foreground. It is no place to run anything but tests: there
is no authentication and every file it is given is kept.
"""

from comfy_emulator.execution import Execution, InterruptedPromptError
from comfy_emulator.function_nodes import Image, Limits, Mask, Socket, node
from comfy_emulator.node_types import Ui
from comfy_emulator.running import RunningServer, running
from comfy_emulator.versions import NEWEST, VERSIONS

__all__ = [
    "NEWEST",
    "VERSIONS",
    "Execution",
    "Image",
    "InterruptedPromptError",
    "Limits",
    "Mask",
    "RunningServer",
    "Socket",
    "Ui",
    "node",
    "running",
]
