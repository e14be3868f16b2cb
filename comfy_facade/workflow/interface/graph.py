"""A workflow of the interface while it is being converted: graphs of nodes with slots, widgets and links.

Duty: hold the state that the interface holds after it has loaded a workflow, and the few changes it makes to links.
Nothing here reads a definition or a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from comfy_facade.raw_json import RawObject
from comfy_facade.workflow.definitions import AutogrowTemplate, InputSpec
from comfy_facade.workflow.interface.widget_values import ValuePlace, Widget

MUTED: Final = 2
BYPASSED: Final = 4

INPUT_NODE_ID: Final = "-10"
"""The id by which links name the inputs of the subgraph they are in."""
OUTPUT_NODE_ID: Final = "-20"
"""The id by which links name the outputs of the subgraph they are in."""


@dataclass(slots=True, eq=False)
class SubgraphSlot:
    """An input or output of a subgraph definition.

    Attributes:
        name: Its name.
        type: Its type.
        link_ids: Links inside the subgraph that start or end here.
    """

    name: str
    type: str
    link_ids: list[int]


@dataclass(slots=True, eq=False)
class InputSlot:
    """An input of a node.

    Attributes:
        name: Its name in the prompt.
        type: Its type.
        link: The link that ends here, or `None`.
        widget_name: The widget it stands for, if any.
        subgraph_slot: On a subgraph's node, the subgraph's input it leads to.
        promoted: On a subgraph's node, the widget that stands for one inside.
    """

    name: str
    type: str
    link: int | None = None
    widget_name: str | None = None
    subgraph_slot: SubgraphSlot | None = None
    promoted: Widget | None = None


@dataclass(slots=True, eq=False)
class OutputSlot:
    """An output of a node.

    Attributes:
        type: Its type.
        link_ids: The links that start here.
    """

    type: str
    link_ids: list[int]


@dataclass(slots=True)
class Link:
    """A link between two nodes of one graph.

    Attributes:
        id: Its id, unique in the graph.
        origin_id: The node it starts from.
        origin_slot: Which of its outputs.
        target_id: The node it ends at.
        target_slot: Which of its inputs.
    """

    id: int
    origin_id: str
    origin_slot: int
    target_id: str
    target_slot: int


@dataclass(slots=True, eq=False)
class Node:
    """A node of a graph.

    Attributes:
        id: Its id within the graph.
        type: Its class, or the id of the subgraph it stands for.
        graph: The graph it is in.
        raw: Its JSON.
        title: What people see.
        mode: `MUTED`, `BYPASSED` or something that runs.
        is_virtual: Whether it never goes into a prompt itself.
        is_known: Whether its class has a definition.
        inputs: Its inputs.
        outputs: Its outputs.
        plain_widgets: Its widgets, unless it stands for a subgraph.
        subgraph: The subgraph it stands for, if any.
        autogrow: Templates of its autogrow groups, by group name.
        specs: The inputs that its definition declares.
        is_display: Whether it is an output node without fields, which shows what it gets.
        place: Its place in the list of nodes that its graph was loaded from.
        leftovers: Saved values that no field took, in words.
    """

    id: str
    type: str
    graph: Graph
    raw: RawObject
    title: str = ""
    mode: int = 0
    is_virtual: bool = False
    is_known: bool = True
    inputs: list[InputSlot] = field(default_factory=list[InputSlot])
    outputs: list[OutputSlot] = field(default_factory=list[OutputSlot])
    plain_widgets: list[Widget] = field(default_factory=list[Widget])
    subgraph: Graph | None = None
    autogrow: dict[str, AutogrowTemplate] = field(default_factory=dict[str, AutogrowTemplate])
    specs: Sequence[InputSpec] = ()
    is_display: bool = False
    place: int = 0
    leftovers: Sequence[str] = ()

    def place_of_value(self, key: int | str) -> ValuePlace:
        """Tell where the file holds one of its values.

        Args:
            key: The place in `widgets_values`, or the name there.

        Returns:
            The place.
        """
        return ValuePlace(self.graph.id, self.place, key)

    @property
    def widgets(self) -> list[Widget]:
        """Its widgets; those of a subgraph's node are the promoted ones."""
        if self.subgraph is None:
            return self.plain_widgets
        return [slot.promoted for slot in self.inputs if slot.promoted is not None]

    def widget(self, name: str | None) -> Widget | None:
        """Find a widget.

        Args:
            name: Its name.

        Returns:
            The first of that name, or `None`.
        """
        return next((widget for widget in self.widgets if widget.name == name), None)

    def widget_of(self, slot: InputSlot) -> Widget | None:
        """Find the widget that an input stands for.

        Args:
            slot: One of its inputs.

        Returns:
            The widget, or `None`.
        """
        if slot.promoted is not None:
            return slot.promoted
        return self.widget(slot.widget_name) if slot.widget_name is not None else None

    def input_of_link(self, link_id: int) -> InputSlot | None:
        """Find the input at which a link ends.

        Args:
            link_id: The link.

        Returns:
            The input, or `None`.
        """
        return next((slot for slot in self.inputs if slot.link == link_id), None)

    def place_of(self, name: str) -> int | None:
        """Find the place of an input.

        Args:
            name: Its name.

        Returns:
            The place of the first of that name, or `None`.
        """
        return next((place for place, slot in enumerate(self.inputs) if slot.name == name), None)

    def renumber_links(self, start: int = 0) -> None:
        """Make the links that end here name the present places of their inputs.

        Args:
            start: The first input to look at.
        """
        for index in range(start, len(self.inputs)):
            link_id = self.inputs[index].link
            link = self.graph.links.get(link_id) if link_id is not None else None
            if link is not None:
                link.target_slot = index


