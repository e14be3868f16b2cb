"""What declared inputs bring to a node, those of dynamic combos and of autogrow groups included.

Duty: from a declaration to slots and widgets in the order that saved values and links are matched by; and their
exchange when another choice is made, their growth when a link arrives. It reads no saved node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.definitions import (
    AUTOGROW,
    DYNAMIC_COMBO,
    MATCH_TYPE,
    InputSpec,
    autogrow_template,
    dynamic_options,
    read_inputs,
    read_spec,
)
from comfy_facade.workflow.interface.graph import InputSlot, Node
from comfy_facade.workflow.interface.widget_values import Widget
from comfy_facade.workflow.interface.widgets import make_widgets, widget_type

_Part = TypeVar("_Part", bound=InputSlot | Widget)
_Options = dict[str, RawObject]


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
    # What a file already had there makes way, and leaves its link.
    names = {slot.name for slot in room.slots}
    links = {slot.name: slot.link for slot in reversed(node.inputs) if slot.name in names and slot.link is not None}
    for slot in room.slots:
        slot.link = links.pop(slot.name, None)
    neighbour = template.specs_at(group, ordinal)[-1].name
    staying = (slot for slot in reversed(node.inputs) if slot.name not in names)
    last = next((slot for slot in staying if slot.name.startswith(neighbour)), None)
    _put(room.slots, node.inputs, after=last, instead_of=lambda name: name in names)
    node.plain_widgets.extend(room.widgets)
    node.renumber_links(node.inputs.index(room.slots[0]))


def _put(fresh: list[_Part], parts: list[_Part], *, after: _Part | None, instead_of: Callable[[str], bool]) -> None:
    """Put parts into a list in place of others: after one that stays, or at the end."""
    staying = [part for part in parts if not instead_of(part.name)]
    place = staying.index(after) + 1 if after is not None else len(staying)
    parts[:] = [*staying[:place], *fresh, *staying[place:]]


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
    elif formats := as_object(spec.options.get("formats")):
        combo = widgets[0]
        combo.on_set = _exchange_format(node, combo, formats)
        parts.widgets.extend(_format_widgets(formats, combo.value))
    parts.slots.append(InputSlot(spec.name, spec.type, widget_name=spec.name))


def _format_widgets(formats: RawObject, choice: object) -> list[Widget]:
    """Make the fields that a format brings, as nodes that write videos have them: `[name, type, options]` each."""
    rows = map(as_list, as_list(formats.get(choice) if isinstance(choice, str) else None))
    return [widget for row in rows if len(row) > 1 for widget in make_widgets(read_spec(str(row[0]), row[1:]))]


def _exchange_format(node: Node, combo: Widget, formats: RawObject) -> Callable[[object], None]:
    brought = {widget.name for choice in formats for widget in _format_widgets(formats, choice)}
    names = brought - {spec.name for spec in node.specs}

    def exchange(value: object) -> None:
        if combo in node.plain_widgets:
            fresh = _format_widgets(formats, value)
            _put(fresh, node.plain_widgets, after=combo, instead_of=lambda name: name in names)

    return exchange


def _members(spec: InputSpec, options: _Options, choice: object) -> list[InputSpec] | None:
    """Give the inputs that a choice of a dynamic combo brings, `None` for what is no choice of it."""
    if not isinstance(choice, str) or choice not in options:
        return None
    return read_inputs(options[choice], prefix=f"{spec.name}.")


def _exchange(node: Node, combo: Widget, spec: InputSpec, options: _Options) -> Callable[[object], None]:
    """Make the reaction of a dynamic combo: what its former choice brought goes, what the new one brings comes."""

    def belongs(name: str) -> bool:
        return name.startswith(f"{spec.name}.")

    def exchange(value: object) -> None:
        place = node.place_of(spec.name)
        if place is None or combo not in node.plain_widgets:
            # A choice further out has taken this combo away.
            return
        own, former = node.inputs[place], [slot for slot in node.inputs if belongs(slot.name)]
        members, chosen = _members(spec, options, value), _Parts()
        for member in members or ():
            _make(chosen, node, member)
        _put(chosen.slots, node.inputs, after=own, instead_of=belongs)
        _put(chosen.widgets, node.plain_widgets, after=combo, instead_of=belongs)
        if members is not None:
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
