"""Inputs that come and go on a node: those of dynamic combos and of autogrow groups.

Duty: add declared inputs to a node the way the interface does, and rebuild the dynamic ones when a choice is set or
a link arrives. The order in which slots and widgets end up matters, since saved values and links are matched by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from comfy_facade.raw_json import as_object
from comfy_facade.workflow.definitions import (
    AUTOGROW,
    DYNAMIC_COMBO,
    MATCH_TYPE,
    AutogrowTemplate,
    InputSpec,
    autogrow_template,
    dynamic_options,
    read_inputs,
)
from comfy_facade.workflow.interface.graph import InputSlot, Link, Node, Widget
from comfy_facade.workflow.interface.widgets import make_widgets, widget_type


def add_socket(node: Node, spec: InputSpec) -> None:
    """Add the socket of an input, unless it is shown as a field.

    Args:
        node: The node.
        spec: The input.
    """
    if widget_type(spec) is not None:
        return
    if spec.type == AUTOGROW:
        node.autogrow[spec.name] = template = autogrow_template(spec)
        for ordinal in range(max(1, template.minimum + 1)):
            _add_group(node, spec.name, ordinal)
    elif spec.type == MATCH_TYPE:
        allowed = as_object(spec.options.get("template")).get("allowed_types")
        node.inputs.append(InputSlot(spec.name, str(allowed or "*")))
    else:
        node.inputs.append(InputSlot(spec.name, spec.type))


def add_widget(node: Node, spec: InputSpec) -> None:
    """Add the field of an input, with its companions and the slot behind it.

    Args:
        node: The node.
        spec: The input.
    """
    if widget_type(spec) is None:
        return
    widgets = make_widgets(spec, has_model_file=node.widget("model_file") is not None)
    node.plain_widgets.extend(widgets)
    if spec.type == DYNAMIC_COMBO:
        combo = widgets[0]
        combo.on_set = _rebuild(node, combo, spec)
        combo.set(combo.value)
    node.inputs.append(InputSlot(spec.name, spec.type, widget_name=spec.name))


def link_arrived(node: Node, index: int) -> None:
    """Let an autogrow group make room for another input once one of its inputs is linked.

    Args:
        node: The node.
        index: The place of the input that a link ends at.
    """
    name = node.inputs[index].name
    group = name.rpartition(".")[0]
    template = node.autogrow.get(group)
    if template is None:
        return
    ordinal = _ordinal(name[len(group) + 1 :], template)
    if ordinal is not None:
        _add_group(node, group, ordinal + 1)


def _ordinal(name: str, template: AutogrowTemplate) -> int | None:
    if template.names:
        return template.names.index(name) if name in template.names else None
    digits = name[len(name.rstrip("0123456789")) :]
    # A name of endless digits is no input that anybody made.
    return int(digits) if digits and len(digits) <= 6 else None


def _add_group(node: Node, group: str, ordinal: int) -> None:
    template = node.autogrow[group]
    if ordinal >= template.maximum:
        return
    added: list[InputSlot] = []
    for spec in template.inputs:
        named = replace(spec, name=f"{group}.{template.name_of(ordinal, spec.name)}")
        add_socket(node, named)
        add_widget(node, named)
        slot = node.inputs.pop()
        for old in [old for old in node.inputs if old.name == slot.name]:
            node.inputs.remove(old)
            slot.link = old.link if slot.link is None else slot.link
        added.append(slot)
    before = f"{group}.{template.name_of(ordinal - 1, template.inputs[-1].name)}" if ordinal else None
    places = [i for i, slot in enumerate(node.inputs) if before is not None and slot.name.startswith(before)]
    start = places[-1] + 1 if places else len(node.inputs)
    node.inputs[start:start] = added
    node.renumber_links(start)


def _rebuild(node: Node, combo: Widget, spec: InputSpec) -> Callable[[object], None]:
    options = dynamic_options(spec)
    prefix = f"{spec.name}."

    def rebuild(value: object) -> None:
        removed = [slot for slot in node.inputs if slot.name.startswith(prefix)]
        node.inputs[:] = [slot for slot in node.inputs if not slot.name.startswith(prefix)]
        node.plain_widgets[:] = [widget for widget in node.plain_widgets if not widget.name.startswith(prefix)]
        chosen = options.get(value) if isinstance(value, str) else None
        if chosen is None:
            return
        first_widget, first_input = len(node.plain_widgets), len(node.inputs)
        for child in read_inputs(chosen, prefix=prefix):
            add_socket(node, child)
            add_widget(node, child)
        added_widgets = node.plain_widgets[first_widget:]
        del node.plain_widgets[first_widget:]
        place = node.plain_widgets.index(combo) + 1
        node.plain_widgets[place:place] = added_widgets
        own = next((i for i, slot in enumerate(node.inputs) if slot.name == spec.name), None)
        if own is None:
            return
        added_inputs = node.inputs[first_input:]
        del node.inputs[first_input:]
        node.inputs[own + 1 : own + 1] = added_inputs
        node.renumber_links()
        for slot in removed:
            _carry_over(node, slot)

    return rebuild


def _carry_over(node: Node, old: InputSlot) -> None:
    if old.link is None:
        return
    index = next((i for i, slot in enumerate(node.inputs) if slot.name == old.name), None)
    if index is None:
        node.graph.disconnect(old)
        return
    node.inputs[index].link = old.link
    link: Link | None = node.graph.links.get(old.link)
    if link is not None:
        link.target_slot = index
        link_arrived(node, index)
