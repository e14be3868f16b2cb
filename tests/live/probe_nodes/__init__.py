"""Nodes that exercise every part of the ComfyUI wire protocol without a model or a GPU."""

import time

import comfy.model_management
import comfy.utils
import torch
from PIL import Image
from server import PromptServer


class ProbeSteps:
    """Reports progress and a preview frame at each of `steps` steps, then returns an image."""

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {
                "seed": ("INT", {"default": 0, "min": 0, "max": 0xFFFFFFFFFFFFFFFF, "control_after_generate": True}),
                "steps": ("INT", {"default": 5, "min": 0, "max": 100000}),
                "delay_ms": ("INT", {"default": 10, "min": 0, "max": 600000}),
                "width": ("INT", {"default": 64, "min": 1, "max": 8192}),
                "height": ("INT", {"default": 64, "min": 1, "max": 8192}),
                "preview": (["JPEG", "PNG", "none"],),
            }
        }

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "run"
    CATEGORY = "probe"

    def run(self, seed, steps, delay_ms, width, height, preview):
        bar = comfy.utils.ProgressBar(steps)
        for i in range(steps):
            comfy.model_management.throw_exception_if_processing_interrupted()
            frame = None
            if preview != "none":
                frame = (preview, Image.new("RGB", (width, height), ((seed + i * 37) % 256, i % 256, 128)), 512)
            bar.update_absolute(i + 1, steps, frame)
            if delay_ms:
                time.sleep(delay_ms / 1000)
        g = torch.Generator().manual_seed(seed % (1 << 63))
        return (torch.rand((1, height, width, 3), generator=g),)


class ProbeText:
    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"text": ("STRING", {"default": "", "multiline": True})},
            "hidden": {"unique_id": "UNIQUE_ID"},
        }

    RETURN_TYPES = ("STRING",)
    FUNCTION = "run"
    OUTPUT_NODE = True
    CATEGORY = "probe"

    def run(self, text, unique_id):
        PromptServer.instance.send_progress_text(text, unique_id)
        return {"ui": {"text": [text]}, "result": (text,)}


class ProbeFail:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"message": ("STRING", {"default": "boom"}), "image": ("IMAGE",)}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "run"
    CATEGORY = "probe"

    def run(self, message, image):
        raise ValueError(message)


class ProbeCustomEvent:
    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {
                "event": ("STRING", {"default": "probe.event"}),
                "size": ("INT", {"default": 0, "min": 0, "max": 100000000}),
                "seed": ("INT", {"default": 0, "min": 0, "max": 0xFFFFFFFFFFFFFFFF}),
            }
        }

    RETURN_TYPES = ()
    FUNCTION = "run"
    OUTPUT_NODE = True
    CATEGORY = "probe"

    def run(self, event, size, seed):
        PromptServer.instance.send_sync(event, {"blob": "x" * size, "seed": seed}, PromptServer.instance.client_id)
        return {"ui": {"blob": ["y" * size]}}


class ProbeWebsocketImage:
    """Sends the image over the socket as a PNG frame, as SaveImageWebsocket does."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"images": ("IMAGE",)}}

    RETURN_TYPES = ()
    FUNCTION = "run"
    OUTPUT_NODE = True
    CATEGORY = "probe"

    def run(self, images):
        bar = comfy.utils.ProgressBar(images.shape[0])
        for i, im in enumerate(images):
            arr = (255.0 * im.cpu().numpy()).clip(0, 255).astype("uint8")
            bar.update_absolute(i, images.shape[0], ("PNG", Image.fromarray(arr), None))
        return {}


NODE_CLASS_MAPPINGS = {c.__name__: c for c in (ProbeSteps, ProbeText, ProbeFail, ProbeCustomEvent, ProbeWebsocketImage)}
