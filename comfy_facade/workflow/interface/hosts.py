"""Nodes that stand for a subgraph: their inputs, and the widgets promoted from inside.

Duty: one host node after the interface has loaded it. A promoted widget belongs to the host: it starts with the value
inside, takes the one saved with the host, and is what runs as long as nothing is linked to its input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.interface.graph import MISSING, Graph, InputSlot, Node, OutputSlot, SubgraphSlot, Widget
from comfy_facade.workflow.interface.json_values import as_id, as_index


def new_host(graph: Graph, raw: RawObject, subgraph: Graph) -> Node:
    """Build the node that stands for a subgraph.

    Args:
        graph: The graph it goes into.
        raw: Its JSON.
        subgraph: The subgraph, already loaded.

    Returns:
        The node, not yet filled.
    """
    mode = raw.get("mode")
    node = Node(
        as_id(raw.get("id")),
        str(raw.get("type")),
        graph,
        raw,
        title=str(raw.get("title") or subgraph.name),
        mode=mode if isinstance(mode, int) else 0,
        is_virtual=True,
        subgraph=subgraph,
    )
    subgraph.hosts.append(node)
    return node


def fill_host(node: Node, subgraph: Graph) -> None:
    """Give a host node its links, and its promoted widgets their values.

    Args:
        node: The node.
        subgraph: The subgraph it stands for.
    """
    saved = {str(slot.get("name")): slot for slot in map(as_object, as_list(node.raw.get("inputs")))}
    node.inputs = [
        InputSlot(
            slot.name,
            slot.type,
            link=as_index(saved[slot.name].get("link")) if slot.name in saved else None,
            subgraph_slot=slot,
        )
        for slot in subgraph.inputs
    ]
    outputs = [as_object(output) for output in as_list(node.raw.get("outputs"))]
    node.outputs = [OutputSlot(slot.type, []) for slot in subgraph.outputs]
    for output, raw in zip(node.outputs, outputs, strict=False):
        ids = (as_index(link_id) for link_id in as_list(raw.get("links")))
        output.link_ids = [link_id for link_id in ids if link_id is not None]
    for slot in node.inputs:
        _promote_first_widget(slot, subgraph)
    _set_values(node)


def promotion_source(subgraph: Graph, slot: SubgraphSlot) -> tuple[Node, str] | None:
    """Find the inner widget that a subgraph's input stands for.

    Args:
        subgraph: The subgraph.
        slot: One of its inputs.

    Returns:
        The inner node and the name of its widget, or, on a nested host, of its input; `None` if there is none.
    """
    for node, target in inner_targets(subgraph, slot):
        if node.subgraph is not None:
            return node, target.name
        widget = node.widget_of(target)
        if widget is not None:
            return node, widget.name
    return None


def inner_targets(subgraph: Graph, slot: SubgraphSlot) -> list[tuple[Node, InputSlot]]:
    """List the inner inputs that a subgraph's input leads to.

    Args:
        subgraph: The subgraph.
        slot: One of its inputs.

    Returns:
        Each inner node with its input, in the order of the links.
    """
    found: list[tuple[Node, InputSlot]] = []
    for link_id in slot.link_ids:
        link = subgraph.links.get(link_id)
        node = subgraph.nodes.get(link.target_id) if link is not None else None
        target = node.input_of_link(link_id) if node is not None else None
        if node is not None and target is not None:
            found.append((node, target))
    return found


def promote(slot: InputSlot, inner: Widget) -> None:
    """Put a widget on a host's input that stands for an inner one.

    Args:
        slot: The host's input.
        inner: The widget inside.
    """
    if slot.promoted is not None and slot.promoted.kind == inner.kind:
        return
    slot.promoted = Widget(slot.name, inner.kind, inner.get(), choices=inner.choices, options=inner.options)
    slot.widget_name = slot.name


def _promote_first_widget(slot: InputSlot, subgraph: Graph) -> None:
    if slot.subgraph_slot is None:
        return
    for node, target in inner_targets(subgraph, slot.subgraph_slot):
        widget = node.widget_of(target)
        if widget is not None:
            promote(slot, widget)
            return


def _set_values(node: Node) -> None:
    values: Sequence[Any] = as_list(node.raw.get("widgets_values"))
    set_aside = _values_set_aside(node)
    for place, widget in enumerate(node.widgets):
        value = set_aside.get(widget.name, values[place] if place < len(values) else MISSING)
        if value is not MISSING:
            widget.set(value)


def _values_set_aside(node: Node) -> dict[str, Any]:
    """Read the values that the interface once could not place, and kept in the node's properties."""
    kept: dict[str, Any] = {}
    entries = as_list(as_object(node.raw.get("properties")).get("proxyWidgetErrorQuarantine"))
    for entry in reversed([as_object(entry) for entry in entries]):
        original = as_list(entry.get("originalEntry"))
        if len(original) >= 2 and original[0] == "-1" and entry.get("hostValue") is not None:
            kept[str(original[1])] = entry["hostValue"]
    return kept
