"""The old way to promote widgets, `properties.proxyWidgets`, turned into subgraph inputs.

Duty: find, for each entry of such a list, the input of the host that receives its value: one that leads to the named
widget already, or one that the subgraph gains for it. Entries that lead nowhere are dropped.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, repeat
from typing import Any, Final

from comfy_facade.raw_json import as_list, as_object
from comfy_facade.workflow.interface.classes import PRIMITIVE_TYPE
from comfy_facade.workflow.interface.graph import INPUT_NODE_ID, Graph, InputSlot, Link, Node, SubgraphSlot
from comfy_facade.workflow.interface.hosts import place_of_host_value, promote, promotion_source
from comfy_facade.workflow.interface.json_values import as_id
from comfy_facade.workflow.interface.widget_values import MISSING, ValuePlace

_PATH_BEFORE_NAME: Final = re.compile(r"(?:\s*\d+\s*:)+\s*(?=.)", re.DOTALL)
"""Ids of nodes put before a widget's name, as in `"3: 12: text"`."""
_HOST_ITSELF: Final = "-1"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One promoted widget: the inner node, the widget's name, where it is further inside, and the value to give it.

    The value is the one at the same place among those of the host.
    """

    node_id: str
    name: str
    inner_id: str | None
    value: Any
    place: ValuePlace


@dataclass(frozen=True, slots=True)
class _Gain:
    """An input that the subgraph gains, and the inner inputs that it drives."""

    name: str
    type: str
    ends: Sequence[tuple[Node, InputSlot]]


def settle_promotions(host: Node, subgraph: Graph) -> None:
    """Apply the `proxyWidgets` of a host node.

    Args:
        host: The node, already filled.
        subgraph: The subgraph it stands for; it may gain inputs.
    """
    entries = list(_entries(host, subgraph))
    if not entries:
        return
    # Told before any entry is applied, since each changes what the next would find.
    linked = _linked(host, subgraph)
    of_primitives: defaultdict[Node, list[_Entry]] = defaultdict(list)
    for entry in entries:
        node = subgraph.nodes.get(entry.node_id)
        if (slot := linked.get((entry.node_id, entry.name))) is not None:
            _give(slot, entry)
        elif node is None:
            if entry.node_id == _HOST_ITSELF:
                _give(_input_named(host, entry.name), entry)
        elif node.type == PRIMITIVE_TYPE:
            of_primitives[node].append(entry)
        else:
            _give(_gained(host, subgraph, _gain_of_widget(node, entry)), entry)
    for primitive, group in of_primitives.items():
        with_value = next((entry for entry in group if entry.value is not MISSING), group[0])
        _give(_gained(host, subgraph, _gain_of_primitive(subgraph, primitive, group)), with_value)


def _entries(host: Node, subgraph: Graph) -> Iterator[_Entry]:
    listed = as_list(as_object(host.raw.get("properties")).get("proxyWidgets"))
    values = chain(as_list(host.raw.get("widgets_values")), repeat(None))
    for index, (parts, value) in enumerate(zip(map(as_list, listed), values, strict=False)):
        if len(parts) < 2:
            continue
        node_id, name = as_id(parts[0]), str(parts[1])
        inner_id = as_id(parts[2]) if len(parts) > 2 else None
        path = _PATH_BEFORE_NAME.match(name)
        # Some widgets have such a name in earnest.
        if path is not None and not _is_widget(subgraph.nodes.get(node_id), name):
            inner_id, name = re.findall(r"\d+", path[0])[-1], name[path.end() :]
        place = place_of_host_value(host, index)
        yield _Entry(node_id, name, inner_id, MISSING if value is None else value, place)


def _is_widget(node: Node | None, name: str) -> bool:
    while node is not None and node.subgraph is not None:
        node, name = _source(node, name) or (None, name)
    return node is not None and node.widget(name) is not None


def _source(host: Node, name: str) -> tuple[Node, str] | None:
    if host.subgraph is None:
        return None
    slot = next((slot for slot in host.subgraph.inputs if slot.name == name), None)
    return promotion_source(host.subgraph, slot) if slot is not None else None


def _linked(host: Node, subgraph: Graph) -> dict[tuple[str, str], InputSlot]:
    """Find the inputs of a host by the inner node and widget that they lead to."""
    linked: dict[tuple[str, str], InputSlot] = {}
    for slot in host.inputs:
        source = promotion_source(subgraph, slot.subgraph_slot) if slot.subgraph_slot is not None else None
        if source is not None:
            linked.setdefault((source[0].id, source[1]), slot)
    return linked


def _gain_of_widget(node: Node, entry: _Entry) -> _Gain | None:
    """Say what a subgraph gains for a widget inside; names with `$$` stand for previews, which are no widgets."""
    if entry.name.startswith("$$"):
        return None
    if node.subgraph is None:
        slots = (slot for slot in node.inputs if slot.widget_name == entry.name)
    else:
        slots = (slot for slot in node.inputs if (entry.inner_id, entry.name) in _handles(node, slot))
    slot = next(slots, None)
    if slot is None or node.widget_of(slot) is None:
        return None
    return _Gain(entry.name, slot.type, [(node, slot)])


def _handles(host: Node, slot: InputSlot) -> set[tuple[str | None, str]]:
    """Give all that an entry may call an input of a nested host: its name, or what it leads to, with or without id."""
    handles: set[tuple[str | None, str]] = {(None, slot.name)}
    source = _source(host, slot.name)
    if source is not None:
        handles |= {(None, source[1]), (source[0].id, source[1])}
    return handles


def _gain_of_primitive(subgraph: Graph, primitive: Node, group: Sequence[_Entry]) -> _Gain | None:
    """Say what a subgraph gains in place of a primitive: one input for all that it drives, if one will do."""
    names = {entry.name for entry in group}
    ends = [subgraph.target_of(link_id) for output in primitive.outputs[:1] for link_id in output.link_ids]
    found = [end for end in ends if end is not None]
    if len(names) != 1 or not found or len(found) < len(ends):
        return None
    kind = primitive.outputs[0].type
    widgets = [widget for node, slot in found if (widget := node.widget_of(slot)) is not None]
    limits = [(widget.kind, widget.options) for widget in widgets]
    is_one_type = kind == "*" or all(slot.type in {"*", kind} for _, slot in found)
    if not is_one_type or limits[1:] != limits[:-1]:
        return None
    title = str(primitive.raw.get("title") or "")
    return _Gain(names.pop() if title in {"", PRIMITIVE_TYPE} else title, kind, found)


def _gained(host: Node, subgraph: Graph, gain: _Gain | None) -> InputSlot | None:
    """Let a subgraph gain an input, on every node that stands for it.

    Returns:
        The input of one of these nodes, the given one.
    """
    if gain is None:
        return None
    taken = {slot.name for slot in subgraph.inputs}
    names = chain([gain.name], (f"{gain.name}_{number}" for number in count(1)))
    added = SubgraphSlot(next(name for name in names if name not in taken), gain.type, [])
    place = len(subgraph.inputs)
    subgraph.inputs.append(added)
    outside = {node: InputSlot(added.name, added.type, subgraph_slot=added) for node in subgraph.hosts}
    for node, slot in outside.items():
        node.inputs.append(slot)
    for node, end in gain.ends:
        subgraph.disconnect(end)
        widget = node.widget_of(end)
        if widget is not None:
            for slot in outside.values():
                promote(slot, widget)
        end.link = max(subgraph.links, default=0) + 1
        subgraph.links[end.link] = Link(end.link, INPUT_NODE_ID, place, node.id, node.inputs.index(end))
        added.link_ids.append(end.link)
    return outside.get(host)


def _input_named(host: Node, name: str) -> InputSlot | None:
    place = host.place_of(name)
    return host.inputs[place] if place is not None else None


def _give(slot: InputSlot | None, entry: _Entry) -> None:
    if slot is not None and slot.promoted is not None and entry.value is not MISSING:
        slot.promoted.set(entry.value, entry.place)
