"""The inputs of a group node: which of its inner nodes' inputs it has, what it calls them, and their saved values.

Duty: the rules by which the interface made a node out of several. Links to a group node were saved by the names given
here and values by the order, so both have to come out as they did there. It writes no subgraph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.definitions import InputSpec
from comfy_facade.workflow.interface.classes import PRIMITIVE_TYPE, REROUTE_TYPE, ClassOf, NodeClass
from comfy_facade.workflow.interface.json_values import as_index
from comfy_facade.workflow.interface.widget_values import MISSING
from comfy_facade.workflow.interface.widgets import make_widgets

Point = tuple[int, int]
"""A node of a group, by its place in the list, and one of its slots."""

GROUP_PLACES: Final = "comfy_facade.places"
"""The key under which a host that was a group node keeps the places that its values had in the file."""

_CONTROLLED: Final = {"control_after_generate": True}


@dataclass(slots=True, eq=False)
class GroupInput:
    """An input of one of the nodes of a group; unless it is linked within the group, the group node has it too.

    Attributes:
        node: The node's place in the list.
        name: What the node calls it.
        type: Its type.
        slot: The slot by which links of the group name it; fields without a socket have none.
        width: How many of the group node's saved values are for it.
        is_submitted: Whether it goes into a prompt.
        listed_at: Of a field that the node lists among its inputs, the place there.
        is_late: Whether the node seems to have been saved before its class got this field.
        is_hidden: Whether people hid it, so that nothing can be linked to it.
        outer_name: What the group node calls it.
        value: The first of its saved values.
        place: The place of that value among those of the group node.
        start: What it is linked to within the group.
    """

    node: int
    name: str
    type: str
    slot: int | None = None
    width: int = 0
    is_submitted: bool = True
    listed_at: int | None = None
    is_late: bool = False
    is_hidden: bool = False
    outer_name: str = ""
    value: Any = MISSING
    place: int = 0
    start: Point | None = None


def rows_of(group: RawObject, part: str, length: int) -> Iterator[Sequence[Any]]:
    """Go through the rows of one part of a group.

    Args:
        group: The group's JSON.
        part: `links` or `external`.
        length: What a row has at least.

    Returns:
        The rows that are long enough.
    """
    return (row for row in map(as_list, as_list(group.get(part))) if len(row) >= length)


def wires_of(group: RawObject) -> Iterator[tuple[Point, Point]]:
    """Go through the links within a group.

    Args:
        group: The group's JSON.

    Yields:
        Where each starts and where it ends.
    """
    for row in rows_of(group, "links", 4):
        origin, output, target, slot = (as_index(part) for part in row[:4])
        if origin is not None and output is not None and target is not None and slot is not None:
            yield (max(0, origin), max(0, output)), (max(0, target), max(0, slot))


def exposed_points(group: RawObject) -> dict[Point, object]:
    """Find the outputs that something outside of a group was linked to when it was made.

    Args:
        group: The group's JSON.

    Returns:
        Their types.
    """
    # Some rows hold the node itself where its place belongs; these say nothing.
    rows = ((as_index(row[0]), as_index(row[1]), row[2]) for row in rows_of(group, "external", 3))
    return {(node, slot): kind for node, slot, kind in rows if node is not None and slot is not None and kind}


def settings_of(group: RawObject, place: int, part: str, name: str) -> RawObject:
    """Find what people set for one slot of a group.

    Args:
        group: The group's JSON.
        place: The node, by its place in the list.
        part: `input` or `output`.
        name: The input's name, or the output's number.

    Returns:
        The settings: `name` and `visible`.
    """
    return as_object(as_object(as_object(as_object(group.get("config")).get(str(place))).get(part)).get(name))


def list_inputs(group: RawObject, class_of: ClassOf) -> tuple[list[GroupInput], list[GroupInput]]:
    """List the inputs of all nodes of a group.

    Args:
        group: The group's JSON.
        class_of: Finds a class by name.

    Returns:
        Those that are linked within the group, and those that the group node has, named and in its order.
    """
    nodes = [as_object(node) for node in as_list(group.get("nodes"))]
    wires = list(wires_of(group))
    driving = {start for start, _ in wires}
    starts = {end: start for start, end in wires}
    entries: list[GroupInput] = []
    for place, node in enumerate(nodes):
        # A primitive that drives nothing has nothing to show.
        if node.get("type") != PRIMITIVE_TYPE or (place, 0) in driving:
            entries.extend(_inputs_of(place, node, group, class_of))
    for entry in entries:
        entry.start = starts.get((entry.node, entry.slot)) if entry.slot is not None else None
    outer = [entry for entry in entries if entry.start is None]
    # Fields that are listed among the inputs come after all others; the interface sorts their places as text.
    listed = sorted((e for e in outer if e.listed_at is not None), key=lambda e: (e.node, str(e.listed_at)))
    outer = [*(entry for entry in outer if entry.listed_at is None), *listed]
    _name(outer, nodes, group)
    return [entry for entry in entries if entry.start is not None], outer


def hand_out(values: Sequence[Any], outer: Sequence[GroupInput]) -> int:
    """Give the inputs of a group node its saved values.

    Args:
        values: The values.
        outer: The inputs in its order.

    Returns:
        How many values the inputs take; where these are not as many as there are, some are for other fields.
    """
    width = sum(entry.width for entry in outer)
    if width != len(values):
        # As the fields were before their classes got further ones, the values may be told apart after all.
        former = [entry for entry in outer if not entry.is_late]
        if (former_width := sum(entry.width for entry in former)) == len(values):
            outer, width = former, former_width
    place = 0
    for entry in outer:
        if entry.width and place < len(values):
            entry.value, entry.place = values[place], place
        place += entry.width
    return width


def _inputs_of(place: int, node: RawObject, group: RawObject, class_of: ClassOf) -> Iterator[GroupInput]:
    """Go through the inputs of a node: its fields, then its sockets in the order in which links count them."""
    kind = str(node.get("type"))
    if kind == PRIMITIVE_TYPE:
        output = as_object(next(iter(as_list(node.get("outputs"))), None))
        spec = InputSpec("value", str(output.get("type")), _CONTROLLED if output.get("type") != "FLOAT" else {})
        yield GroupInput(place, spec.name, spec.type, width=_width(spec))
        return
    node_class = class_of(kind)
    if node_class is not None:
        yield from _declared_inputs(place, node, node_class)
        return
    # Reroutes, and classes that nobody knows here: their saved inputs are all there is.
    names = [str(slot.get("name") or "") for slot in _saved(node)] or ([""] if kind == REROUTE_TYPE else [])
    type_of_all = _type_of_reroute(place, group) if kind == REROUTE_TYPE else "*"
    for slot, name in enumerate(dict.fromkeys(names)):
        yield GroupInput(place, name, type_of_all, slot)


def _declared_inputs(place: int, node: RawObject, node_class: NodeClass) -> Iterator[GroupInput]:
    # Older interfaces list the fields that people turned into sockets, newer ones all fields.
    listed = {
        str(slot.get("name")): at
        for at, slot in enumerate(_saved(node))
        if slot.get("name") == as_object(slot.get("widget")).get("name")
    }
    fields = {spec.name: spec for spec in node_class.fields}
    widths = [_width(spec) for spec in fields.values()]
    places = accumulate(widths, initial=0)
    count = len(as_list(node.get("widgets_values")))
    last: list[GroupInput] = []
    for spec, width, first in zip(fields.values(), widths, places, strict=False):
        is_submitted = any(widget.is_submitted for widget in make_widgets(spec))
        entry = GroupInput(place, spec.name, spec.type, None, width, is_submitted, listed.get(spec.name))
        entry.is_late = entry.listed_at is None and (bool(fields.keys() & listed) or 0 < count <= first)
        if entry.listed_at is None:
            yield entry
        else:
            last.append(entry)
    for slot, spec in enumerate(node_class.sockets):
        yield GroupInput(place, spec.name, spec.type, slot)
    for slot, entry in enumerate(sorted(last, key=lambda e: e.listed_at or 0), len(node_class.sockets)):
        entry.slot = slot
        yield entry


def _width(spec: InputSpec) -> int:
    return sum(widget.is_saved for widget in make_widgets(spec))


def _saved(node: RawObject) -> Iterable[RawObject]:
    return map(as_object, as_list(node.get("inputs")))


def _type_of_reroute(place: int, group: RawObject) -> str:
    """Find the type of a reroute, which is what the interface names its input after: what it leads to says it."""
    nodes = as_list(group.get("nodes"))
    ends = [end for start, end in wires_of(group) if start[0] == place]
    slots = [as_list(as_object(nodes[node]).get("inputs"))[slot:][:1] for node, slot in ends if node < len(nodes)]
    types: Iterable[object] = (as_object(found[0]).get("type") for found in slots if found)
    if not ends:
        brought = [row[5] for row in rows_of(group, "links", 6) if as_index(row[2]) == place]
        types = [*brought[:1], exposed_points(group).get((place, 0))]
    return next((kind for kind in types if isinstance(kind, str) and kind not in {"", "*"}), "*")


def _name(outer: Sequence[GroupInput], nodes: Sequence[RawObject], group: RawObject) -> None:
    """Name the inputs of a group node: as people wished, else plainly, else with the node's title, else numbered."""
    uses: dict[str, int] = {}
    for entry in outer:
        node = nodes[entry.node]
        # All that a reroute's input has is its type.
        plain = entry.type if node.get("type") == REROUTE_TYPE else entry.name or entry.type
        settings = settings_of(group, entry.node, "input", plain)
        key = name = str(_first_of(settings.get("name"), _label(node, plain), plain))
        if name in uses or (node.get("title") and node.get("type") == PRIMITIVE_TYPE):
            prefix = _first_of(node.get("title"), node.get("type"))
            key = name = f"{prefix} {plain}"
            if name in uses:
                name = f"{prefix} {uses[name]} {plain}"
        uses[key] = uses.get(key, 1) + 1
        entry.outer_name = name
        entry.is_hidden = entry.width == 0 and settings.get("visible") is False


def _label(node: Mapping[str, Any], name: str) -> object:
    return next((slot.get("label") for slot in _saved(node) if slot.get("name") == name), None)


def _first_of(*wishes: object) -> object:
    return next((wish for wish in wishes if wish is not None), None)
