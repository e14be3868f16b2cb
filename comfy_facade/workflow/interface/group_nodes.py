"""Group nodes, which older interfaces saved in `extra.groupNodes`, turned into subgraphs.

Duty: one subgraph definition for each group node of a workflow, so that all that follows knows subgraphs alone. The
inner nodes are named by their place in the group: `"5:0"`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.definitions import InputSpec
from comfy_facade.workflow.interface.classes import PRIMITIVE_TYPE, REROUTE_TYPE, NodeClass
from comfy_facade.workflow.interface.graph import INPUT_NODE_ID, OUTPUT_NODE_ID
from comfy_facade.workflow.interface.json_values import as_id, as_index
from comfy_facade.workflow.interface.widget_values import MISSING
from comfy_facade.workflow.interface.widgets import make_widgets

_PREFIXES: Final = ("workflow>", "workflow/")
_MOST_GROUPS: Final = 1000

ClassOf = Callable[[str], NodeClass | None]
"""Finds a class by name."""

_Point = tuple[int, int]
"""A node of a group, by its place in the list, and one of its slots."""


@dataclass(slots=True, eq=False)
class _Input:
    """An input of one of the nodes of a group; unless it is linked within the group, the group node has it too.

    Attributes:
        node: The node's place in the list.
        name: What the node calls it.
        type: Its type.
        slot: The slot by which links of the group name it; fields have none.
        width: How many of the group node's saved values are for it.
        is_submitted: Whether it goes into a prompt.
        outer_name: What the group node calls it.
        value: The first of its saved values.
        start: What it is linked to within the group.
    """

    node: int
    name: str
    type: str
    slot: int | None = None
    width: int = 0
    is_submitted: bool = True
    outer_name: str = ""
    value: Any = MISSING
    start: _Point | None = None


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

    def add_input(self, entry: _Input) -> None:
        """Let the subgraph have an input that leads to one of a node's."""
        link_id = self.link_input(INPUT_NODE_ID, len(self.inputs), entry.node, entry.name)
        self.inputs.append({"name": entry.outer_name, "type": entry.type, "linkIds": [link_id]})

    def links_from(self, point: _Point) -> list[int]:
        """Give the links that start at an output so far."""
        return list(self._links_from[point])

    def add_output(self, point: _Point) -> None:
        """Let the subgraph have an output that shows one of a node's."""
        link_id = self.link(*point, OUTPUT_NODE_ID, len(self.outputs))
        self.outputs.append({"name": "", "type": "*", "linkIds": [link_id]})

    def written(self) -> dict[str, Any]:
        """Give all of it as a definition holds it."""
        return {"nodes": self.nodes, "links": self.links, "inputs": self.inputs, "outputs": self.outputs}


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
    listed = [as_object(node) for node in as_list(raw.get("nodes"))]
    wires = list(_wires(raw))
    linked_outputs = {start for start, _ in wires}
    starts = {end: start for start, end in wires}
    inputs = [
        entry
        for place, node in enumerate(listed)
        # A primitive that drives nothing has nothing to show.
        if node.get("type") != PRIMITIVE_TYPE or (place, 0) in linked_outputs
        for entry in _inputs_of(place, node, class_of)
    ]
    for entry in inputs:
        entry.start = starts.get((entry.node, entry.slot)) if entry.slot is not None else None
    outer = [entry for entry in inputs if entry.start is None]
    _name(outer, listed)
    _hand_out(as_list(host.get("widgets_values")), outer)

    subgraph = _Subgraph([_node(place, node, inputs) for place, node in enumerate(listed)])
    linked = {(entry.node, entry.name): entry.start for entry in inputs if entry.start is not None}
    for (place, inner_name), (origin, output) in linked.items():
        subgraph.link_input(origin, output, place, inner_name)
    exposed = {(as_index(entry[0]) or 0, as_index(entry[1]) or 0) for entry in _rows(raw, "external", 2)}
    for place, node in enumerate(subgraph.nodes):
        points = [(place, output) for output in range(_count_outputs(node, class_of))]
        node["outputs"] = [{"type": "*", "links": subgraph.links_from(point)} for point in points]
        for point in points:
            if point in exposed or point not in linked_outputs:
                subgraph.add_output(point)
    # What primitives drive gets its value from them, inside.
    shown = [e for e in outer if e.is_submitted and listed[e.node].get("type") != PRIMITIVE_TYPE]
    for entry in shown:
        subgraph.add_input(entry)
    saved = [entry.value for entry in shown if entry.value is not MISSING]
    converted = {**host, "type": new_id, "title": host.get("title") or name, "widgets_values": saved}
    return converted, {"id": new_id, "name": name, **subgraph.written()}


