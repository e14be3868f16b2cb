"""Classes of nodes as the interface sees them: definitions, with what it adds, and classes of its own.

Duty: what every node of a class has in common. It builds no node.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.definitions import InputSpec, read_inputs
from comfy_facade.workflow.interface.widgets import widget_type

NOTE_TYPES: Final = frozenset({"Note", "MarkdownNote"})
REROUTE_TYPE: Final = "Reroute"
PRIMITIVE_TYPE: Final = "PrimitiveNode"
VIRTUAL_TYPES: Final = NOTE_TYPES | {REROUTE_TYPE, PRIMITIVE_TYPE}
"""Nodes of the interface itself, which no server knows."""
SETTER_OF: Final = {"GetNode": "SetNode", "easy getNode": "easy setNode"}
"""Which nodes set what others get, pack by pack."""

_VIRTUAL_IN_NODE_PACKS: Final = frozenset(
    {
        *SETTER_OF,
        *SETTER_OF.values(),
        "Bookmark (rgthree)",
        "Fast Actions Button (rgthree)",
        "Fast Bypasser (rgthree)",
        "Fast Groups Bypasser (rgthree)",
        "Fast Groups Muter (rgthree)",
        "Fast Muter (rgthree)",
        "Label (rgthree)",
        "Mute / Bypass Relay (rgthree)",
        "Mute / Bypass Repeater (rgthree)",
        "Node Collector (rgthree)",
        "Node Combiner (rgthree)",
        "Random Unmuter (rgthree)",
    }
)

SAVING_NODES: Final = frozenset(
    {
        "CLIPSave",
        "LoraSave",
        "ModelSave",
        "Save3DAdvanced",
        "SaveAnimatedPNG",
        "SaveAnimatedWEBP",
        "SaveAudio",
        "SaveAudioAdvanced",
        "SaveAudioMP3",
        "SaveAudioOpus",
        "SaveGaussianSplat",
        "SaveGLB",
        "SaveImage",
        "SaveImageAdvanced",
        "SaveLatent",
        "SavePointCloud",
        "SaveSVGNode",
        "SaveVideo",
        "SaveWEBM",
        "VAESave",
    }
)
_AUDIO_NODES: Final = frozenset(
    {
        "LoadAudio",
        "PreviewAudio",
        "SaveAudio",
        "SaveAudioAdvanced",
        "SaveAudioMP3",
        "SaveAudioOpus",
    }
)
_VIEW_INPUTS: Final = {
    "Preview3D": ("image", "PREVIEW_3D"),
    "SaveGLB": ("image", "PREVIEW_3D"),
    "Load3DAdvanced": ("viewport_state", "LOAD_3D_ADVANCED"),
}
_UPLOAD_MARKS: Final = ("image_upload", "video_upload", "animated_image_upload")


@dataclass(frozen=True, slots=True)
class NodeClass:
    """What the interface takes from a definition.

    Attributes:
        title: What nodes of the class are called unless people name them.
        specs: Its inputs in the interface's order, with those that the interface adds.
        outputs: The types of its outputs.
        sockets: Those of its inputs that links alone can feed; nodes get them first.
        fields: Those that are shown as fields.
        is_output: Whether its nodes are outputs of a workflow.
    """

    title: str
    specs: tuple[InputSpec, ...]
    outputs: tuple[str, ...]
    sockets: tuple[InputSpec, ...]
    fields: tuple[InputSpec, ...]
    is_output: bool = False


ClassOf = Callable[[str], NodeClass | None]
"""Finds a class by name."""


def read_class(kind: str, definition: RawObject) -> NodeClass:
    """Read the definition of a class.

    Args:
        kind: Its name.
        definition: Its raw definition.

    Returns:
        What nodes of the class are built from.
    """
    specs = tuple(_ordered_specs(kind, definition))
    sockets: list[InputSpec] = []
    fields: list[InputSpec] = []
    for spec in specs:
        (sockets if widget_type(spec) is None else fields).append(spec)
    return NodeClass(
        title=str(definition.get("display_name") or kind),
        specs=specs,
        outputs=tuple(_output_type(output) for output in as_list(definition.get("output"))),
        sockets=tuple(sockets),
        fields=tuple(fields),
        is_output=definition.get("output_node") is True,
    )


def _ordered_specs(kind: str, definition: RawObject) -> list[InputSpec]:
    specs = {spec.name: spec for spec in read_inputs(definition.get("input"))}
    for extra in _interface_inputs(kind, list(specs.values())):
        specs[extra.name] = extra
    order = as_object(definition.get("input_order"))
    if not order:
        return [*(s for s in specs.values() if not s.is_optional), *(s for s in specs.values() if s.is_optional)]
    ordered: dict[str, InputSpec] = {}
    for section, is_optional in (("required", False), ("optional", True)):
        for name in as_list(order.get(section)):
            spec = specs.get(name) if isinstance(name, str) else None
            if spec is not None and spec.is_optional == is_optional:
                ordered[spec.name] = spec
    rest = [spec for spec in specs.values() if spec.name not in ordered]
    return [*ordered.values(), *(s for s in rest if not s.is_optional), *(s for s in rest if s.is_optional)]


def is_virtual(kind: str, raw: RawObject) -> bool:
    """Tell whether a class without definition lives in the browser alone, as the reroutes of many packs do.

    Args:
        kind: The class.
        raw: A node of it.

    Returns:
        Whether its nodes never go into a prompt.
    """
    is_reroute = "reroute" in kind.lower() and len(as_list(raw.get("inputs"))) == len(as_list(raw.get("outputs"))) == 1
    return is_reroute or kind in VIRTUAL_TYPES or kind in _VIRTUAL_IN_NODE_PACKS


def _interface_inputs(kind: str, specs: list[InputSpec]) -> list[InputSpec]:
    extra: list[InputSpec] = []
    if kind in _AUDIO_NODES:
        extra.append(InputSpec("audioUI", "AUDIO_UI", {}))
    if kind in _VIEW_INPUTS:
        name, view = _VIEW_INPUTS[kind]
        extra.append(InputSpec(name, view, {}))
    required = [spec for spec in specs if not spec.is_optional]
    if any(spec.type == "COMBO" and any(spec.options.get(mark) is True for mark in _UPLOAD_MARKS) for spec in required):
        extra.append(InputSpec("upload", "IMAGEUPLOAD", {}))
    elif any(spec.name == "audio" and spec.options.get("audio_upload") is True for spec in required):
        extra.append(InputSpec("upload", "AUDIOUPLOAD", {}))
    return extra


def _output_type(output: object) -> str:
    if isinstance(output, (list, tuple)):
        return "COMBO"
    return "*" if output == "COMFY_MATCHTYPE_V3" else str(output)
