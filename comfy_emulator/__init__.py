"""A ComfyUI server without models or a GPU, for demonstrations and tests.

It speaks the REST and websocket protocol of a self-hosted ComfyUI, runs prompts of a small set of node classes
for real and paints pictures with Pillow. `with comfy_emulator.running() as server:` starts one in a background
thread, `python -m comfy_emulator --port 8188` in the foreground, and pytest gives one to every test that asks for
`comfyui`. It is no place to run anything but tests: there is no authentication and every file it is given is kept.

The names are loaded when they are first used: pytest imports this package in every run, for its plugin, and most
runs need no server.
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from comfy_emulator.background import RunningServer, running
    from comfy_emulator.execution import Execution, InterruptedPromptError
    from comfy_emulator.function_nodes import Image, Limits, Mask, Socket, node
    from comfy_emulator.node_types import Ui
    from comfy_emulator.script import DropSockets, FailNode, GoDeaf, InterruptPrompt
    from comfy_emulator.versions import NEWEST, VERSIONS

__all__ = [
    "NEWEST",
    "VERSIONS",
    "DropSockets",
    "Execution",
    "FailNode",
    "GoDeaf",
    "Image",
    "InterruptPrompt",
    "InterruptedPromptError",
    "Limits",
    "Mask",
    "RunningServer",
    "Socket",
    "Ui",
    "node",
    "running",
]

_HOMES: Final = MappingProxyType(
    {
        "background": ("RunningServer", "running"),
        "execution": ("Execution", "InterruptedPromptError"),
        "function_nodes": ("Image", "Limits", "Mask", "Socket", "node"),
        "node_types": ("Ui",),
        "script": ("DropSockets", "FailNode", "GoDeaf", "InterruptPrompt"),
        "versions": ("NEWEST", "VERSIONS"),
    }
)


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
