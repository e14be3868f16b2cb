"""Which nodes of a prompt can run at all: those that an output needs.

Pure. What a node decides while it runs (lazy inputs, expansion) is beyond it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from comfy_facade.raw_json import RawObject, as_list, as_object


def reachable_nodes(prompt: RawObject, node_defs: Mapping[str, Any] | None = None) -> set[str]:
    """Find the nodes that some output needs, outputs included.

    Args:
        prompt: A prompt in API format.
        node_defs: Definitions by class name, raw or as `NodeDef`. Without them, and for classes they lack, a node
            that feeds no other counts as an output.

    Returns:
        Their ids; all nodes if no output is found, for something runs.
    """
    feeds = {node_id: _origins(node, prompt) for node_id, node in prompt.items()}
    linked = {origin for origins in feeds.values() for origin in origins}
    open_ends = [node_id for node_id in prompt if _is_output(prompt[node_id], node_defs, is_sink=node_id not in linked)]
    found: set[str] = set()
    while open_ends:
        node_id = open_ends.pop()
        if node_id not in found:
            found.add(node_id)
            open_ends.extend(feeds[node_id])
    return found or set(prompt)


def _origins(node: object, prompt: RawObject) -> set[str]:
    links = (as_list(value) for value in as_object(as_object(node).get("inputs")).values())
    return {str(link[0]) for link in links if len(link) == 2 and str(link[0]) in prompt}


def _is_output(node: object, node_defs: Mapping[str, Any] | None, *, is_sink: bool) -> bool:
    class_type = as_object(node).get("class_type")
    definition = (node_defs or {}).get(class_type) if isinstance(class_type, str) else None
    if definition is None:
        return is_sink
    return bool(as_object(getattr(definition, "raw", definition)).get("output_node"))
