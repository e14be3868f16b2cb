"""What kind of file something is, told from its name and from the name a node returned it under.

Pure; no file is opened.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final, Literal

FileKind = Literal["image", "animation", "video", "audio", "3d", "text", "latent", "other"]
"""Kinds of files. An `"animation"` is an image whose format moves by its nature; others that move (WebP) count as
`"image"` unless the node says that its images are animated."""

IMAGE_SUFFIXES: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".apng", ".jxl", ".exr", ".svg"}
)
"""Suffixes of images, moving ones among them."""

_ANIMATION_SUFFIXES: Final = frozenset({".gif", ".apng"})
_KINDS_OF_SUFFIXES: Final[Mapping[str, FileKind]] = {
    **dict.fromkeys((".mp4", ".webm", ".mov", ".mkv", ".avi", ".m4v", ".ogv"), "video"),
    **dict.fromkeys((".flac", ".mp3", ".wav", ".ogg", ".opus", ".m4a", ".aac"), "audio"),
    **dict.fromkeys((".glb", ".gltf", ".obj", ".ply", ".stl", ".fbx", ".usdz", ".splat", ".spz", ".ksplat"), "3d"),
    **dict.fromkeys((".txt", ".json", ".csv", ".md", ".srt", ".vtt", ".yaml", ".xml", ".html"), "text"),
    ".latent": "latent",
}
_KINDS_OF_NAMES: Final[Mapping[str, FileKind]] = {
    "images": "image",
    "gifs": "video",
    "video": "video",
    "videos": "video",
    "audio": "audio",
    "audios": "audio",
    "3d": "3d",
    "mesh": "3d",
    "model_file": "3d",
    "text": "text",
    "latents": "latent",
}


def kind_of_file(filename: str, output_name: str = "", *, is_animated: bool = False) -> FileKind:
    """Tell the kind of a file.

    Args:
        filename: Its name.
        output_name: The name under which a node returned it, or `""`.
        is_animated: Whether the node says that its images move.

    Returns:
        The kind, `"other"` if nothing tells.
    """
    suffix = PurePosixPath(filename).suffix.lower()
    if suffix in IMAGE_SUFFIXES:
        return "animation" if is_animated or suffix in _ANIMATION_SUFFIXES else "image"
    if suffix in _KINDS_OF_SUFFIXES:
        return _KINDS_OF_SUFFIXES[suffix]
    guessed, _ = mimetypes.guess_type(filename)
    family = (guessed or "").partition("/")[0]
    match family:
        case "image" | "video" | "audio" | "text":
            return family
        case "model":
            return "3d"
        case _:
            return _KINDS_OF_NAMES.get(output_name, "other")
