"""Which inputs the server leaves to a node's own check instead of comparing them with their definition.

Duty: facts that `GET /object_info` does not tell. A class that is not listed is taken to have no check of its own,
but for inputs that are filled by an upload, which every known class checks itself.
"""

from __future__ import annotations

from typing import Final

from comfy_facade.workflow.definitions import InputSpec

_CHECKS_ALL: Final = frozenset({"CustomCombo", "Load3D", "Load3DAdvanced"})
_CHECKS_LINK_TYPES: Final = frozenset({"TripoConversionNode"})
_CHECKED: Final = {
    "FluxProUltraImageNode": frozenset({"aspect_ratio"}),
    "LoadAudio": frozenset({"audio"}),
    "LoadImage": frozenset({"image"}),
    "LoadImageMask": frozenset({"image"}),
    "LoadImageOutput": frozenset({"image"}),
    "LoadLatent": frozenset({"latent"}),
    "LoadVideo": frozenset({"file"}),
    "ModelAttentionBackend": frozenset({"attention"}),
    "SelectCLIPDevice": frozenset({"device"}),
    "SelectModelDevice": frozenset({"device"}),
    "SelectVAEDevice": frozenset({"device"}),
}
# Any of them in an input's options says that it names a file that was uploaded.
UPLOAD_MARKS: Final = ("image_upload", "video_upload", "audio_upload", "animated_image_upload", "file_upload")


def checks_value(class_type: str, spec: InputSpec) -> bool:
    """Tell whether a node checks an input's range and choices itself.

    Args:
        class_type: The node's class.
        spec: The input.

    Returns:
        Whether the server leaves them to it.
    """
    if class_type in _CHECKS_ALL or spec.name in _CHECKED.get(class_type, ()):
        return True
    return class_type not in _CHECKED and is_upload(spec)


def takes_file_name(class_type: str, spec: InputSpec) -> bool:
    """Tell whether a node's own check takes an input for a file name, and stumbles over anything but text.

    Args:
        class_type: The node's class.
        spec: The input.

    Returns:
        Whether it does.
    """
    return class_type.startswith("Load") and spec.name in _CHECKED.get(class_type, ())


def is_upload(spec: InputSpec) -> bool:
    """Tell whether an input names an uploaded file.

    Args:
        spec: The input.

    Returns:
        Whether it does.
    """
    return any(spec.options.get(mark) is True for mark in UPLOAD_MARKS)


def checks_link_types(class_type: str) -> bool:
    """Tell whether a node checks the types of its links itself.

    Args:
        class_type: The node's class.

    Returns:
        Whether the server leaves them to it.
    """
    return class_type in _CHECKS_LINK_TYPES
