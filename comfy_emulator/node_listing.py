"""How the built-in node classes are described in `/object_info`, by version: names shown, categories, outputs.

Data only. The inputs come with the classes themselves; the descriptions are the emulator's own words.
"""

from types import MappingProxyType
from typing import Any, Final

from comfy_emulator.json_types import JsonObject

_DESCRIPTIONS: Final = {
    "SaveImage": "Writes pictures to the output folder.",
    "PreviewImage": "Writes pictures to the temp folder, to be looked at.",
    "CheckpointLoaderSimple": "Names a checkpoint; nothing is loaded.",
    "CLIPTextEncode": "Keeps a text for the sampler.",
    "KSampler": "Decides what will be painted, step by step.",
    "VAEDecode": "Paints the pictures of a latent.",
}

_SHOWN: Final[dict[str, tuple[str, str, str, str]]] = {
    # class: newer name, newer category, older name, older category
    "EmptyImage": ("Empty Image", "image", "EmptyImage", "image"),
    "LoadImage": ("Load Image", "image", "Load Image", "image"),
    "LoadImageMask": ("Load Image (as Mask)", "image", "Load Image (as Mask)", "mask"),
    "ImageScale": ("Upscale Image", "image/upscaling", "Upscale Image", "image/upscaling"),
    "ImageInvert": ("Invert Image Colors", "image/color", "Invert Image", "image"),
    "ImageBlend": ("Blend Images", "image/filters", "ImageBlend", "image/postprocessing"),
    "SaveImage": ("Save Image", "image", "Save Image", "image"),
    "PreviewImage": ("Preview Image", "image", "Preview Image", "image"),
    "SaveImageWebsocket": ("SaveImageWebsocket", "api/image", "SaveImageWebsocket", "api/image"),
    "CheckpointLoaderSimple": ("Load Checkpoint", "model/loaders", "Load Checkpoint", "loaders"),
    "VAELoader": ("Load VAE", "model/loaders", "Load VAE", "loaders"),
    "CLIPTextEncode": (
        "CLIP Text Encode (Prompt)",
        "model/conditioning",
        "CLIP Text Encode (Prompt)",
        "conditioning",
    ),
    "EmptyLatentImage": ("Empty Latent Image", "model/latent", "Empty Latent Image", "latent"),
    "KSampler": ("KSampler", "model/sampling", "KSampler", "sampling"),
    "VAEDecode": ("VAE Decode", "model/latent", "VAE Decode", "latent"),
    "VAEEncode": ("VAE Encode", "model/latent", "VAE Encode", "latent"),
}

_MODULES: Final = {
    "ImageBlend": "comfy_extras.nodes_post_processing",
    "SaveImageWebsocket": "custom_nodes.websocket_image_save",
}

_ESSENTIALS: Final = {
    "LoadImage": "Basics",
    "LoadImageMask": "Image Tools",
    "ImageScale": "Image Tools",
    "ImageInvert": "Image Tools",
    "ImageBlend": "Image Tools",
    "SaveImage": "Basics",
    "PreviewImage": "Basics",
}

PASSED_ON: Final = MappingProxyType({"SaveImage": ("IMAGE",), "PreviewImage": ("IMAGE",)})
"""Output nodes that pass their pictures on, in the newer listing only."""


def listing(class_name: str, which: str) -> JsonObject:
    """Give the fields of `/object_info` that do not follow from a class's inputs and outputs.

    Args:
        class_name: A class; unknown ones are listed as custom nodes.
        which: The version's `node_listing`.
    """
    newer_name, newer_category, older_name, older_category = _SHOWN.get(
        class_name, (class_name, "probe", class_name, "probe")
    )
    module = _MODULES.get(class_name, "nodes" if class_name in _SHOWN else "custom_nodes.probe_nodes")
    described: JsonObject = {"description": _DESCRIPTIONS.get(class_name, ""), "python_module": module}
    if which == "older":
        return {"display_name": older_name, **described, "category": older_category}
    tail: JsonObject = {"search_aliases": []}
    if class_name in _ESSENTIALS:
        tail["essentials_category"] = _ESSENTIALS[class_name]
    return {"display_name": newer_name, **described, "category": newer_category, **tail}


def object_fields(which: str) -> dict[str, Any]:
    """Give the fields that only the newer listing has, with the values of an ordinary class."""
    return {} if which == "older" else {"is_input_list": False, "has_intermediate_output": False}
