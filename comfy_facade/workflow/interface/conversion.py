"""The one step from an interface-format workflow to its prompt.

Duty: tie loading and flattening together, and collect what people should be told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from comfy_facade.raw_json import RawObject
from comfy_facade.workflow.definitions import NodeDefs
from comfy_facade.workflow.interface.flatten import Flattener
from comfy_facade.workflow.interface.graph import Graph
from comfy_facade.workflow.interface.loading import load_graphs
from comfy_facade.workflow.interface.write_back import SavedValue


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of a workflow.

    Attributes:
        prompt: The prompt in API format.
        warnings: What could not be converted faithfully, in sentences.
        places: Title and name of each subgraph in use, by the path of the node that stands for it.
        saved: The values of the prompt that the workflow holds, by node and input.
    """

    prompt: dict[str, Any]
    warnings: list[str]
    places: dict[str, tuple[str, ...]]
    saved: Mapping[tuple[str, str], SavedValue]


def convert(workflow: RawObject, node_defs: NodeDefs) -> Conversion:
    """Turn an interface-format workflow into the prompt that the interface submits for it.

    Args:
        workflow: The workflow; it is left as it is.
        node_defs: Definitions by class name.

    Returns:
        The prompt, with warnings.

    Raises:
        InvalidWorkflowError: Subgraphs contain themselves, or unfold into too many nodes.
    """
    warnings: list[str] = []
    root, definitions = load_graphs(workflow, node_defs, warnings)
    flattener = Flattener(root, definitions, warnings)
    prompt = flattener.prompt()
    warnings.extend(_unknown_classes([root, *definitions], prompt))
    return Conversion(prompt, warnings, flattener.places(), flattener.saved)


def _unknown_classes(graphs: list[Graph], prompt: dict[str, Any]) -> list[str]:
    unknown = {node.type for graph in graphs for node in graph.nodes.values() if not node.is_known}
    places: dict[str, list[str]] = {}
    for path, entry in prompt.items():
        if entry["class_type"] in unknown:
            places.setdefault(entry["class_type"], []).append(path)
    return [
        f"no definition of class {kind!r} (node {', '.join(paths)}): its links were kept, its values can't be named"
        for kind, paths in places.items()
    ]
