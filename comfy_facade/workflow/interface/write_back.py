"""Values of a prompt written back to the workflow that it was made of, as the interface embeds it.

Duty: put each value that changed to where the conversion read it. What no place in the file holds stays out: links,
values of nodes that came later, and values of which a file has one while the prompt has several that differ.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_facade.workflow.interface.widget_values import ValuePlace
from comfy_facade.workflow.json_kinds import is_list, is_object

_Changes = dict[int, dict[int | str, Any]]
"""New values by the place of their node, then by their own."""


@dataclass(frozen=True, slots=True)
class SavedValue:
    """A value of a prompt that was read from a file.

    Attributes:
        value: The value as it was converted.
        class_type: The class of its node.
        places: Where it is in the file; several if a primitive drives it.
    """

    value: Any
    class_type: str
    places: tuple[ValuePlace, ...]


def with_values(
    workflow: dict[str, Any], saved: Mapping[tuple[str, str], SavedValue], prompt: RawObject
) -> dict[str, Any]:
    """Give a workflow with the values of a prompt.

    Args:
        workflow: The workflow as it was converted; it is left as it is.
        saved: The values that it holds, by node and input of the prompt.
        prompt: The prompt, changed since.

    Returns:
        The workflow itself if no value of it changed, else a copy as far as it did.
    """
    graphs = _changes(saved, prompt)
    if not graphs:
        return workflow
    written = _written(workflow, graphs.pop("", {}))
    definitions = as_object(workflow.get("definitions"))
    subgraphs = as_list(definitions.get("subgraphs"))
    if graphs and subgraphs:
        inner = [_written(as_object(raw), graphs.get(str(as_object(raw).get("id")), {})) for raw in subgraphs]
        written["definitions"] = {**definitions, "subgraphs": inner}
    return written


def _changes(saved: Mapping[tuple[str, str], SavedValue], prompt: RawObject) -> dict[str, _Changes]:
    uses: defaultdict[ValuePlace, list[Any]] = defaultdict(list)
    changed: set[ValuePlace] = set()
    for (node_id, name), was in saved.items():
        node = as_object(prompt.get(node_id))
        values = as_object(node.get("inputs"))
        if node.get("class_type") != was.class_type or name not in values or is_list(values[name]):
            continue
        value = values[name]
        for place in was.places:
            uses[place].append(value)
        if value != was.value:
            changed.update(was.places)
    graphs: dict[str, _Changes] = {}
    for place in changed:
        value, *others = uses[place]
        if all(other == value for other in others):
            graphs.setdefault(place.graph, {}).setdefault(place.node, {})[place.key] = _unmarked(value)
    return graphs


def _unmarked(value: Any) -> Any:
    is_marked = is_object(value) and value.keys() <= {"__value__", "__type__"} and "__value__" in value
    return copy.deepcopy(value["__value__"] if is_marked else value)


def _written(graph: RawObject, changes: _Changes) -> dict[str, Any]:
    nodes = list(as_list(graph.get("nodes")))
    for place, values in changes.items():
        node = as_object(nodes[place])
        held = node.get("widgets_values")
        # The places of a group node's values are read from its JSON, where anything may be.
        if is_object(held):
            kept: Any = {**held, **{key: value for key, value in values.items() if key in held}}
        else:
            kept = [values.get(index, value) for index, value in enumerate(as_list(held))]
        nodes[place] = {**node, "widgets_values": kept}
    return {**graph, "nodes": nodes} if changes else dict(graph)
