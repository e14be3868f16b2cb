"""The old way to promote widgets, `properties.proxyWidgets`, turned into subgraph inputs.

Duty: what the interface does with such a list when it loads it: an entry that is linked already gives its saved value
to that input, any other becomes a new input of the subgraph. Entries that lead nowhere are dropped, as there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from comfy_facade.raw_json import as_list, as_object
from comfy_facade.workflow.interface.classes import PRIMITIVE_TYPE
from comfy_facade.workflow.interface.graph import (
    INPUT_NODE_ID,
    MISSING,
    Graph,
    InputSlot,
    Link,
    Node,
    SubgraphSlot,
    Widget,
)
from comfy_facade.workflow.interface.hosts import promote, promotion_source
from comfy_facade.workflow.interface.json_values import as_id

_PREFIX: Final = re.compile(r"\s*(\d+)\s*:\s*(.+)", re.DOTALL)
_DEEPEST_CHAIN: Final = 100


@dataclass(slots=True)
class _Entry:
    source_id: str
    widget_name: str
    inner_id: str | None
    value: Any


def settle_promotions(host: Node, subgraph: Graph) -> None:
    """Apply the `proxyWidgets` of a host node.

    Args:
        host: The node, already filled.
        subgraph: The subgraph it stands for; it may gain inputs.
    """
    listed = as_list(as_object(host.raw.get("properties")).get("proxyWidgets"))
    values = as_list(host.raw.get("widgets_values"))
    entries = [
        _read_entry(host, parts, index, values)
        for index, parts in enumerate(as_list(entry) for entry in listed)
        if len(parts) >= 2
    ]
    # All are judged before any is applied, since applying one changes what the next would find.
    linked = _linked_inputs(host, subgraph) if entries else {}
    judged = [(entry, linked.get((entry.source_id, entry.widget_name))) for entry in entries]
    primitives: dict[str, list[_Entry]] = {}
    for entry, slot in judged:
        source = subgraph.nodes.get(entry.source_id)
        if slot is not None:
            _set(slot, entry.value)
        elif source is None:
            if entry.source_id == "-1":
                _set(next((slot for slot in host.inputs if slot.name == entry.widget_name), None), entry.value)
        elif source.type == PRIMITIVE_TYPE:
            primitives.setdefault(source.id, []).append(entry)
        else:
            _promote_inner(host, subgraph, source, entry)
    for source_id, group in primitives.items():
        _promote_primitive(host, subgraph, subgraph.nodes[source_id], group)


def _read_entry(host: Node, parts: Sequence[Any], index: int, values: Sequence[Any]) -> _Entry:
    source_id, name = as_id(parts[0]), str(parts[1])
    inner_id = as_id(parts[2]) if len(parts) > 2 else None
    value: Any = values[index] if index < len(values) else MISSING
    if value is None:
        value = MISSING
    if not _leads_to_widget(host, source_id, name):
        while (match := _PREFIX.fullmatch(name)) is not None:
            inner_id, name = match[1], match[2]
    return _Entry(source_id, name, inner_id, value)


def _leads_to_widget(host: Node, source_id: str, name: str) -> bool:
    for _ in range(_DEEPEST_CHAIN):
        source = host.subgraph.nodes.get(source_id) if host.subgraph is not None else None
        if source is None:
            return False
        if source.subgraph is None:
            return source.widget(name) is not None
        target = _input_source(source, name)
        if target is None:
            return False
        host, source_id, name = source, target[0].id, target[1]
    return False


def _input_source(host: Node, name: str) -> tuple[Node, str] | None:
    if host.subgraph is None:
        return None
    slot = next((slot for slot in host.subgraph.inputs if slot.name == name), None)
    return promotion_source(host.subgraph, slot) if slot is not None else None


def _linked_inputs(host: Node, subgraph: Graph) -> dict[tuple[str, str], InputSlot]:
    linked: dict[tuple[str, str], InputSlot] = {}
    for slot in host.inputs:
        source = promotion_source(subgraph, slot.subgraph_slot) if slot.subgraph_slot is not None else None
        if source is not None:
            linked.setdefault((source[0].id, source[1]), slot)
    return linked


def _set(slot: InputSlot | None, value: Any) -> None:
    if slot is not None and slot.promoted is not None and value is not MISSING:
        slot.promoted.set(value)


def _promote_inner(host: Node, subgraph: Graph, source: Node, entry: _Entry) -> None:
    slot = _source_slot(source, entry)
    if slot is None or entry.widget_name.startswith("$$"):
        return
    added = _add_input(subgraph, entry.widget_name, slot.type)
    _connect(subgraph, added, source, slot)
    _set(next((own for own in host.inputs if own.subgraph_slot is added), None), entry.value)


def _source_slot(source: Node, entry: _Entry) -> InputSlot | None:
    if source.subgraph is None:
        if source.widget(entry.widget_name) is None:
            return None
        return next((slot for slot in source.inputs if slot.widget_name == entry.widget_name), None)
    for slot in source.inputs:
        target = _input_source(source, slot.name)
        is_named = target is not None and target[1] == entry.widget_name
        if entry.inner_id is not None:
            found = is_named and target is not None and target[0].id == entry.inner_id
        else:
            found = slot.name == entry.widget_name or is_named
        if found:
            return slot if slot.promoted is not None else None
    return None


def _promote_primitive(host: Node, subgraph: Graph, primitive: Node, group: list[_Entry]) -> None:
    name = group[0].widget_name
    if any(entry.widget_name != name for entry in group) or not primitive.outputs:
        return
    output = primitive.outputs[0]
    links = [subgraph.links.get(link_id) for link_id in output.link_ids]
    targets = [_target(subgraph, link) for link in links]
    slots = [(node, slot) for node, slot in targets if node is not None and slot is not None]
    if not slots or len(slots) != len(targets):
        return
    if any(slot.type != output.type and "*" not in {slot.type, output.type} for _, slot in slots):
        return
    widgets = [widget for node, slot in slots if (widget := node.widget_of(slot)) is not None]
    # One input can only drive widgets with the same limits.
    if any((widget.kind, widget.options) != (widgets[0].kind, widgets[0].options) for widget in widgets):
        return
    title = str(primitive.raw.get("title") or "")
    added = _add_input(subgraph, title if title not in {"", PRIMITIVE_TYPE} else name, output.type)
    for node, slot in slots:
        _connect(subgraph, added, node, slot)
    value = next((entry.value for entry in group if entry.value is not MISSING), MISSING)
    _set(next((own for own in host.inputs if own.subgraph_slot is added), None), value)


def _target(subgraph: Graph, link: Link | None) -> tuple[Node | None, InputSlot | None]:
    node = subgraph.nodes.get(link.target_id) if link is not None else None
    if node is None or link is None or link.target_slot >= len(node.inputs):
        return node, None
    return node, node.inputs[link.target_slot]


def _add_input(subgraph: Graph, name: str, kind: str) -> SubgraphSlot:
    taken = {slot.name for slot in subgraph.inputs}
    unique, number = name, 1
    while unique in taken:
        unique, number = f"{name}_{number}", number + 1
    added = SubgraphSlot(unique, kind, [])
    subgraph.inputs.append(added)
    for host in subgraph.hosts:
        host.inputs.append(InputSlot(unique, kind, subgraph_slot=added))
    return added


def _connect(subgraph: Graph, added: SubgraphSlot, node: Node, slot: InputSlot) -> None:
    subgraph.disconnect(slot)
    widget: Widget | None = node.widget_of(slot)
    if widget is not None:
        for host in subgraph.hosts:
            for own in host.inputs:
                if own.subgraph_slot is added:
                    promote(own, widget)
    link_id = max(subgraph.links, default=0) + 1
    place = node.inputs.index(slot)
    subgraph.links[link_id] = Link(link_id, INPUT_NODE_ID, subgraph.inputs.index(added), node.id, place)
    added.link_ids.append(link_id)
    slot.link = link_id
