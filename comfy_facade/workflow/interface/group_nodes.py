"""Group nodes, which older interfaces saved in `extra.groupNodes`, turned into subgraphs.

Duty: one subgraph definition for each group node of a workflow, so that all that follows knows subgraphs alone. The
inner nodes are named by their place in the group: `"5:0"`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.interface.classes import PRIMITIVE_TYPE, REROUTE_TYPE, ClassOf
from comfy_facade.workflow.interface.graph import BYPASSED, INPUT_NODE_ID, MUTED, OUTPUT_NODE_ID
from comfy_facade.workflow.interface.group_inputs import (
    GROUP_PLACES,
    GroupInput,
    Point,
    exposed_points,
    hand_out,
    list_inputs,
    settings_of,
    wires_of,
)
from comfy_facade.workflow.interface.json_values import as_id
from comfy_facade.workflow.interface.widget_values import MISSING

_PREFIXES: Final = ("workflow>", "workflow/")
_MOST_GROUPS: Final = 1000
_ROOT: Final = "group"


class _Subgraph:
    """The subgraph that a group becomes, while it is written.

    Args:
        nodes: Its nodes, whose inputs learn what is linked to them.
    """

    def __init__(self, nodes: Sequence[dict[str, Any]]) -> None:
        self.nodes = nodes
        self.links: list[list[Any]] = []
        self.inputs: list[dict[str, Any]] = []
        self.outputs: list[dict[str, Any]] = []
        self._links_from: defaultdict[tuple[int | str, int], list[int]] = defaultdict(list)

    def link(self, origin: int | str, output: int, target: int | str, slot: int) -> int:
        """Write a link down, and give its id."""
        link_id = len(self.links) + 1
        self.links.append([link_id, origin, output, target, slot])
        self._links_from[origin, output].append(link_id)
        return link_id

    def link_input(self, origin: int | str, output: int, node: int, name: str) -> int:
        """Write down a link to an input that is known by name, and give its id."""
        slots = self.nodes[node]["inputs"]
        place = next(place for place, slot in enumerate(slots) if slot["name"] == name)
        slots[place]["link"] = self.link(origin, output, node, place)
        return len(self.links)

    def add_input(self, entry: GroupInput) -> None:
        """Let the subgraph have an input that leads to one of a node's."""
        link_id = self.link_input(INPUT_NODE_ID, len(self.inputs), entry.node, entry.name)
        self.inputs.append({"name": entry.outer_name, "type": entry.type, "linkIds": [link_id]})

    def links_from(self, point: Point) -> list[int]:
        """Give the links that start at an output so far."""
        return list(self._links_from[point])

    def add_output(self, point: Point) -> None:
        """Let the subgraph have an output that shows one of a node's."""
        link_id = self.link(*point, OUTPUT_NODE_ID, len(self.outputs))
        self.outputs.append({"name": "", "type": "*", "linkIds": [link_id]})

    def written(self) -> dict[str, Any]:
        """Give all of it as a definition holds it."""
        return {"nodes": self.nodes, "links": self.links, "inputs": self.inputs, "outputs": self.outputs}


def unfold_groups(
    workflow: RawObject, definitions: list[RawObject], class_of: ClassOf, warnings: list[str]
) -> tuple[RawObject, list[RawObject]]:
    """Turn the group nodes of a workflow into nodes that stand for subgraphs.

    Args:
        workflow: The workflow's own graph; it is left as it is.
        definitions: Its subgraph definitions.
        class_of: Finds a class by name.
        warnings: Gets what people should know of.

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
        host, subgraph = _as_subgraph(node, as_object(group), str(name), new_id, class_of, warnings)
        place = len(added)
        added.append(subgraph)
        added[place] = unfold(subgraph, new_id)
        return host

    unfolded = unfold(workflow, _ROOT)
    return unfolded, [*definitions, *added]


def _as_subgraph(
    host: RawObject, raw: RawObject, name: str, new_id: str, class_of: ClassOf, warnings: list[str]
) -> tuple[RawObject, RawObject]:
    listed = [as_object(node) for node in as_list(raw.get("nodes"))]
    linked, outer = list_inputs(raw, class_of)
    values = as_list(host.get("widgets_values"))
    taken = hand_out(values, outer)
    title = host.get("title") or name
    if values and taken != len(values) and host.get("mode") not in {MUTED, BYPASSED}:
        path = new_id.removeprefix(f"{_ROOT}/").replace("/", ":")
        warnings.append(
            f"node {path} ({title}): it has {len(values)} values, but the nodes in it take {taken}, so some may have "
            f"come into the wrong field"
        )

    subgraph = _Subgraph([_node(place, node, linked, outer) for place, node in enumerate(listed)])
    for entry in linked:
        if entry.start is not None:
            subgraph.link_input(*entry.start, entry.node, entry.name)
    driving = {start for start, _ in wires_of(raw)}
    exposed = exposed_points(raw)
    for place, node in enumerate(subgraph.nodes):
        points = [(place, output) for output in range(_count_outputs(node, class_of))]
        node["outputs"] = [{"type": "*", "links": subgraph.links_from(point)} for point in points]
        for point in points:
            visible = settings_of(raw, place, "output", str(point[1])).get("visible")
            if visible or (visible is None and (point in exposed or point not in driving)):
                subgraph.add_output(point)
    # What primitives drive gets its value from them, inside; values are saved without gaps.
    shown = [e for e in outer if e.is_submitted and not e.is_hidden and listed[e.node].get("type") != PRIMITIVE_TYPE]
    for entry in sorted(shown, key=lambda entry: entry.value is MISSING):
        subgraph.add_input(entry)
    saved = [entry for entry in shown if entry.value is not MISSING]
    converted = {
        **host,
        "type": new_id,
        "title": title,
        "widgets_values": [entry.value for entry in saved],
        GROUP_PLACES: [entry.place for entry in saved],
    }
    return converted, {"id": new_id, "name": name, **subgraph.written()}


def _node(place: int, raw: RawObject, linked: Sequence[GroupInput], outer: Sequence[GroupInput]) -> dict[str, Any]:
    """Write a node of the group as a file would hold it."""
    own = [entry for entry in outer if entry.node == place]
    node: dict[str, Any] = {**raw, "id": place, "mode": 0, "inputs": []}
    if raw.get("type") == PRIMITIVE_TYPE:
        for entry in own:
            if entry.value is not MISSING:
                node["widgets_values"] = [entry.value]
        return node
    # What the group node has comes first.
    names = {entry.name: entry for entry in own}
    for entry in names.values():
        slot = {"name": entry.name, "type": entry.type, "link": None}
        node["inputs"].append({**slot, "widget": {"name": entry.name}} if entry.width else slot)
    inside = dict.fromkeys(entry.name for entry in linked if entry.node == place and entry.name not in names)
    node["inputs"].extend({"name": name, "type": "*", "link": None} for name in inside)
    return node


def _count_outputs(node: RawObject, class_of: ClassOf) -> int:
    kind = str(node.get("type"))
    if kind == REROUTE_TYPE:
        return 1
    node_class = class_of(kind)
    return len(node_class.outputs if node_class is not None else as_list(node.get("outputs")))