def _rows(raw: RawObject, part: str, length: int) -> Iterator[Sequence[Any]]:
    return (row for row in map(as_list, as_list(raw.get(part))) if len(row) >= length)


def _wires(raw: RawObject) -> Iterator[tuple[_Point, _Point]]:
    """Go through the links of a group: where each starts and where it ends."""
    for row in _rows(raw, "links", 4):
        origin, output, target, slot = (as_index(part) for part in row[:4])
        if origin is not None and output is not None and target is not None and slot is not None:
            yield (max(0, origin), max(0, output)), (max(0, target), max(0, slot))


def _inputs_of(place: int, node: RawObject, class_of: ClassOf) -> Iterator[_Input]:
    """Go through the inputs of a node: its fields, then its sockets in the order in which links count them."""
    kind = str(node.get("type"))
    if kind == PRIMITIVE_TYPE:
        output = as_object(next(iter(as_list(node.get("outputs"))), None))
        # The second value is the control beside the first.
        yield _Input(place, "value", str(output.get("type")), width=2)
        return
    saved = [as_object(slot) for slot in as_list(node.get("inputs"))]
    node_class = class_of(kind)
    sockets: Iterable[InputSpec]
    if node_class is None:
        # Reroutes, and classes that nobody knows here: their saved inputs are all there is.
        names = [str(slot.get("name") or "") for slot in saved] or ([""] if kind == REROUTE_TYPE else [])
        sockets = [InputSpec(name, "*", {}) for name in dict.fromkeys(names)]
    else:
        # Fields that people turned into sockets are counted last.
        turned = {str(slot.get("name")): at for at, slot in enumerate(saved) if slot.get("widget")}
        for spec in node_class.fields:
            if spec.name not in turned:
                widgets = make_widgets(spec)
                width, is_submitted = sum(w.is_saved for w in widgets), any(w.is_submitted for w in widgets)
                yield _Input(place, spec.name, spec.type, width=width, is_submitted=is_submitted)
        last = sorted((spec for spec in node_class.specs if spec.name in turned), key=lambda spec: turned[spec.name])
        sockets = [*node_class.sockets, *last]
    for slot, spec in enumerate(sockets):
        yield _Input(place, spec.name, spec.type, slot)


def _name(outer: Sequence[_Input], listed: Sequence[RawObject]) -> None:
    """Name the inputs of a group node as the interface did, since links to it were saved by these names.

    The plain name is best, then one with the node's title before it, then one with a number between the two.
    """
    uses: Counter[str] = Counter()
    for entry in outer:
        node = listed[entry.node]
        plain, title = entry.name or entry.type, node.get("title")
        titled = f"{title or node.get('type')} {plain}"
        wishes = [titled] if title and node.get("type") == PRIMITIVE_TYPE else [plain, titled]
        wish = next((wish for wish in wishes if not uses[wish]), titled)
        uses[wish] += 1
        entry.outer_name = wish if uses[wish] == 1 else f"{title or node.get('type')} {uses[wish]} {plain}"


def _hand_out(values: Sequence[Any], outer: Sequence[_Input]) -> None:
    left = iter(values)
    for entry in outer:
        entry.value = next(iter(list(islice(left, entry.width))), MISSING)


def _node(place: int, raw: RawObject, inputs: Sequence[_Input]) -> dict[str, Any]:
    """Write a node of the group as a file would hold it."""
    own = [entry for entry in inputs if entry.node == place]
    node: dict[str, Any] = {**raw, "id": place, "mode": 0, "inputs": []}
    if raw.get("type") == PRIMITIVE_TYPE:
        for entry in own:
            if entry.value is not MISSING:
                node["widgets_values"] = [entry.value]
        return node
    # What the group node has comes first.
    outer = {entry.name: entry for entry in own if entry.start is None}
    for entry in outer.values():
        slot = {"name": entry.name, "type": entry.type, "link": None}
        node["inputs"].append({**slot, "widget": {"name": entry.name}} if entry.width else slot)
    linked = dict.fromkeys(entry.name for entry in own if entry.name not in outer)
    node["inputs"].extend({"name": name, "type": "*", "link": None} for name in linked)
    return node


def _count_outputs(node: RawObject, class_of: ClassOf) -> int:
    kind = str(node.get("type"))
    if kind == REROUTE_TYPE:
        return 1
    node_class = class_of(kind)
    return len(node_class.outputs if node_class is not None else as_list(node.get("outputs")))
