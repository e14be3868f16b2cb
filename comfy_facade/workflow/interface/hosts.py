"""Nodes that stand for a subgraph: their inputs, and the widgets promoted from inside.

Duty: one host node after the interface has loaded it. A promoted widget belongs to the host: it starts with the value
inside, takes the one saved with the host, and is what runs as long as nothing is linked to its input.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.interface.graph import Graph, InputSlot, Node, OutputSlot, SubgraphSlot
from comfy_facade.workflow.interface.group_inputs import GROUP_PLACES
from comfy_facade.workflow.interface.json_values import as_id, as_index
from comfy_facade.workflow.interface.widget_values import MISSING, ValuePlace, Widget


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
    saved = {str(slot.get("name")): as_index(slot.get("link")) for slot in _saved(node, "inputs")}
    node.inputs = [
        InputSlot(slot.name, slot.type, saved.get(slot.name), subgraph_slot=slot) for slot in subgraph.inputs
    ]
    for own, slot in zip(node.inputs, subgraph.inputs, strict=True):
        inner = next(filter(None, (inside.widget_of(end) for inside, end in _ends(subgraph, slot))), None)
        if inner is not None:
            promote(own, inner)
    # A subgraph may have more outputs than its node had when it was saved.
    starts = chain((as_list(slot.get("links")) for slot in _saved(node, "outputs")), repeat(()))
    node.outputs = [
        OutputSlot(slot.type, [link_id for link_id in map(as_index, link_ids) if link_id is not None])
        for slot, link_ids in zip(subgraph.outputs, starts, strict=False)
    ]
    set_aside = _values_set_aside(node)
    values = chain(as_list(node.raw.get("widgets_values")), repeat(MISSING))
    for index, (widget, value) in enumerate(zip(node.widgets, values, strict=False)):
        if widget.name in set_aside:
            widget.set(set_aside[widget.name])
        elif value is not MISSING:
            widget.set(value, place_of_host_value(node, index))


def place_of_host_value(host: Node, index: int) -> ValuePlace:
    """Tell where the file holds a value of a host.

    Args:
        host: The node.
        index: Which of its values.

    Returns:
        The place.
    """
    # A group node's own values hold more than those of its host.
    places = as_list(host.raw.get(GROUP_PLACES))
    return host.place_of_value(places[index] if index < len(places) else index)


def promotion_source(subgraph: Graph, slot: SubgraphSlot) -> tuple[Node, str] | None:
    """Find the inner widget that a subgraph's input stands for.

    Args:
        subgraph: The subgraph.
        slot: One of its inputs.

    Returns:
        The inner node and the name of its widget, or, on a nested host, of its input; `None` if there is none.
    """
    for node, end in _ends(subgraph, slot):
        # Seen from around it, a nested host has a widget for each of its inputs.
        name = end.name if node.subgraph is not None else end.widget_name
        if name is not None and (node.subgraph is not None or node.widget(name) is not None):
            return node, name
    return None


def promote(slot: InputSlot, inner: Widget) -> None:
    """Put a widget on a host's input that stands for an inner one.

    Args:
        slot: The host's input.
        inner: The widget inside.
    """
    if slot.promoted is not None and slot.promoted.kind == inner.kind:
        return
    # As long as the host has no value of its own, the one inside runs.
    slot.promoted = Widget(
        slot.name, inner.kind, inner.get(), choices=inner.choices, options=inner.options, places=inner.places
    )
    slot.widget_name = slot.name


def _saved(node: Node, part: str) -> Iterator[RawObject]:
    return map(as_object, as_list(node.raw.get(part)))


def _ends(subgraph: Graph, slot: SubgraphSlot) -> Iterator[tuple[Node, InputSlot]]:
    """Go through the inner inputs that a subgraph's input leads to, in the order of its links."""
    for link_id in slot.link_ids:
        link = subgraph.links.get(link_id)
        node = subgraph.nodes.get(link.target_id) if link is not None else None
        end = node.input_of_link(link_id) if node is not None else None
        if node is not None and end is not None:
            yield node, end


def _values_set_aside(node: Node) -> dict[str, Any]:
    """Read the values that the interface once could not place, and kept in the node's properties."""
    kept: dict[str, Any] = {}
    for entry in map(as_object, as_list(as_object(node.raw.get("properties")).get("proxyWidgetErrorQuarantine"))):
        value = entry.get("hostValue")
        match as_list(entry.get("originalEntry")):
            case ["-1", name, *_] if value is not None:
                # Of several values for one input, the first holds.
                kept.setdefault(str(name), value)
            case _:
                pass
    return kept
