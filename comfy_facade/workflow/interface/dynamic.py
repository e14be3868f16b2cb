"""What declared inputs bring to a node, those of dynamic combos and of autogrow groups included.

Duty: from a declaration to slots and widgets in the order that saved values and links are matched by; and their
exchange when another choice is made, their growth when a link arrives. It reads no saved node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from comfy_facade.raw_json import RawObject, as_object
from comfy_facade.workflow.definitions import (
    AUTOGROW,
    DYNAMIC_COMBO,
    MATCH_TYPE,
    InputSpec,
    autogrow_template,
    dynamic_options,
    read_inputs,
)
from comfy_facade.workflow.interface.graph import InputSlot, Node, Widget
from comfy_facade.workflow.interface.widgets import make_widgets, widget_type


@dataclass(slots=True)
class _Parts:
    """Slots and widgets in the order in which they are made: a node's own lists, or what is yet to be put there."""

    slots: list[InputSlot] = field(default_factory=list[InputSlot])
    widgets: list[Widget] = field(default_factory=list[Widget])


def add_inputs(node: Node, specs: Iterable[InputSpec]) -> None:
    """Give a node declared inputs, after those that it has.

    Args:
        node: The node.
        specs: The inputs.
    """
    parts = _Parts(node.inputs, node.plain_widgets)
    for spec in specs:
        _make(parts, node, spec)


def link_arrived(node: Node, index: int) -> None:
    """Let an autogrow group make room for another input once one of its inputs is linked.

    Args:
        node: The node.
        index: The place of the input that a link ends at.
    """
    group, _, name = node.inputs[index].name.rpartition(".")
    template = node.autogrow.get(group)
    ordinal = template.ordinal_of(name) if template is not None else None
    if template is None or ordinal is None or ordinal + 1 >= template.maximum:
        return
    room = _Parts()
    for spec in template.specs_at(group, ordinal + 1):
        _make(room, node, spec)
    if not room.slots:
        return
    node.plain_widgets.extend(room.widgets)
    # What a file already had there makes way, and leaves its link.
    links: dict[str, int] = {}
    names = {slot.name for slot in room.slots}
    for slot in node.inputs:
        if slot.name in names and slot.link is not None:
            links.setdefault(slot.name, slot.link)
    node.inputs[:] = [slot for slot in node.inputs if slot.name not in names]
    for slot in room.slots:
        slot.link = links.pop(slot.name, None)
    neighbour = template.specs_at(group, ordinal)[-1].name
    places = [place for place, slot in enumerate(node.inputs) if slot.name.startswith(neighbour)]
    start = places[-1] + 1 if places else len(node.inputs)
    node.inputs[start:start] = room.slots
    node.renumber_links(start)


def _make(parts: _Parts, node: Node, spec: InputSpec) -> None:
    if (kind := widget_type(spec)) is not None:
        _make_field(parts, node, spec, kind)
    elif spec.type == AUTOGROW:
        node.autogrow[spec.name] = template = autogrow_template(spec)
        # One more than there must be, so that there is always one to link to.
        for ordinal in range(min(max(1, template.minimum + 1), template.maximum)):
            for member in template.specs_at(spec.name, ordinal):
                _make(parts, node, member)
    elif spec.type == MATCH_TYPE:
        allowed = as_object(spec.options.get("template")).get("allowed_types")
        parts.slots.append(InputSlot(spec.name, str(allowed or "*")))
    else:
        parts.slots.append(InputSlot(spec.name, spec.type))


def _make_field(parts: _Parts, node: Node, spec: InputSpec, kind: str) -> None:
    widgets = make_widgets(spec, has_model_file=kind == "LOAD_3D" and node.widget("model_file") is not None)
    parts.widgets.extend(widgets)
    if spec.type == DYNAMIC_COMBO:
        combo = widgets[0]
        options = dynamic_options(spec)
        combo.on_set = _exchange(node, combo, spec, options)
        # On a new node, unlike after a change, the slots of the choice precede the combo's own.
        for member in _members(spec, options, combo.value) or ():
            _make(parts, node, member)
    parts.slots.append(InputSlot(spec.name, spec.type, widget_name=spec.name))


_Options = dict[str, RawObject]


def _members(spec: InputSpec, options: _Options, choice: object) -> list[InputSpec] | None:
    """Give the inputs that a choice of a dynamic combo brings, `None` for what is no choice of it."""
    if not isinstance(choice, str) or choice not in options:
        return None
    return read_inputs(options[choice], prefix=f"{spec.name}.")


def _exchange(node: Node, combo: Widget, spec: InputSpec, options: _Options) -> Callable[[object], None]:
    """Make the reaction of a dynamic combo: what its former choice brought goes, what the new one brings comes."""

    def belongs(part: InputSlot | Widget) -> bool:
        return part.name.startswith(f"{spec.name}.")

    def exchange(value: object) -> None:
        if combo not in node.plain_widgets:
            # A choice further out has taken this combo away.
            return
        former = [slot for slot in node.inputs if belongs(slot)]
        node.inputs[:] = [slot for slot in node.inputs if not belongs(slot)]
        node.plain_widgets[:] = [widget for widget in node.plain_widgets if not belongs(widget)]
        own = node.place_of(spec.name)
        members = _members(spec, options, value)
        if own is None or members is None:
            return
        chosen = _Parts()
        for member in members:
            _make(chosen, node, member)
        node.inputs[own + 1 : own + 1] = chosen.slots
        after = node.plain_widgets.index(combo) + 1
        node.plain_widgets[after:after] = chosen.widgets
        node.renumber_links()
        for slot in former:
            _hand_over(node, slot)

    return exchange


def _hand_over(node: Node, former: InputSlot) -> None:
    """Give the link of a slot that is gone to the one of its name; without one, the link is gone too."""
    place = node.place_of(former.name)
    if place is None:
        node.graph.disconnect(former)
    elif former.link is not None:
        node.inputs[place].link = former.link
        if former.link in node.graph.links:
            node.renumber_links(place)
            link_arrived(node, place)
