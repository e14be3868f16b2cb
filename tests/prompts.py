"""Prompts in API format that the suites share; they run on the emulator and, with the probe nodes, on real servers."""

from __future__ import annotations

import uuid
from typing import Any

Prompt = dict[str, Any]


def steps(count: int = 3, *, delay_ms: int = 5, seed: int = 1, size: int = 32, preview: str = "JPEG") -> dict[str, Any]:
    """A node that reports progress and a preview at each step, and gives an image."""
    inputs = {"seed": seed, "steps": count, "delay_ms": delay_ms, "width": size, "height": size, "preview": preview}
    return {"class_type": "ProbeSteps", "inputs": inputs}


def two_images_and_text(text: str | None = None) -> Prompt:
    """A saved image, a preview image and a text, from one source."""
    return {
        "1": steps(),
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "suite"}},
        "3": {"class_type": "ProbeText", "inputs": {"text": text if text is not None else f"héllo ☃ {uuid.uuid4()}"}},
        "4": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }


def one_image(*, delay_ms: int = 5, count: int = 3, seed: int = 1) -> Prompt:
    """A preview image of a source that takes `count` steps of `delay_ms` milliseconds."""
    return {
        "1": steps(count, delay_ms=delay_ms, seed=seed),
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }


def failing(message: str = "bad input ✗") -> Prompt:
    """A branch that raises beside one that is sound."""
    return {
        "1": steps(),
        "2": {"class_type": "ProbeFail", "inputs": {"message": message, "image": ["1", 0]}},
        "3": {"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}},
        "4": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }


def over_websocket() -> Prompt:
    """An output node that sends its image over the socket, fed by one that sends previews."""
    return {
        "1": steps(2),
        "2": {"class_type": "ProbeWebsocketImage", "inputs": {"images": ["1", 0]}},
    }


def custom_event(size: int) -> Prompt:
    """A node that sends an event of its own with `size` characters, and returns as many."""
    return {
        "1": {"class_type": "ProbeCustomEvent", "inputs": {"event": "probe.event", "size": size, "seed": 1}},
    }


def plain_image(color: int = 0x336699) -> Prompt:
    """A saved image made of built-in nodes alone."""
    return {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": color}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "plain"}},
    }


def one_branch_invalid() -> Prompt:
    """Two outputs, of which the server drops one and runs the other."""
    return {
        "1": steps(),
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
    }


def interface_workflow() -> Prompt:
    """An image that is saved, in the interface's format."""
    return {
        "id": "7c1f4f9e-6e2b-4f0a-9a55-000000000001",
        "revision": 0,
        "last_node_id": 2,
        "last_link_id": 1,
        "nodes": [
            {
                "id": 1,
                "type": "EmptyImage",
                "pos": [0, 0],
                "size": [270, 130],
                "flags": {},
                "order": 0,
                "mode": 0,
                "inputs": [],
                "outputs": [{"name": "IMAGE", "type": "IMAGE", "links": [1]}],
                "properties": {},
                "widgets_values": [16, 16, 1, 255],
            },
            {
                "id": 2,
                "type": "SaveImage",
                "pos": [320, 0],
                "size": [270, 130],
                "flags": {},
                "order": 1,
                "mode": 0,
                "inputs": [{"name": "images", "type": "IMAGE", "link": 1}],
                "outputs": [],
                "properties": {},
                "widgets_values": ["interface"],
            },
        ],
        "links": [[1, 1, 0, 2, 0, "IMAGE"]],
        "groups": [],
        "config": {},
        "extra": {},
        "version": 0.4,
    }
