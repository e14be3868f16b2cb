"""The node classes that make, load, change and save pictures.

`IMAGE` values are lists of Pillow pictures in mode RGB, `MASK` values lists of pictures in mode L.
"""

import hashlib
import json
import random
import string
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from PIL import Image as PillowImage
from PIL import ImageChops, ImageOps, ImageSequence
from PIL.PngImagePlugin import PngInfo

from comfy_emulator.execution import Execution
from comfy_emulator.folders import Folders, OutsideFolderError
from comfy_emulator.json_types import JsonObject
from comfy_emulator.node_types import InputTypes, NodeClass, Ui
from comfy_emulator.pixels import scaled

Pictures: TypeAlias = list[PillowImage.Image]

LARGEST_EDGE: Final = 16384
"""Largest width or height of a picture, in pixels."""

_QUICK_PIXELS: Final = 1 << 20
_SCALINGS: Final = {
    "nearest-exact": PillowImage.Resampling.NEAREST,
    "bilinear": PillowImage.Resampling.BILINEAR,
    "area": PillowImage.Resampling.BOX,
    "bicubic": PillowImage.Resampling.BICUBIC,
    "lanczos": PillowImage.Resampling.LANCZOS,
}


def _cover(_below: PillowImage.Image, above: PillowImage.Image) -> PillowImage.Image:
    return above


_BLENDINGS: Final[Mapping[str, Callable[[PillowImage.Image, PillowImage.Image], PillowImage.Image]]] = {
    "normal": _cover,
    "multiply": ImageChops.multiply,
    "screen": ImageChops.screen,
    "overlay": ImageChops.overlay,
    "soft_light": ImageChops.soft_light,
    "difference": ImageChops.difference,
}
_PICTURE_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")


