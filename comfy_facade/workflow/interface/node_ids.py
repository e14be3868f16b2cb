"""Ids of nodes made unique over all subgraphs, as the interface does when it loads a workflow.

Duty: give nodes of subgraphs whose id is taken a new one, with everything that names them. The ids decide what nodes
are called in the prompt, so new ones have to come out as they do there.
"""

from __future__ import annotations

from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.interface.json_values import as_id
from comfy_facade.workflow.json_kinds import is_list, is_object


def with_unique_ids(workflow: RawObject) -> tuple[RawObject, list[RawObject]]:
    """Make the ids of all nodes unique.

    Args:
        workflow: An interface-format workflow; it is left as it is.

    Returns:
        The workflow's own graph, and its subgraph definitions.
    """
    definitions = [as_object(raw) for raw in as_list(as_object(workflow.get("definitions")).get("subgraphs"))]
    taken = {as_id(node.get("id")) for node in _nodes(workflow) if isinstance(node.get("id"), int)}
    last = _last_id(workflow)
    renamed: dict[str, dict[str, int]] = {}
    for raw in definitions:
        new_ids: dict[str, int] = {}
        for node in _nodes(raw):
            node_id = as_id(node.get("id"))
            if node_id in taken:
                last = _next_id(last, taken)
                new_ids[node_id] = last
                taken.add(str(last))
            else:
                taken.add(node_id)
                if node_id.isascii() and node_id.isdigit():
                    last = max(last, int(node_id))
        if new_ids:
            renamed[str(raw.get("id"))] = new_ids
    if not renamed:
        return workflow, definitions
    settled = [_rename(raw, renamed.get(str(raw.get("id")), {}), renamed) for raw in definitions]
    return _rename(workflow, {}, renamed), settled


def _nodes(graph: RawObject) -> list[RawObject]:
    return [as_object(node) for node in as_list(graph.get("nodes"))]


def _last_id(workflow: RawObject) -> int:
    last = workflow.get("last_node_id", as_object(workflow.get("state")).get("lastNodeId"))
    return last if isinstance(last, int) else 0


def _next_id(last: int, taken: set[str]) -> int:
    last += 1
    while str(last) in taken:
        last += 1
    return last


def _rename(graph: RawObject, new_ids: dict[str, int], renamed: dict[str, dict[str, int]]) -> RawObject:
    """Copy a graph as far as its ids change; the rest is shared with the original."""
    nodes = [_rename_node(node, new_ids, renamed.get(str(node.get("type")), {})) for node in _nodes(graph)]
    links = graph.get("links")
    if new_ids:
        links = [_rename_ends(link, new_ids) if is_object(link) else link for link in as_list(links)]
    return {**graph, "nodes": nodes, "links": links}


def _rename_node(node: RawObject, new_ids: dict[str, int], inner_ids: dict[str, int]) -> RawObject:
    new_id = new_ids.get(as_id(node.get("id")))
    changed = node if new_id is None else {**node, "id": new_id}
    promoted = as_object(node.get("properties")).get("proxyWidgets")
    if not inner_ids or not is_list(promoted):
        return changed
    entries = [[_new_id(entry[0], inner_ids), *entry[1:]] if is_list(entry) and entry else entry for entry in promoted]
    return {**changed, "properties": {**as_object(node.get("properties")), "proxyWidgets": entries}}


def _rename_ends(link: RawObject, new_ids: dict[str, int]) -> RawObject:
    return {**link, **{end: _new_id(link.get(end), new_ids) for end in ("origin_id", "target_id")}}


def _new_id(old: object, new_ids: dict[str, int]) -> object:
    new_id = new_ids.get(as_id(old))
    return old if new_id is None else str(new_id)
