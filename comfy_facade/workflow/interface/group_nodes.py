"""Group nodes, which older interfaces saved in `extra.groupNodes`, turned into subgraphs.

Duty: one subgraph definition for each group node of a workflow, so that all that follows knows subgraphs alone. The
inner nodes are named by their place in the group: `"5:0"`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.definitions import InputSpec
from comfy_facade.workflow.interface.classes import PRIMITIVE_TYPE, REROUTE_TYPE, NodeClass
from comfy_facade.workflow.interface.graph import INPUT_NODE_ID, OUTPUT_NODE_ID
from comfy_facade.workflow.interface.json_values import as_id, as_index
from comfy_facade.workflow.interface.widgets import make_widgets, widget_type

_PREFIXES: Final = ("workflow>", "workflow/")
_MOST_GROUPS: Final = 1000

ClassOf = Callable[[str], NodeClass | None]
"""Finds a class by name."""


@dataclass(slots=True)
class _Outer:
    """An input of the group node, and where it leads."""

    name: str
    index: int
    inner_name: str
    type: str
    places: int = 0
    is_submitted: bool = True


@dataclass(slots=True)
class _Group:
    """A group while it is being read."""

    nodes: list[RawObject]
    links_to: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict[tuple[int, int], tuple[int, int]])
    links_from: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    external: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    outer: list[_Outer] = field(default_factory=list[_Outer])
    linked: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict[tuple[int, str], tuple[int, int]])
    seen: dict[str, int] = field(default_factory=dict[str, int])


def unfold_groups(
    workflow: RawObject, definitions: list[RawObject], class_of: ClassOf
) -> tuple[RawObject, list[RawObject]]:
    """Turn the group nodes of a workflow into nodes that stand for subgraphs.

    Args:
        workflow: The workflow's own graph; it is left as it is.
        definitions: Its subgraph definitions.
        class_of: Finds a class by name.

    Returns:
        The workflow, and all definitions.

    Raises:
        InvalidWorkflowError: Group nodes contain themselves.
    """
    groups = as_object(as_object(workflow.get("extra")).get("groupNodes"))
    if not groups:
        return workflow, definitions
    added: list[RawObject] = []

    def unfold(graph: RawObject, path: str) -> RawObject:
        return {**graph, "nodes": [unfold_node(as_object(node), path) for node in as_list(graph.get("nodes"))]}

    def unfold_node(node: RawObject, path: str) -> RawObject:
        kind = str(node.get("type"))
        name = next((kind.removeprefix(prefix) for prefix in _PREFIXES if kind.startswith(prefix)), None)
        group = groups.get(name) if name is not None else None
        if group is None:
            return node
        if len(added) >= _MOST_GROUPS or path.count("/") > 20:
            raise InvalidWorkflowError(f"the group node {name!r} contains itself, or there are too many of them")
        new_id = f"{path}/{as_id(node.get('id'))}"
        host, subgraph = _as_subgraph(node, as_object(group), str(name), new_id, class_of)
        place = len(added)
        added.append(subgraph)
        added[place] = unfold(subgraph, new_id)
        return host

    unfolded = unfold(workflow, "group")
    return unfolded, [*definitions, *added]


def _as_subgraph(
    host: RawObject, raw: RawObject, name: str, new_id: str, class_of: ClassOf
) -> tuple[RawObject, RawObject]:
    group = _read(raw)
    for index, node in enumerate(group.nodes):
        _read_node(group, index, node, class_of)
    values = _values_by_input(group, as_list(host.get("widgets_values")))
    nodes = [_inner_node(group, index, node, values) for index, node in enumerate(group.nodes)]
    links, outputs = _inner_links(group, nodes, class_of)
    slots = [
        outer for outer in group.outer if outer.is_submitted and group.nodes[outer.index].get("type") != PRIMITIVE_TYPE
    ]
    inputs: list[dict[str, Any]] = []
    for slot, outer in enumerate(slots):
        link_id = len(links) + 1
        target = [entry["name"] for entry in nodes[outer.index]["inputs"]].index(outer.inner_name)
        nodes[outer.index]["inputs"][target]["link"] = link_id
        links.append([link_id, INPUT_NODE_ID, slot, outer.index, target])
        inputs.append({"name": outer.name, "type": outer.type, "linkIds": [link_id]})
    saved = [values[id(outer)] for outer in slots if outer.places and id(outer) in values]
    converted = {**host, "type": new_id, "title": host.get("title") or name, "widgets_values": saved}
    return converted, {
        "id": new_id,
        "name": name,
        "nodes": nodes,
        "links": links,
        "inputs": inputs,
        "outputs": outputs,
    }


def _read(raw: RawObject) -> _Group:
    group = _Group([as_object(node) for node in as_list(raw.get("nodes"))])
    for link in map(as_list, as_list(raw.get("links"))):
        ends = [as_index(part) for part in link[:4]]
        if len(ends) == 4 and None not in ends:
            origin, slot, target, place = (max(0, end or 0) for end in ends)
            group.links_to[target, place] = (origin, slot)
            group.links_from.add((origin, slot))
    for entry in map(as_list, as_list(raw.get("external"))):
        if len(entry) >= 2:
            group.external.add((as_index(entry[0]) or 0, as_index(entry[1]) or 0))
    return group


def _read_node(group: _Group, index: int, node: RawObject, class_of: ClassOf) -> None:
    kind = str(node.get("type"))
    saved = [as_object(slot) for slot in as_list(node.get("inputs"))]
    if kind == PRIMITIVE_TYPE:
        if (index, 0) in group.links_from:
            output = as_object(next(iter(as_list(node.get("outputs"))), None))
            group.outer.append(_Outer(_name(group, node, "value"), index, "value", str(output.get("type")), places=2))
        return
    node_class = class_of(kind)
    if node_class is None:
        # Reroutes, and classes that nobody knows here: their saved inputs are all there is.
        names = [str(slot.get("name") or "") for slot in saved] or ([""] if kind == REROUTE_TYPE else [])
        slots = {name: InputSpec(name, "*", {}) for name in names}
        converted: list[InputSpec] = []
    else:
        specs = node_class.specs
        places = {str(slot.get("name")): place for place, slot in enumerate(saved) if slot.get("widget")}
        converted = sorted((s for s in specs if s.name in places), key=lambda spec: places[spec.name])
        for spec in specs:
            if spec.name not in places and widget_type(spec) is not None:
                widgets = make_widgets(spec)
                count, is_submitted = sum(w.is_saved for w in widgets), any(w.is_submitted for w in widgets)
                name = _name(group, node, spec.name)
                group.outer.append(_Outer(name, index, spec.name, spec.type, count, is_submitted))
        slots = {spec.name: spec for spec in specs if widget_type(spec) is None}
    for place, spec in enumerate([*slots.values(), *converted]):
        origin = group.links_to.get((index, place))
        if origin is not None:
            group.linked[index, spec.name] = origin
        else:
            group.outer.append(_Outer(_name(group, node, spec.name or spec.type), index, spec.name, spec.type))


def _name(group: _Group, node: RawObject, inner_name: str) -> str:
    """Name an input of the group node as the interface does, so that it is found among the saved ones."""
    name, title = inner_name, node.get("title") or node.get("type")
    key = name
    if (node.get("type") == PRIMITIVE_TYPE and node.get("title")) or name in group.seen:
        key = name = f"{title} {inner_name}"
        if name in group.seen:
            name = f"{title} {group.seen[name]} {inner_name}"
    group.seen[key] = group.seen.get(key, 1) + 1
    return name


def _values_by_input(group: _Group, saved: Any) -> dict[int, Any]:
    values: dict[int, Any] = {}
    place = 0
    for outer in group.outer:
        if outer.places and place < len(saved):
            values[id(outer)] = saved[place]
        place += outer.places
    return values


def _inner_node(group: _Group, index: int, node: RawObject, values: dict[int, Any]) -> dict[str, Any]:
    own = [outer for outer in group.outer if outer.index == index]
    inner: dict[str, Any] = {**node, "id": index, "mode": 0}
    if node.get("type") == PRIMITIVE_TYPE:
        inner["inputs"] = []
        if own and id(own[0]) in values:
            inner["widgets_values"] = [values[id(own[0])]]
        return inner
    names = {outer.inner_name: outer for outer in own}
    linked = [name for at, name in group.linked if at == index]
    inner["inputs"] = [
        {
            "name": name,
            "type": names[name].type if name in names else "*",
            "link": None,
            **({"widget": {"name": name}} if name in names and names[name].places else {}),
        }
        for name in [*names, *(name for name in linked if name not in names)]
    ]
    return inner


def _inner_links(
    group: _Group, nodes: list[dict[str, Any]], class_of: ClassOf
) -> tuple[list[list[Any]], list[dict[str, Any]]]:
    links: list[list[Any]] = []
    starts: dict[tuple[int, int], list[int]] = {}
    for (index, name), (origin, slot) in group.linked.items():
        link_id = len(links) + 1
        target = [entry["name"] for entry in nodes[index]["inputs"]].index(name)
        nodes[index]["inputs"][target]["link"] = link_id
        links.append([link_id, origin, slot, index, target])
        starts.setdefault((origin, slot), []).append(link_id)
    outputs: list[dict[str, Any]] = []
    for index, node in enumerate(nodes):
        node_class = class_of(str(node.get("type")))
        count = len(node_class.outputs if node_class is not None else as_list(node.get("outputs")))
        if node.get("type") == REROUTE_TYPE:
            count = 1
        node["outputs"] = [{"type": "*", "links": starts.get((index, slot), [])} for slot in range(count)]
        for slot in range(count):
            if (index, slot) not in group.links_from or (index, slot) in group.external:
                link_id = len(links) + 1
                links.append([link_id, index, slot, OUTPUT_NODE_ID, len(outputs)])
                outputs.append({"name": "", "type": "*", "linkIds": [link_id]})
    return links, outputs
