"""The prompts that the rows run."""

from __future__ import annotations

import uuid
from typing import Any


def trivial() -> dict[str, Any]:
    """A prompt of one node that gives a text back; never the same twice, so that no server has its result."""
    return {"1": {"class_type": "ProbeText", "inputs": {"text": uuid.uuid4().hex}}}


def previews(count: int) -> dict[str, Any]:
    """A prompt at which the flood server sends previews and progress."""
    return {"1": {"class_type": "FloodPreviews", "inputs": {"count": count}}, "2": _saved()}


def states(count: int, nodes: int) -> dict[str, Any]:
    """A prompt at which the flood server sends `progress_state` frames of a graph with as many nodes."""
    return {"1": {"class_type": "FloodProgressStates", "inputs": {"count": count, "nodes": nodes}}, "2": _saved()}


def _saved() -> dict[str, Any]:
    # As in any real prompt: what shows previews is no output, whose frames would be results and be kept.
    return {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "benchmark"}}


def wide(nodes: int) -> dict[str, Any]:
    """A prompt of as many trivial nodes."""
    return {str(node): trivial()["1"] for node in range(nodes)}
