"""From loaded graphs to the prompt that the interface would submit.

Duty: name every node by its path, follow links through subgraphs, reroutes, muted and bypassed nodes to where they
really start, and write down values and links. It changes no graph but for the values that primitive nodes hand on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.raw_json import as_list
from comfy_facade.workflow.interface.classes import GETTER_TYPE, PRIMITIVE_TYPE, SETTER_TYPE
from comfy_facade.workflow.interface.graph import (
    BYPASSED,
    INPUT_NODE_ID,
    MISSING,
    MUTED,
    Graph,
    InputSlot,
    Node,
    Widget,
)
from comfy_facade.workflow.interface.json_values import as_submitted
from comfy_facade.workflow.interface.primitives import apply_primitive
from comfy_facade.workflow.interface.slot_types import do_types_fit
from comfy_facade.workflow.interface.texts import Replacer, resolve_choices
from comfy_facade.workflow.interface.widgets import CAPTURE
from comfy_facade.workflow.json_kinds import is_list

_MOST_NODES: Final = 50_000
"""Beyond this many, a workflow is taken for one that was made to exhaust memory: nested subgraphs multiply."""


@dataclass(slots=True, eq=False)
class _Placed:
    """A node at one place of the flattened workflow."""

    node: Node
    path: str
    host: _Placed | None


@dataclass(frozen=True, slots=True)
class _Value:
    """A promoted widget's value, found where a link would start."""

    value: Any


