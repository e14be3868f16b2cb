"""`PrimitiveNode`: a value of the interface that is copied into the widgets it is linked to.

Duty: the value each such node has after loading, and handing it on before the prompt is made.
"""

from __future__ import annotations

from collections.abc import Iterator

from comfy_facade.raw_json import as_list, as_object
from comfy_facade.workflow.interface.graph import InputSlot, Node
from comfy_facade.workflow.interface.texts import Replacer
from comfy_facade.workflow.interface.widget_values import Widget
from comfy_facade.workflow.interface.widgets import WIDGET_TYPES


def make_primitive_widget(node: Node) -> None:
    """Give a primitive node the widget of the first input it is linked to.

    Args:
        node: The node, after all graphs were loaded.
    """
    driven, slot = next(_ends(node), None) or (None, None)
    if driven is None or slot is None or (slot.widget_name is None and slot.type not in WIDGET_TYPES):
        return
    model = driven.widget(slot.widget_name or slot.name)
    saved = as_list(node.raw.get("widgets_values"))
    if model is None and not saved:
        return
    widget = Widget("value", "text") if model is None else Widget("value", model.kind, choices=model.choices)
    if saved:
        widget.set(saved[0], node.place_of_value(0))
    elif model is not None:
        widget.set(model.get())
    node.plain_widgets = [widget]


def apply_primitive(node: Node, replacer: Replacer) -> None:
    """Copy the value of a primitive node into the widgets it is linked to.

    Args:
        node: The node.
        replacer: Fills in `%Node.widget%`, if the node asks for it.
    """
    if not node.plain_widgets:
        return
    own = node.plain_widgets[0]
    value = own.get()
    if isinstance(value, str) and as_object(node.raw.get("properties")).get("Run widget replace on values"):
        value = replacer.replace(value)
    for driven, slot in filter(None, _ends(node)):
        widget = driven.widget(slot.widget_name)
        if widget is not None:
            widget.set(value, *dict.fromkeys((*widget.places, *own.places)))


def _ends(node: Node) -> Iterator[tuple[Node, InputSlot] | None]:
    """Go through the inputs that a node's first output is linked to, `None` where a link leads nowhere."""
    return (node.graph.target_of(link_id) for output in node.outputs[:1] for link_id in output.link_ids)
