"""From loaded graphs to the prompt that the interface would submit.

Duty: name every node by its path, and write down the values and links of those that run. It changes no graph but for
the values that primitive nodes hand on.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.workflow.interface.classes import PRIMITIVE_TYPE
from comfy_facade.workflow.interface.graph import BYPASSED, MUTED, Graph, Node
from comfy_facade.workflow.interface.json_values import as_submitted
from comfy_facade.workflow.interface.leftovers import warning_of
from comfy_facade.workflow.interface.origins import Origins, Placed, Role, Start, path_inside, role_of
from comfy_facade.workflow.interface.primitives import apply_primitive
from comfy_facade.workflow.interface.texts import Replacer, resolve_choices
from comfy_facade.workflow.interface.widget_values import MISSING, ValuePlace, Widget
from comfy_facade.workflow.interface.widgets import CAPTURE
from comfy_facade.workflow.interface.write_back import SavedValue
from comfy_facade.workflow.json_kinds import is_list

_MOST_NODES: Final = 50_000
"""Beyond this many, a workflow is taken for one that was made to exhaust memory: nested subgraphs multiply."""


class Flattener:
    """Makes the prompt of one loaded workflow.

    Args:
        root: The workflow's own graph.
        definitions: The subgraphs.
        warnings: Gets what people should know of, but which stops nothing.

    Attributes:
        saved: The values of the prompt that the file holds, by node and input.
    """

    def __init__(self, root: Graph, definitions: list[Graph], warnings: list[str]) -> None:
        self._root = root
        self._warnings = warnings
        self._placed: dict[str, Placed] = {}
        self.saved: dict[tuple[str, str], SavedValue] = {}
        self._origins = Origins(self._placed, warnings)
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
        running = {path: placed for path, placed in self._placed.items() if role_of(placed.node) is Role.RUNS}
        self._warnings.extend(filter(None, (warning_of(placed.node, path) for path, placed in running.items())))
        return {
            path: {
                "inputs": {**self._values(placed), **self._links(placed)},
                "class_type": placed.node.type,
                "_meta": {"title": placed.node.title},
            }
            for path, placed in running.items()
        }

    def places(self) -> dict[str, tuple[str, ...]]:
        """Name the subgraphs in use.

        Returns:
            Title and name of each, by the path of the node that stands for it.
        """
        hosts = ((path, placed.node) for path, placed in self._placed.items())
        return {path: (node.title, node.subgraph.name) for path, node in hosts if node.subgraph is not None}

    def _place(self, node: Node, host: Placed | None, *, is_inside: bool) -> None:
        path = path_inside(host, node.id)
        placed = self._placed[path] = Placed(node, path, host)
        if len(self._placed) > _MOST_NODES:
            raise InvalidWorkflowError(f"the workflow's subgraphs unfold into more than {_MOST_NODES} nodes")
        if node.subgraph is not None and is_inside:
            for inner in node.subgraph.nodes.values():
                self._place(inner, placed, is_inside=True)

    def _values(self, placed: Placed) -> dict[str, Any]:
        node = placed.node
        values: dict[str, Any] = {}
        for widget in node.plain_widgets:
            if not widget.is_submitted or not widget.name:
                continue
            if widget.kind == CAPTURE:
                self._warnings.append(
                    f"node {placed.path} ({node.title}): {widget.name!r} is recorded by a browser when it submits; "
                    f"set it before this runs"
                )
            value = self._submitted(widget)
            if value is not MISSING:
                values[widget.name] = _wrap(value, widget)
                self._keep(placed, widget.name, values[widget.name], widget.places)
        return values

    def _keep(self, placed: Placed, name: str, value: Any, places: tuple[ValuePlace, ...]) -> None:
        if places:
            self.saved[placed.path, name] = SavedValue(value, placed.node.type, places)
        else:
            self.saved.pop((placed.path, name), None)

    def _links(self, placed: Placed) -> dict[str, Any]:
        links: dict[str, Any] = {}
        for index, slot in enumerate(placed.node.inputs):
            if slot.link is None:
                continue
            origin = self._origins.of(placed, index)
            if isinstance(origin, Start):
                links[slot.name] = [origin.placed.path, origin.slot]
                self._keep(placed, slot.name, None, ())
            elif origin is not None and origin.value is not MISSING:
                links[slot.name] = _wrap(as_submitted(origin.value))
                self._keep(placed, slot.name, links[slot.name], origin.places)
        return links

    def _submitted(self, widget: Widget) -> Any:
        value = widget.get()
        if isinstance(value, str):
            if widget.is_file_name:
                return self._replacer.replace(value)
            if widget.has_choice_blocks:
                return resolve_choices(value)
        return as_submitted(value)


def _wrap(value: Any, widget: Widget | None = None) -> Any:
    if not is_list(value):
        return value
    # A bare list in a prompt is taken for a link.
    marked = {"__type__": "CURVE"} if widget is not None and widget.kind == "curve" else {}
    return {**marked, "__value__": value}
