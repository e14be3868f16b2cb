"""`PrimitiveNode`: a value of the interface that is copied into the widgets it is linked to.

Duty: the value each such node has after loading, and handing it on before the prompt is made.
"""

from __future__ import annotations

from typing import Any

from comfy_facade.raw_json import as_list, as_object
from comfy_facade.workflow.interface.graph import InputSlot, Link, Node, Widget
from comfy_facade.workflow.interface.texts import Replacer
from comfy_facade.workflow.interface.widgets import WIDGET_TYPES


def make_primitive_widget(node: Node) -> None:
    """Give a primitive node the widget of the first input it is linked to.

    Args:
        node: The node, after all graphs were loaded.
    """
    if not node.outputs or not node.outputs[0].link_ids:
        return
    target, slot = _target(node, node.graph.links.get(node.outputs[0].link_ids[0]))
    if target is None or slot is None or (slot.widget_name is None and slot.type not in WIDGET_TYPES):
        return
    theirs = target.widget(slot.widget_name or slot.name)
    saved = as_list(node.raw.get("widgets_values"))
    if theirs is None and not saved:
        return
    widget = Widget("value", theirs.kind if theirs is not None else "text")
    if theirs is not None:
        widget.value, widget.choices = theirs.get(), theirs.choices
    if saved:
        widget.value = saved[0]
    node.plain_widgets = [widget]


def apply_primitive(node: Node, replacer: Replacer) -> None:
    """Copy the value of a primitive node into the widgets it is linked to.

    Args:
        node: The node.
        replacer: Fills in `%Node.widget%`, if the node asks for it.
    """
    if not node.plain_widgets or not node.outputs:
        return
    value: Any = node.plain_widgets[0].get()
    if value and isinstance(value, str) and as_object(node.raw.get("properties")).get("Run widget replace on values"):
        value = replacer.replace(value)
    for link_id in node.outputs[0].link_ids:
        target, slot = _target(node, node.graph.links.get(link_id))
        widget = target.widget(slot.widget_name) if target is not None and slot is not None else None
        if widget is not None:
            widget.set(value)


def _target(node: Node, link: Link | None) -> tuple[Node | None, InputSlot | None]:
    target = node.graph.nodes.get(link.target_id) if link is not None else None
    if target is None or link is None or link.target_slot >= len(target.inputs):
        return target, None
    return target, target.inputs[link.target_slot]