class Flattener:
    """Makes the prompt of one loaded workflow.

    Args:
        root: The workflow's own graph.
        definitions: The subgraphs.
        warnings: Gets what people should know of, but which stops nothing.
    """

    def __init__(self, root: Graph, definitions: list[Graph], warnings: list[str]) -> None:
        self._root = root
        self._warnings = warnings
        self._placed: dict[str, _Placed] = {}
        nodes = [node for graph in (root, *definitions) for node in graph.nodes.values()]
        self._replacer = Replacer(nodes, datetime.now())

    def prompt(self) -> dict[str, Any]:
        """Make the prompt.

        Returns:
            The prompt in API format.

        Raises:
            InvalidWorkflowError: Its subgraphs unfold into more nodes than anybody would run.
        """
        for node in self._root.nodes.values():
            self._place(node, None, is_inside=node.mode not in {MUTED, BYPASSED})
        for placed in self._placed.values():
            if placed.node.type == PRIMITIVE_TYPE:
                apply_primitive(placed.node, self._replacer)
        prompt = {
            path: self._entry(placed)
            for path, placed in self._placed.items()
            if not placed.node.is_virtual and placed.node.mode not in {MUTED, BYPASSED}
        }
        for entry in prompt.values():
            inputs = entry["inputs"]
            for name in [name for name, value in inputs.items() if _leads_nowhere(value, prompt)]:
                del inputs[name]
        return prompt

    def places(self) -> dict[str, tuple[str, ...]]:
        """Name the subgraphs in use.

        Returns:
            Title and name of each, by the path of the node that stands for it.
        """
        hosts = ((path, placed.node) for path, placed in self._placed.items())
        return {path: (node.title, node.subgraph.name) for path, node in hosts if node.subgraph is not None}

    def _place(self, node: Node, host: _Placed | None, *, is_inside: bool) -> None:
        path = f"{host.path}:{node.id}" if host is not None else node.id
        placed = self._placed[path] = _Placed(node, path, host)
        if len(self._placed) > _MOST_NODES:
            raise InvalidWorkflowError(f"the workflow's subgraphs unfold into more than {_MOST_NODES} nodes")
        if node.subgraph is not None and is_inside:
            for inner in node.subgraph.nodes.values():
                self._place(inner, placed, is_inside=True)

    def _entry(self, placed: _Placed) -> dict[str, Any]:
        node = placed.node
        inputs: dict[str, Any] = {}
        for widget in node.plain_widgets:
            if widget.is_submitted and widget.name:
                value = self._submitted(widget)
                if widget.kind == CAPTURE:
                    self._warnings.append(
                        f"node {placed.path} ({node.title}): {widget.name!r} is recorded by a browser when it submits; "
                        f"set it before this runs"
                    )
                if value is not MISSING:
                    inputs[widget.name] = _wrap(value, widget)
        for index, slot in enumerate(node.inputs):
            origin = self._origin_of_input(placed, index)
            if isinstance(origin, _Value):
                if origin.value is not MISSING:
                    inputs[slot.name] = _wrap(as_submitted(origin.value))
            elif origin is not None:
                inputs[slot.name] = [origin[0].path, origin[1]]
        return {"inputs": inputs, "class_type": node.type, "_meta": {"title": node.title}}

    def _submitted(self, widget: Widget) -> Any:
        value = widget.get()
        if isinstance(value, str):
            if widget.is_file_name:
                return self._replacer.replace(value)
            if widget.has_choice_blocks:
                return resolve_choices(value)
        return as_submitted(value)

    def _origin_of_input(self, placed: _Placed, index: int) -> tuple[_Placed, int] | _Value | None:
        """Follow the link of an input to the node that runs, or to the value that stands in for it."""
        wanted: str | None = None
        seen: set[tuple[str, int, bool]] = set()
        slot_index, is_output = index, False
        while (step := (placed.path, slot_index, is_output)) not in seen:
            seen.add(step)
            if is_output:
                found = self._from_output(placed, slot_index, wanted or "*")
                if found is None or not isinstance(found[2], bool):
                    return (placed, slot_index) if found is not None else None
                placed, slot_index, is_output = found[0], found[1], found[2]
                # A reroute passes on what type is wanted; a bypassed node asks for what its own input takes.
                if not is_output and (placed.node.mode == BYPASSED or not placed.node.is_virtual):
                    wanted = None
                continue
            if slot_index >= len(placed.node.inputs):
                return None
            slot = placed.node.inputs[slot_index]
            up = self._from_input(placed, slot)
            if up is None or isinstance(up, _Value):
                return up
            if not up[2]:
                wanted = None
            elif wanted is None:
                wanted = slot.type
            placed, slot_index, is_output = up
        self._warnings.append(f"node {placed.path} ({placed.node.title}): its links run in a circle, so none was kept")
        return None

    def _from_input(self, placed: _Placed, slot: InputSlot) -> tuple[_Placed, int, bool] | _Value | None:
        link = placed.node.graph.links.get(slot.link) if slot.link is not None else None
        if link is None:
            if slot.link is not None:
                self._warnings.append(f"node {placed.path} ({placed.node.title}): the link of {slot.name!r} is missing")
            return None
        host = placed.host
        if host is not None and link.origin_id == INPUT_NODE_ID:
            if link.origin_slot >= len(host.node.inputs):
                return None
            outer = host.node.inputs[link.origin_slot]
            if outer.link is None:
                return _Value(outer.promoted.get()) if outer.promoted is not None else None
            return host, link.origin_slot, False
        origin = self._placed.get(f"{host.path}:{link.origin_id}" if host is not None else link.origin_id)
        return (origin, link.origin_slot, True) if origin is not None else None

    def _from_output(self, placed: _Placed, slot: int, wanted: str) -> tuple[_Placed, int, bool | None] | None:
        """Tell where to look on: `None` for nowhere; a third part of `None` means that the link starts here."""
        node = placed.node
        if node.mode == MUTED:
            return None
        if node.mode == BYPASSED:
            index = _bypassing_input(node, slot, wanted)
            return (placed, index, False) if index is not None else None
        if node.subgraph is not None:
            return self._into_subgraph(placed, node.subgraph, slot)
        if node.type == GETTER_TYPE and node.is_virtual:
            setter = self._setter_of(placed)
            return (setter, 0, False) if setter is not None else None
        if node.is_virtual:
            return (placed, slot, False) if slot < len(node.inputs) else None
        return placed, slot, None

    def _setter_of(self, getter: _Placed) -> _Placed | None:
        """Find the node that sets what another one gets, in the same graph or in one around it."""
        name = next(iter(as_list(getter.node.raw.get("widgets_values"))), None)
        host, graph = getter.host, getter.node.graph
        while True:
            for node in graph.nodes.values():
                if node.type == SETTER_TYPE and next(iter(as_list(node.raw.get("widgets_values"))), None) == name:
                    return self._placed.get(f"{host.path}:{node.id}" if host is not None else node.id)
            if host is None:
                return None
            graph, host = host.node.graph, host.host

    def _into_subgraph(self, placed: _Placed, subgraph: Graph, slot: int) -> tuple[_Placed, int, bool] | None:
        link_ids = subgraph.outputs[slot].link_ids if slot < len(subgraph.outputs) else []
        links = (subgraph.links.get(link_id) for link_id in link_ids)
        link = next((link for link in links if link is not None), None)
        if link is None:
            return None
        if link.origin_id == INPUT_NODE_ID:
            return (placed, link.origin_slot, False) if link.origin_slot < len(placed.node.inputs) else None
        inner = self._placed.get(f"{placed.path}:{link.origin_id}")
        return (inner, link.origin_slot, True) if inner is not None else None


def _bypassing_input(node: Node, slot: int, wanted: str) -> int | None:
    inputs = node.inputs
    if wanted in {"*", ""}:
        return slot if len(inputs) > slot else (0 if inputs else None)
    offered = node.outputs[slot].type if slot < len(node.outputs) else "*"

    def fits(candidate: InputSlot) -> bool:
        return do_types_fit(candidate.type, offered) and do_types_fit(candidate.type, wanted)

    if slot < len(inputs) and fits(inputs[slot]):
        return slot
    exact = (index for index, candidate in enumerate(inputs) if candidate.type == wanted)
    fitting = (index for index, candidate in enumerate(inputs) if fits(candidate))
    return next(exact, next(fitting, None))


def _wrap(value: Any, widget: Widget | None = None) -> Any:
    if not is_list(value):
        return value
    # A bare list in a prompt is taken for a link.
    marked = {"__type__": "CURVE"} if widget is not None and widget.kind == "curve" else {}
    return {**marked, "__value__": value}


def _leads_nowhere(value: Any, prompt: dict[str, Any]) -> bool:
    return is_list(value) and len(value) == 2 and value[0] not in prompt
