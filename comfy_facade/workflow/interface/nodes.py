"""Ordinary nodes: built from their definition, then filled from the file.

Duty: the slots and widgets of one node after the interface has loaded it. Saved values are matched to widgets by
order alone, as the interface does it, missing ones included; surplus ones are kept to be told.
"""

from __future__ import annotations

from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.interface.classes import SAVING_NODES, NodeClass, is_virtual
from comfy_facade.workflow.interface.dynamic import add_inputs, link_arrived
from comfy_facade.workflow.interface.graph import Graph, InputSlot, Node, OutputSlot
from comfy_facade.workflow.interface.json_values import as_id, as_index
from comfy_facade.workflow.interface.leftovers import add_lora_rows, tell_by_name, tell_by_place
from comfy_facade.workflow.interface.widget_values import MISSING, Widget
from comfy_facade.workflow.json_kinds import is_object


def new_node(graph: Graph, raw: RawObject, node_class: NodeClass | None) -> Node:
    """Build a node of a class, with default values.

    Args:
        graph: The graph it goes into.
        raw: Its JSON.
        node_class: Its class, or `None` if there is no definition.

    Returns:
        The node.
    """
    kind = str(raw.get("type") or "")
    node = Node(as_id(raw.get("id")), kind, graph, raw, title=str(raw.get("title") or ""))
    mode = raw.get("mode")
    node.mode = mode if isinstance(mode, int) else 0
    node.is_virtual = node_class is None and is_virtual(kind, raw)
    node.is_known = node_class is not None or node.is_virtual
    if node_class is None:
        node.title = node.title or kind
        return node
    node.title = node.title or node_class.title
    node.specs = node_class.specs
    node.is_display = node_class.is_output and not node_class.fields
    add_inputs(node, node_class.sockets)
    add_inputs(node, node_class.fields)
    if kind == "CustomCombo":
        _make_custom_combo(node)
    if kind in SAVING_NODES and (prefix := node.widget("filename_prefix")) is not None:
        prefix.is_file_name = True
    node.outputs = [OutputSlot(output, []) for output in node_class.outputs]
    return node


def fill_node(node: Node) -> None:
    """Give a node the links and values that its JSON holds.

    Args:
        node: A node that `new_node` built; its graph's links are there already.
    """
    saved = [as_object(slot) for slot in as_list(node.raw.get("inputs"))]
    if node.is_known and not node.is_virtual:
        _merge_inputs(node, saved)
    else:
        node.inputs = [_saved_input(slot) for slot in saved]
    _merge_outputs(node)
    index = 0
    # Linked autogrow inputs add further ones to the list while it is walked.
    while index < len(node.inputs):
        link_id = node.inputs[index].link
        if link_id is not None and link_id in node.graph.links:
            link_arrived(node, index)
        index += 1
    _set_values(node)


def drop_inputs_without_widget(node: Node) -> None:
    """Drop inputs that stand for a widget which the node does not have (any more).

    Args:
        node: An ordinary node after all graphs were loaded.
    """
    for slot in list(node.inputs):
        if slot.widget_name is not None and node.widget(slot.widget_name) is None:
            node.graph.disconnect(slot)
            node.inputs.remove(slot)


def _saved_input(raw: RawObject) -> InputSlot:
    widget_name = as_object(raw.get("widget")).get("name")
    return InputSlot(
        name=str(raw.get("name") or ""),
        type=_slot_type(raw.get("type")),
        link=as_index(raw.get("link")),
        widget_name=widget_name if isinstance(widget_name, str) else None,
    )


def _slot_type(value: object) -> str:
    return value if isinstance(value, str) and value else "*"


def _merge_inputs(node: Node, saved: list[RawObject]) -> None:
    by_name = {str(slot.get("name")): slot for slot in saved}
    for slot in node.inputs:
        if (raw := by_name.get(slot.name)) is not None:
            slot.link = as_index(raw.get("link"))
    defined = {slot.name for slot in node.inputs}
    node.inputs.extend(_saved_input(raw) for raw in saved if str(raw.get("name")) not in defined)


def _merge_outputs(node: Node) -> None:
    for index, raw in enumerate(as_object(slot) for slot in as_list(node.raw.get("outputs"))):
        if index >= len(node.outputs):
            node.outputs.append(OutputSlot(_slot_type(raw.get("type")), []))
        ids = (as_index(link_id) for link_id in as_list(raw.get("links")))
        node.outputs[index].link_ids = [link_id for link_id in ids if link_id is not None]


def _set_values(node: Node) -> None:
    # Setting a dynamic combo changes the widgets after it, so the list is walked as it is at each step.
    saved = node.raw.get("widgets_values")
    if is_object(saved):
        # Some node packs save their values by name.
        position = 0
        while position < len(node.plain_widgets):
            widget = node.plain_widgets[position]
            if widget.name in saved:
                widget.set(saved[widget.name], node.place_of_value(widget.name))
            position += 1
        node.leftovers = tell_by_name(saved, node)
        return
    values = as_list(saved)
    places = _places_of_widgets(node, len(values))
    count = position = 0
    while position < len(node.plain_widgets) and count < len(places):
        widget = node.plain_widgets[position]
        if widget.is_saved:
            widget.set(values[places[count]], node.place_of_value(places[count]))
            count += 1
        position += 1
    if node.is_known and not node.is_virtual:
        left = {place: values[place] for place in places[count:]}
        node.leftovers = tell_by_place(add_lora_rows(node, left), node)


def _places_of_widgets(node: Node, count: int) -> list[int]:
    """Leave out the values that inputs had before they became sockets for good.

    Returns:
        The places of the values that belong to widgets.
    """
    names = {widget.name for widget in node.plain_widgets}
    is_socket: list[bool] = []
    for spec in node.specs:
        forced = bool(spec.options.get("forceInput"))
        if spec.name in names or forced:
            is_socket.extend([forced, False] if spec.options.get("control_after_generate") else [forced])
    if len(is_socket) != count:
        return list(range(count))
    return [place for place, forced in enumerate(is_socket) if not forced]


def _make_custom_combo(node: Node) -> None:
    """Add the growing list of choices that people type into this node."""
    choice = node.plain_widgets[0]

    def index() -> int:
        value = choice.get()
        return next((i for i, widget in enumerate(node.plain_widgets[2:]) if widget.get() == value), -1)

    def add_option() -> None:
        widget = Widget(f"option{len(node.plain_widgets) - 1}", "text", "")

        def on_set(value: object) -> None:
            last = node.plain_widgets[-1]
            if last is widget:
                if value:
                    add_option()
            elif not value and node.plain_widgets[-2] is widget and not last.value:
                node.plain_widgets.pop()
            choice.choices = [str(option.value) for option in node.plain_widgets[2:] if option.value]

        widget.on_set = on_set
        node.plain_widgets.append(widget)

    node.plain_widgets.append(Widget("index", "hidden", MISSING, compute=index))
    add_option()
