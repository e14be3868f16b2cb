"""Node classes that exercise every part of the wire protocol without a model.

They have the same names, inputs and behaviour as the ones loaded into the real servers whose traffic was
recorded, so that recordings can be replayed.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from PIL import Image as PillowImage

from comfy_emulator.execution import Execution
from comfy_emulator.frames import PreviewFormat, shown_size
from comfy_emulator.image_nodes import Pictures, send_as_frames
from comfy_emulator.node_types import InputTypes, NodeClass, Ui, always
from comfy_emulator.picture import noise

_PREVIEW_EDGE: Final = 512
_QUICK_PIXELS: Final = 1 << 16
_QUICK_CHARACTERS: Final = 1 << 20
_SEED: Final = {"default": 0, "min": 0, "max": 2**64 - 1}
_EDGE: Final = {"default": 64, "min": 1, "max": 8192}
_STEPS: Final[InputTypes] = {
    "required": {
        "seed": ["INT", {**_SEED, "control_after_generate": True}],
        "steps": ["INT", {"default": 5, "min": 0, "max": 100000}],
        "delay_ms": ["INT", {"default": 10, "min": 0, "max": 600000}],
        "width": ["INT", _EDGE],
        "height": ["INT", _EDGE],
        "preview": [["JPEG", "PNG", "none"]],
    }
}
_TEXT: Final[InputTypes] = {
    "required": {"text": ["STRING", {"default": "", "multiline": True}]},
    "hidden": {"unique_id": "UNIQUE_ID"},
}
_FAIL: Final[InputTypes] = {
    "required": {"message": ["STRING", {"default": "boom"}], "image": ["IMAGE"]},
}
_EVENT: Final[InputTypes] = {
    "required": {
        "event": ["STRING", {"default": "probe.event"}],
        "size": ["INT", {"default": 0, "min": 0, "max": 100000000}],
        "seed": ["INT", _SEED],
    }
}


def probe_nodes() -> list[NodeClass]:
    """Build the classes."""
    return [
        NodeClass("ProbeSteps", lambda: _STEPS, ("IMAGE",), _steps, is_quick=_is_still_and_small),
        NodeClass(
            "ProbeText", lambda: _TEXT, ("STRING",), _text, output_node=True, is_quick=always, takes_node_id=True
        ),
        NodeClass("ProbeFail", lambda: _FAIL, ("IMAGE",), _fail, is_quick=always),
        NodeClass(
            "ProbeCustomEvent",
            lambda: _EVENT,
            (),
            _event,
            output_node=True,
            is_quick=lambda inputs: bool(inputs["size"] <= _QUICK_CHARACTERS),
        ),
        NodeClass(
            "ProbeWebsocketImage",
            lambda: {"required": {"images": ["IMAGE"]}},
            (),
            send_as_frames,
            output_node=True,
        ),
    ]


def _is_still_and_small(inputs: Mapping[str, Any]) -> bool:
    return bool(inputs["steps"] == 0 and inputs["width"] * inputs["height"] <= _QUICK_PIXELS)


def _steps(
    execution: Execution,
    seed: int,
    steps: int,
    delay_ms: int,
    width: int,
    height: int,
    preview: PreviewFormat | Literal["none"],
) -> tuple[Pictures]:
    size = shown_size((width, height), _PREVIEW_EDGE)
    for step in range(steps):
        execution.raise_if_interrupted()
        if preview != "none":
            colour = ((seed + step * 37) % 256, step % 256, 128)
            frame = PillowImage.new("RGB", size, colour)
            execution.progress(step + 1, steps, frame, preview_format=preview, preview_size=None)
        else:
            execution.progress(step + 1, steps)
        if delay_ms:
            execution.pause(delay_ms / 1000)
    return ([noise(seed, (width, height))],)


def _text(execution: Execution, text: str) -> Ui:
    execution.text(text)
    return Ui({"text": [text]}, (text,))


def _fail(_execution: Execution, message: str, image: Pictures) -> tuple[Pictures]:  # noqa: ARG001
    raise ValueError(message)


def _event(execution: Execution, event: str, size: int, seed: int) -> Ui:
    execution.event(event, {"blob": "x" * size, "seed": seed})
    return Ui({"blob": ["y" * size]})
