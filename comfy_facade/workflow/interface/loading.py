"""A whole interface-format workflow, loaded as the interface loads it.

Duty: build all graphs in the order in which the interface does it, subgraphs before those that use them, since later
steps read what earlier ones settled. It refuses subgraphs that contain themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.definitions import NodeDefs, raw_definition
from comfy_facade.workflow.interface.classes import PRIMITIVE_TYPE, VIRTUAL_TYPES, ClassOf, NodeClass, read_class
from comfy_facade.workflow.interface.graph import Graph, Node, SubgraphSlot
from comfy_facade.workflow.interface.group_nodes import unfold_groups
from comfy_facade.workflow.interface.hosts import fill_host, new_host
from comfy_facade.workflow.interface.json_values import as_index, links_of
from comfy_facade.workflow.interface.node_ids import with_unique_ids
from comfy_facade.workflow.interface.nodes import drop_inputs_without_widget, fill_node, new_node
from comfy_facade.workflow.interface.primitives import make_primitive_widget
from comfy_facade.workflow.interface.promotions import settle_promotions


def load_graphs(workflow: RawObject, node_defs: NodeDefs, warnings: list[str]) -> tuple[Graph, list[Graph]]:
    """Load a workflow with all its subgraphs.

    Args:
        workflow: An interface-format workflow.
        node_defs: Definitions by class name.
        warnings: Gets what people should know of.

    Returns:
        The workflow's own graph, and the definitions of its subgraphs, inner ones first.

    Raises:
        InvalidWorkflowError: A subgraph contains itself.
    """
    # Nodes of one class share their definition, which is worth finding once.
    known: dict[str, NodeClass | None] = {}

    def class_of(kind: str) -> NodeClass | None:
        if kind not in known:
            definition = None if kind in VIRTUAL_TYPES else raw_definition(node_defs, kind)
            known[kind] = read_class(kind, definition) if definition is not None else None
        return known[kind]

    workflow, definitions = with_unique_ids(workflow)
    workflow, definitions = unfold_groups(workflow, definitions, class_of, warnings)
    graphs: dict[str, Graph] = {}
    for raw in _inner_first(definitions):
        graph = Graph(id=str(raw.get("id")), name=str(raw.get("name") or ""))
        graph.inputs = [_subgraph_slot(slot) for slot in as_list(raw.get("inputs"))]
        graph.outputs = [_subgraph_slot(slot) for slot in as_list(raw.get("outputs"))]
        _load(graph, raw, graphs, class_of)
        graphs[graph.id] = graph
    root = Graph()
    _load(root, workflow, graphs, class_of)
    everything = [*graphs.values(), root]
    for graph in everything:
        for node in graph.nodes.values():
            node.renumber_links()
    for graph in everything:
        for node in graph.nodes.values():
            if node.is_known and not node.is_virtual:
                drop_inputs_without_widget(node)
    for graph in everything:
        for node in graph.nodes.values():
            if node.type == PRIMITIVE_TYPE:
                make_primitive_widget(node)
    for graph in everything:
        for node in graph.nodes.values():
            _settle_values(node)
    return root, list(graphs.values())


def _load(graph: Graph, raw: RawObject, graphs: Mapping[str, Graph], class_of: ClassOf) -> None:
    graph.links = links_of(raw)
    for place, node_raw in enumerate(map(as_object, as_list(raw.get("nodes")))):
        subgraph = graphs.get(str(node_raw.get("type")))
        if subgraph is not None:
            node = new_host(graph, node_raw, subgraph)
        else:
            node = new_node(graph, node_raw, class_of(str(node_raw.get("type"))))
        node.place = place
        graph.nodes[node.id] = node
    for node in graph.nodes.values():
        if node.subgraph is not None:
            fill_host(node, node.subgraph)
        else:
            fill_node(node)
    for node in graph.nodes.values():
        if node.subgraph is not None:
            settle_promotions(node, node.subgraph)


def _subgraph_slot(raw: object) -> SubgraphSlot:
    slot = as_object(raw)
    ids = (as_index(link_id) for link_id in as_list(slot.get("linkIds")))
    kind = slot.get("type")
    return SubgraphSlot(
        str(slot.get("name") or ""),
        kind if isinstance(kind, str) and kind else "*",
        [link_id for link_id in ids if link_id is not None],
    )


def _inner_first(definitions: Sequence[RawObject]) -> list[RawObject]:
    by_id = {str(raw.get("id")): raw for raw in definitions}
    ordered: dict[str, RawObject] = {}
    pending = list(by_id)
    # Each round takes the subgraphs whose own subgraphs are settled; a round that finds none has met a circle.
    while pending:
        ready = [
            name
            for name in pending
            if all(
                kind not in by_id or kind in ordered
                for kind in (str(as_object(node).get("type")) for node in as_list(by_id[name].get("nodes")))
            )
        ]
        if not ready:
            names = ", ".join(repr(by_id[name].get("name") or name) for name in pending)
            raise InvalidWorkflowError(f"subgraphs contain themselves or each other: {names}")
        ordered.update((name, by_id[name]) for name in ready)
        pending = [name for name in pending if name not in ordered]
    return list(ordered.values())


def _settle_values(node: Node) -> None:
    """Repair the values that the interface repairs after loading."""
    for widget in node.widgets:
        if node.type in {"KSampler", "KSamplerAdvanced"} and widget.name == "sampler_name":
            value: Any = widget.value
            if isinstance(value, str) and value.startswith("sample_"):
                widget.value = value.removeprefix("sample_")
        if widget.kind == "combo" and widget.choices and not widget.has_value:
            widget.set(widget.choices[0], *widget.places)