def image_nodes(folders: Folders) -> list[NodeClass]:
    """Build the classes for one server.

    Args:
        folders: Where it keeps its pictures.
    """
    save_prefix = "_temp_" + "".join(random.choices(string.ascii_lowercase, k=5))  # noqa: S311 -- only a name

    def save(execution: Execution, images: Pictures, filename_prefix: str) -> Ui:
        return _save(execution, images, filename_prefix, "output", 4)

    def preview(execution: Execution, images: Pictures) -> Ui:
        return _save(execution, images, f"ComfyUI{save_prefix}", "temp", 1)

    hidden = {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"}
    return [
        NodeClass("EmptyImage", _static(_EMPTY_IMAGE), ("IMAGE",), _empty_image, is_quick=_is_small),
        *_loaders(folders),
        NodeClass("ImageScale", _static(_IMAGE_SCALE), ("IMAGE",), _scale),
        NodeClass("ImageInvert", _static({"required": {"image": ["IMAGE"]}}), ("IMAGE",), _invert),
        NodeClass("ImageBlend", _static(_IMAGE_BLEND), ("IMAGE",), _blend),
        NodeClass(
            "SaveImage",
            _static(
                {
                    "required": {"images": ["IMAGE"], "filename_prefix": ["STRING", {"default": "ComfyUI"}]},
                    "hidden": hidden,
                }
            ),
            (),
            save,
            output_node=True,
        ),
        NodeClass(
            "PreviewImage",
            _static({"required": {"images": ["IMAGE"]}, "hidden": hidden}),
            (),
            preview,
            output_node=True,
        ),
        NodeClass(
            "SaveImageWebsocket",
            _static({"required": {"images": ["IMAGE"]}}),
            (),
            send_as_frames,
            output_node=True,
            # The real class declares that its result is never the same twice.
            fingerprint=lambda _inputs: random.random(),  # noqa: S311
        ),
    ]


def _static(types: InputTypes) -> Any:
    return lambda: types


def _edge(least: int) -> list[Any]:
    return ["INT", {"default": 512, "min": least, "max": LARGEST_EDGE, "step": 1}]


_EMPTY_IMAGE: Final[InputTypes] = {
    "required": {
        "width": _edge(1),
        "height": _edge(1),
        "batch_size": ["INT", {"default": 1, "min": 1, "max": 4096}],
        "color": ["INT", {"default": 0, "min": 0, "max": 0xFFFFFF, "step": 1, "display": "color"}],
    }
}
_IMAGE_SCALE: Final[InputTypes] = {
    "required": {
        "image": ["IMAGE"],
        "upscale_method": [list(_SCALINGS)],
        "width": _edge(0),
        "height": _edge(0),
        "crop": [["disabled", "center"]],
    }
}
_IMAGE_BLEND: Final[InputTypes] = {
    "required": {
        "image1": ["IMAGE", {}],
        "image2": ["IMAGE", {}],
        "blend_factor": ["FLOAT", {"default": 0.5, "min": 0.0, "max": 1.0, "step": 0.01}],
        "blend_mode": ["COMBO", {"multiselect": False, "options": list(_BLENDINGS)}],
    }
}


def _is_small(inputs: Mapping[str, Any]) -> bool:
    return bool(inputs["width"] * inputs["height"] * inputs["batch_size"] <= _QUICK_PIXELS)


def _empty_image(_execution: Execution, width: int, height: int, batch_size: int, color: int) -> tuple[Pictures]:
    red, green, blue = color >> 16, color >> 8 & 0xFF, color & 0xFF
    return ([PillowImage.new("RGB", (width, height), (red, green, blue)) for _ in range(batch_size)],)


def _loaders(folders: Folders) -> list[NodeClass]:
    def choices() -> list[Any]:
        names = sorted(
            path.name
            for path in (folders.base / "input").iterdir()
            if path.is_file() and path.suffix.lower() in _PICTURE_SUFFIXES
        )
        return [names, {"image_upload": True}]

    def check(inputs: Mapping[str, Any]) -> bool | str:
        if "image" not in inputs:
            # What Python says on the real server, where the check is a method; clients get to see it.
            raise TypeError("LoadImage.VALIDATE_INPUTS() missing 1 required positional argument: 'image'")
        name: str = inputs["image"]
        return True if _is_input_file(folders, name) else f"Invalid image file: {name}"

    def fingerprint(inputs: Mapping[str, Any]) -> object:
        path = folders.input_file(inputs["image"])
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else random.random()  # noqa: S311

    def load_mask(execution: Execution, image: str, channel: str) -> tuple[Pictures]:
        pictures, masks = _load(execution, image)
        if channel == "alpha":
            return (masks,)
        return ([picture.getchannel(channel[0].upper()) for picture in pictures],)

    return [
        NodeClass(
            "LoadImage",
            lambda: {"required": {"image": choices()}},
            ("IMAGE", "MASK"),
            _load,
            fingerprint=fingerprint,
            checked_inputs=("image",),
            check=check,
        ),
        NodeClass(
            "LoadImageMask",
            lambda: {"required": {"image": choices(), "channel": [["alpha", "red", "green", "blue"]]}},
            ("MASK",),
            load_mask,
            fingerprint=fingerprint,
            checked_inputs=("image",),
            check=check,
        ),
    ]


def _is_input_file(folders: Folders, name: str) -> bool:
    try:
        return folders.input_file(name).is_file()
    except OutsideFolderError:
        return False


def _load(execution: Execution, image: str) -> tuple[Pictures, Pictures]:
    pictures: Pictures = []
    masks: Pictures = []
    with PillowImage.open(execution.folders.input_file(image)) as file:
        for frame in ImageSequence.Iterator(file):
            upright = ImageOps.exif_transpose(frame)
            picture = upright.convert("RGB")
            if pictures and picture.size != pictures[0].size:
                continue
            pictures.append(picture)
            if "A" in upright.getbands():
                masks.append(ImageChops.invert(upright.getchannel("A")))
            else:
                masks.append(PillowImage.new("L", (64, 64)))
    return pictures, masks


def _scale(
    _execution: Execution, image: Pictures, upscale_method: str, width: int, height: int, crop: str
) -> tuple[Pictures]:
    if width == 0 and height == 0:
        return (image,)
    old_width, old_height = image[0].size
    size = (
        width or max(1, round(old_width * height / old_height)),
        height or max(1, round(old_height * width / old_width)),
    )
    scaling = _SCALINGS[upscale_method]
    if crop == "center":
        return ([ImageOps.fit(picture, size, scaling) for picture in image],)
    return ([scaled(picture, size, scaling) for picture in image],)


def _invert(_execution: Execution, image: Pictures) -> tuple[Pictures]:
    return ([ImageChops.invert(picture) for picture in image],)


def _blend(
    _execution: Execution, image1: Pictures, image2: Pictures, blend_factor: float, blend_mode: str
) -> tuple[Pictures]:
    mixed: Pictures = []
    for index, below in enumerate(image1):
        above = image2[min(index, len(image2) - 1)]
        if above.size != below.size:
            above = ImageOps.fit(above, below.size, PillowImage.Resampling.BICUBIC)
        mixed.append(PillowImage.blend(below, _BLENDINGS[blend_mode](below, above), blend_factor))
    return (mixed,)


def _save(execution: Execution, images: Pictures, prefix: str, kind: str, compression: int) -> Ui:
    target = execution.folders.save_target(prefix, kind, images[0].size)
    saved: list[JsonObject] = []
    for index, picture in enumerate(images):
        stem = target.stem.replace("%batch_num%", str(index))
        name = f"{stem}_{target.counter + index:05}_.png"
        notes = PngInfo()
        notes.add_text("prompt", json.dumps(execution.prompt))
        for key, value in (execution.extra_pnginfo or {}).items():
            notes.add_text(key, json.dumps(value))
        picture.save(target.directory / name, pnginfo=notes, compress_level=compression)
        saved.append({"filename": name, "subfolder": target.subfolder, "type": kind})
    return Ui({"images": saved}, (images,))


def send_as_frames(execution: Execution, images: Pictures) -> Ui:
    """Send pictures over the websocket as PNG frames instead of saving them."""
    for index, picture in enumerate(images):
        execution.progress(index, len(images), picture, preview_format="PNG", preview_size=None)
    return Ui({})
