"""Where the link of an input really starts, once subgraphs, reroutes, muted and bypassed nodes are looked through.

Duty: follow links from point to point over the nodes of a flattened workflow. It changes nothing, and it writes no
prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from comfy_facade.raw_json import as_list
from comfy_facade.workflow.interface.classes import SETTER_OF
from comfy_facade.workflow.interface.graph import BYPASSED, INPUT_NODE_ID, MUTED, Node
from comfy_facade.workflow.interface.slot_types import do_types_fit
from comfy_facade.workflow.interface.widget_values import ValuePlace


@dataclass(slots=True, eq=False)
class Placed:
    """A node at one place of the flattened workflow.

    Attributes:
        node: The node.
        path: Its id in the prompt, `"5:12"` inside a subgraph.
        host: The node that stands for the subgraph it is in, if it is in one.
    """

    node: Node
    path: str
    host: Placed | None


def path_inside(host: Placed | None, node_id: str) -> str:
    """Give the path of a node.

    Args:
        host: The node that stands for the subgraph it is in, or `None` for the workflow itself.
        node_id: The node's id.

    Returns:
        Its path.
    """
    return f"{host.path}:{node_id}" if host is not None else node_id


class Role(Enum):
    """What a node means for the links that pass it."""

    RUNS = auto()
    MUTED = auto()
    BYPASSED = auto()
    HOST = auto()
    GETTER = auto()
    REROUTE = auto()


_SWITCHED_OFF: Final = {MUTED: Role.MUTED, BYPASSED: Role.BYPASSED}


def role_of(node: Node) -> Role:
    """Tell what a node means for links.

    Args:
        node: The node.

    Returns:
        Its role; only nodes whose role is `RUNS` go into a prompt.
    """
    if node.mode in _SWITCHED_OFF:
        return _SWITCHED_OFF[node.mode]
    if node.subgraph is not None:
        return Role.HOST
    if not node.is_virtual:
        return Role.RUNS
    return Role.GETTER if node.type in SETTER_OF else Role.REROUTE


@dataclass(slots=True, eq=False)
class Start:
    """An output at which a link starts.

    Attributes:
        placed: The node.
        slot: Which of its outputs.
        wanted: The type that the end of the link asks for.
    """

    placed: Placed
    slot: int
    wanted: str


@dataclass(slots=True, eq=False)
class _End:
    """An input at which a link ends; `wanted` is the type asked for from behind it, if not its own."""

    placed: Placed
    slot: int
    wanted: str | None = None


@dataclass(frozen=True, slots=True)
class PromotedValue:
    """The value of a promoted widget, found where a link would start, and where the file holds it."""

    value: Any
    places: tuple[ValuePlace, ...]


class Origins:
    """Finds where links start.

    Args:
        places: All nodes of the flattened workflow by path.
        warnings: Gets what people should know of links that were not kept.
    """

    def __init__(self, places: Mapping[str, Placed], warnings: list[str]) -> None:
        self._places = places
        self._warnings = warnings
        self._behind: dict[Role, Callable[[Start], Start | _End | None]] = {
            Role.RUNS: lambda start: start,
            Role.MUTED: lambda _: None,
            Role.BYPASSED: _across_bypassed,
            Role.HOST: self._within_host,
            Role.GETTER: self._at_setter,
            Role.REROUTE: lambda start: _End(start.placed, start.slot, start.wanted),
        }

    def of(self, placed: Placed, index: int) -> Start | PromotedValue | None:
        """Find what an input gets.

        Args:
            placed: The node.
            index: The place of its input.

        Returns:
            The output of a node that runs, or the value that stands in for one, or `None` for neither.
        """
        point = self._before(placed, index)
        seen: set[tuple[Placed, int, type]] = set()
        while isinstance(point, (Start, _End)):
            if isinstance(point, Start) and role_of(point.placed.node) is Role.RUNS:
                return point
            here = (point.placed, point.slot, type(point))
            if here in seen:
                self._warn(point.placed, "its links run in a circle, so none was kept")
                return None
            seen.add(here)
            if isinstance(point, Start):
                point = self._behind[role_of(point.placed.node)](point)
            else:
                point = self._before(point.placed, point.slot, point.wanted)
        return point

    def _before(self, placed: Placed, index: int, wanted: str | None = None) -> Start | _End | PromotedValue | None:
        """Go from the end of a link to its start, or from inside a subgraph to the input of its node."""
        node, host = placed.node, placed.host
        slot = node.inputs[index] if index < len(node.inputs) else None
        if slot is None or slot.link is None:
            return None
        link = node.graph.links.get(slot.link)
        if link is None:
            self._warn(placed, f"the link of {slot.name!r} is missing")
            return None
        if host is not None and link.origin_id == INPUT_NODE_ID:
            return _outside(host, link.origin_slot)
        origin = self._places.get(path_inside(host, link.origin_id))
        return Start(origin, link.origin_slot, slot.type if wanted is None else wanted) if origin is not None else None

    def _within_host(self, start: Start) -> Start | _End | None:
        host, subgraph = start.placed, start.placed.node.subgraph
        if subgraph is None or start.slot >= len(subgraph.outputs):
            return None
        links = map(subgraph.links.get, subgraph.outputs[start.slot].link_ids)
        link = next(filter(None, links), None)
        if link is None:
            return None
        if link.origin_id == INPUT_NODE_ID:
            return _End(host, link.origin_slot, start.wanted)
        inner = self._places.get(path_inside(host, link.origin_id))
        return Start(inner, link.origin_slot, start.wanted) if inner is not None else None

    def _at_setter(self, start: Start) -> _End | None:
        """Go to the node that sets what a getter gets, in the same graph or in one around it."""
        name, wanted = _first_value(start.placed.node), SETTER_OF[start.placed.node.type]
        around: Placed | None = start.placed
        while around is not None:
            for node in around.node.graph.nodes.values():
                if node.type == wanted and _first_value(node) == name:
                    setter = self._places.get(path_inside(around.host, node.id))
                    is_reroute = node.is_virtual and node.mode != BYPASSED
                    return _End(setter, 0, start.wanted if is_reroute else None) if setter is not None else None
            around = around.host
        return None

    def _warn(self, placed: Placed, problem: str) -> None:
        self._warnings.append(f"node {placed.path} ({placed.node.title}): {problem}")


def _outside(host: Placed, index: int) -> _End | PromotedValue | None:
    if index >= len(host.node.inputs):
        return None
    slot = host.node.inputs[index]
    if slot.link is not None:
        return _End(host, index)
    return PromotedValue(slot.promoted.get(), slot.promoted.places) if slot.promoted is not None else None


def _across_bypassed(start: Start) -> _End | None:
    """Choose the input that a bypassed node hands on: best the one at the same place, then one of the very type."""
    node, wanted = start.placed.node, start.wanted
    is_open = wanted in {"*", ""}
    offered = node.outputs[start.slot].type if start.slot < len(node.outputs) else "*"
    fitting = {
        place
        for place, slot in enumerate(node.inputs)
        if is_open or (do_types_fit(slot.type, offered) and do_types_fit(slot.type, wanted))
    }
    exact = {place for place, slot in enumerate(node.inputs) if slot.type == wanted and not is_open}
    ranked = (fitting & {start.slot}, exact, fitting)
    return next((_End(start.placed, min(places)) for places in ranked if places), None)


def _first_value(node: Node) -> object:
    return next(iter(as_list(node.raw.get("widgets_values"))), None)
