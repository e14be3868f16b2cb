"""The node classes of a text-to-image graph, from loading a checkpoint to decoding the latent.

No model runs: a latent carries the recipe of a picture, and decoding paints it. `MODEL`, `CLIP`, `VAE`,
`CONDITIONING` and `LATENT` values are small frozen records.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from PIL import Image as PillowImage

from comfy_emulator.execution import Execution
from comfy_emulator.folders import Folders
from comfy_emulator.image_nodes import LARGEST_EDGE, Pictures
from comfy_emulator.node_types import InputTypes, NodeClass, always
from comfy_emulator.picture import Recipe, paint, paint_half_done
from comfy_emulator.sampler_names import samplers, schedulers
from comfy_emulator.versions import Version

_PREVIEW_EDGE: Final = 256


@dataclass(frozen=True, slots=True)
class ModelPart:
    """A part of a checkpoint, known by the file it came from."""

    file: str


@dataclass(frozen=True, slots=True)
class Conditioning:
    """An encoded text."""

    text: str


@dataclass(frozen=True, slots=True)
class Latent:
    """A batch of pictures that are not painted yet.

    Attributes:
        size: Width and height, in pixels.
        count: How many pictures there are.
        recipe: What to paint; None leaves them grey, or as they were encoded.
        denoise: How much the recipe covers what was encoded, from 0 to 1.
        encoded: The pictures the latent was encoded from, if any.
    """

    size: tuple[int, int]
    count: int
    recipe: Recipe | None = None
    denoise: float = 1.0
    encoded: tuple[PillowImage.Image, ...] = ()


def sampling_nodes(folders: Folders, version: Version) -> list[NodeClass]:
    """Build the classes for one server.

    Args:
        folders: Where it keeps its models.
        version: Whose sampler names to offer.
    """

    def checkpoints() -> InputTypes:
        return {"required": {"ckpt_name": [folders.model_names("checkpoints")]}}

    def decoders() -> InputTypes:
        return {"required": {"vae_name": [[*folders.model_names("vae"), "pixel_space"]]}}

    return [
        NodeClass("CheckpointLoaderSimple", checkpoints, ("MODEL", "CLIP", "VAE"), _load_checkpoint, is_quick=always),
        NodeClass("VAELoader", decoders, ("VAE",), _load_decoder, is_quick=always),
        NodeClass("CLIPTextEncode", _static(_TEXT_ENCODE), ("CONDITIONING",), _encode_text, is_quick=always),
        NodeClass("EmptyLatentImage", _static(_EMPTY_LATENT), ("LATENT",), _empty_latent, is_quick=always),
        NodeClass("KSampler", _static(_sampler_inputs(version)), ("LATENT",), _sample),
        NodeClass("VAEDecode", _static({"required": {"samples": ["LATENT"], "vae": ["VAE"]}}), ("IMAGE",), _decode),
        NodeClass(
            "VAEEncode",
            _static({"required": {"pixels": ["IMAGE"], "vae": ["VAE"]}}),
            ("LATENT",),
            _encode,
            is_quick=always,
        ),
    ]


def _static(types: InputTypes) -> Callable[[], InputTypes]:
    return lambda: types


_TEXT_ENCODE: Final[InputTypes] = {
    "required": {"text": ["STRING", {"multiline": True, "dynamicPrompts": True}], "clip": ["CLIP"]}
}
_LATENT_EDGE: Final = {"default": 512, "min": 16, "max": LARGEST_EDGE, "step": 8}
_EMPTY_LATENT: Final[InputTypes] = {
    "required": {
        "width": ["INT", _LATENT_EDGE],
        "height": ["INT", _LATENT_EDGE],
        "batch_size": ["INT", {"default": 1, "min": 1, "max": 4096}],
    }
}


def _sampler_inputs(version: Version) -> InputTypes:
    return {
        "required": {
            "model": ["MODEL"],
            "seed": ["INT", {"default": 0, "min": 0, "max": 2**64 - 1, "control_after_generate": True}],
            "steps": ["INT", {"default": 20, "min": 1, "max": 10000}],
            "cfg": ["FLOAT", {"default": 8.0, "min": 0.0, "max": 100.0, "step": 0.1, "round": 0.01}],
            "sampler_name": [samplers(version)],
            "scheduler": [schedulers()],
            "positive": ["CONDITIONING"],
            "negative": ["CONDITIONING"],
            "latent_image": ["LATENT"],
            "denoise": ["FLOAT", {"default": 1.0, "min": 0.0, "max": 1.0, "step": 0.01}],
        }
    }


def _load_checkpoint(_execution: Execution, ckpt_name: str) -> tuple[ModelPart, ModelPart, ModelPart]:
    return ModelPart(ckpt_name), ModelPart(ckpt_name), ModelPart(ckpt_name)


def _load_decoder(_execution: Execution, vae_name: str) -> tuple[ModelPart]:
    return (ModelPart(vae_name),)


def _encode_text(_execution: Execution, text: str, clip: ModelPart) -> tuple[Conditioning]:  # noqa: ARG001
    return (Conditioning(text),)


def _empty_latent(_execution: Execution, width: int, height: int, batch_size: int) -> tuple[Latent]:
    return (Latent((width, height), batch_size),)


def _sample(execution: Execution, **inputs: Any) -> tuple[Latent]:
    latent: Latent = inputs["latent_image"]
    recipe = Recipe(
        positive=inputs["positive"].text,
        negative=inputs["negative"].text,
        seed=inputs["seed"],
        steps=inputs["steps"],
        cfg=inputs["cfg"],
    )
    shows_previews = execution.extra_data.get("preview_method") != "none"
    for step in range(1, recipe.steps + 1):
        execution.raise_if_interrupted()
        if execution.latency > 0:
            execution.pause(execution.latency)
        rough = paint_half_done(recipe, latent.size, step / recipe.steps) if shows_previews else None
        execution.progress(step, recipe.steps, rough, preview_size=_PREVIEW_EDGE)
    return (replace(latent, recipe=recipe, denoise=inputs["denoise"]),)


def _decode(_execution: Execution, samples: Latent, vae: ModelPart) -> tuple[Pictures]:  # noqa: ARG001
    return ([_painted(samples, index) for index in range(samples.count)],)


def _painted(latent: Latent, index: int) -> PillowImage.Image:
    base = latent.encoded[index] if latent.encoded else PillowImage.new("RGB", latent.size, (127, 127, 127))
    if latent.recipe is None:
        return base
    picture = paint(latent.recipe, latent.size, index)
    return PillowImage.blend(base, picture, latent.denoise) if latent.denoise < 1 else picture


def _encode(_execution: Execution, pixels: Pictures, vae: ModelPart) -> tuple[Latent]:  # noqa: ARG001
    return (Latent(pixels[0].size, len(pixels), encoded=tuple(pixels)),)