@dataclass(slots=True, eq=False)
class Graph:
    """The workflow itself, or one subgraph definition.

    Attributes:
        id: The subgraph's id; empty for the workflow itself.
        name: The subgraph's name.
        nodes: Its nodes by id.
        links: Its links by id.
        inputs: Inputs of a subgraph.
        outputs: Outputs of a subgraph.
        hosts: Nodes that stand for this subgraph, anywhere.
    """

    id: str = ""
    name: str = ""
    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    links: dict[int, Link] = field(default_factory=dict[int, Link])
    inputs: list[SubgraphSlot] = field(default_factory=list[SubgraphSlot])
    outputs: list[SubgraphSlot] = field(default_factory=list[SubgraphSlot])
    hosts: list[Node] = field(default_factory=list[Node])

    def target_of(self, link_id: int) -> tuple[Node, InputSlot] | None:
        """Find the input at which a link ends, by the place that the link names.

        Args:
            link_id: The link.

        Returns:
            The node and its input, or `None` if the link leads nowhere.
        """
        link = self.links.get(link_id)
        node = self.nodes.get(link.target_id) if link is not None else None
        if link is None or node is None or link.target_slot >= len(node.inputs):
            return None
        return node, node.inputs[link.target_slot]

    def disconnect(self, slot: InputSlot) -> None:
        """Take away the link that ends at an input.

        Args:
            slot: The input.
        """
        link = self.links.pop(slot.link, None) if slot.link is not None else None
        if link is not None:
            self._forget(link)
        slot.link = None

    def _forget(self, link: Link) -> None:
        if link.origin_id == INPUT_NODE_ID:
            ends = self.inputs[link.origin_slot].link_ids if link.origin_slot < len(self.inputs) else []
        else:
            origin = self.nodes.get(link.origin_id)
            has_slot = origin is not None and link.origin_slot < len(origin.outputs)
            ends = origin.outputs[link.origin_slot].link_ids if origin is not None and has_slot else []
        if link.id in ends:
            ends.remove(link.id)
