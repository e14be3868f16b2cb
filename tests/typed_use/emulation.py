"""The emulator in users' own tests, with nodes of their own. It is checked, never run."""

from __future__ import annotations

from typing import assert_type

import comfy_emulator
from comfy_emulator import (
    NEWEST,
    VERSIONS,
    DropSockets,
    Execution,
    FailNode,
    GoDeaf,
    Image,
    InterruptedPromptError,
    InterruptPrompt,
    Limits,
    Mask,
    RunningServer,
    Socket,
    Ui,
)

_ = (NEWEST, VERSIONS, Limits(least=0), Socket("LATENT"), Ui({}), InterruptedPromptError, Mask)


@comfy_emulator.node(category="mine")
def inverted(image: Image, execution: Execution) -> Image:
    execution.progress(1, 2)
    return image


def switches(comfyui: RunningServer) -> None:
    comfyui.script(FailNode(node="1"), GoDeaf(at_step=1), DropSockets(at_step=2), InterruptPrompt(at_step=3))
    comfyui.answer_errors(2, status=500)
    assert_type((comfyui.url, comfyui.port), tuple[str, int])
    with comfy_emulator.running(version="0.3.64", nodes=[inverted]) as server:
        assert_type(server, RunningServer)
