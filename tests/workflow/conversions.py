"""Converts workflows that a test builds node by node."""

from typing import Any

from comfy_facade import Workflow
from tests.workflow.definitions import DEFINITIONS
from tests.workflow.interface_files import workflow


def convert(*nodes: dict[str, Any], links: list[list[Any]] | None = None, **more: Any) -> dict[str, Any]:
    return Workflow.load(workflow(*nodes, links=links, **more)).to_prompt(DEFINITIONS)


def inputs(prompt: dict[str, Any], node_id: str) -> dict[str, Any]:
    found: dict[str, Any] = prompt[node_id]["inputs"]
    return found
