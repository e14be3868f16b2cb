"""Changes to a prompt, each a function that can be applied again.

Duty: one small function per kind of change. They work on prompts in API format alone; whoever calls them has found the
nodes already.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Callable, Mapping
from typing import Any

from comfy_facade.errors import InvalidWorkflowError, UnknownInputError
from comfy_facade.raw_json import as_list, as_object
from comfy_facade.workflow.definitions import InputSpec, NodeDefs, raw_definition
from comfy_facade.workflow.json_kinds import is_list
from comfy_facade.workflow.live_inputs import live_inputs
from comfy_facade.workflow.prompt_inputs import input_names
from comfy_facade.workflow.selection import title_of
from comfy_facade.workflow.validation import do_types_match

Edit = Callable[[dict[str, Any], NodeDefs | None], None]
"""Changes a prompt in place, knowing the definitions or not."""


def check_input(prompt: Mapping[str, Any], node_id: str, name: str, node_defs: NodeDefs | None) -> None:
    """Refuse an input that a node does not have.

    Args:
        prompt: A prompt in API format.
        node_id: The node.
        name: The input.
        node_defs: Definitions by class name, if they are known.

    Raises:
        UnknownInputError: It has none of that name.
    """
    node = as_object(prompt[node_id])
    known = input_names(node, node_defs)
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(sorted(known)) or 'none'}"
    if raw_definition(node_defs or {}, node.get("class_type")) is None:
        hint += " (inputs that the prompt leaves out are known only if node_defs are given)"
    raise UnknownInputError(node_id, name, f"node {node_id} ({title_of(node)}) has no input {name!r}{hint}")


def setting(node_id: str, name: str, value: Any) -> Edit:
    """Set a value.

    Args:
        node_id: The node.
        name: The input.
        value: The value. A link is `[id of a node that is there, output number]`; any other list is a value.

    Returns:
        The change.
    """
    kept = copy.deepcopy(value)

    def edit(prompt: dict[str, Any], node_defs: NodeDefs | None) -> None:
        if node_defs is not None:
            check_input(prompt, node_id, name, node_defs)
        prompt[node_id].setdefault("inputs", {})[name] = _as_input(
            kept, lambda value: _is_like_link(value) and value[0] in prompt
        )

    return edit


def connecting(origin_id: str, output: int | str | None, target_id: str, name: str) -> Edit:
    """Link an output to an input.

    Args:
        origin_id: The node that the link starts from.
        output: Which of its outputs, by number or name, or `None` for the first that fits.
        target_id: The node it ends at.
        name: Which of its inputs.

    Returns:
        The change.
    """

    def edit(prompt: dict[str, Any], node_defs: NodeDefs | None) -> None:
        slot = (
            output if isinstance(output, int) else _find_output(prompt, origin_id, output, target_id, name, node_defs)
        )
        prompt[target_id].setdefault("inputs", {})[name] = [origin_id, slot]

    return edit


def adding(node_id: str, class_type: str, inputs: Mapping[str, Any], title: str) -> Edit:
    """Add a node.

    Args:
        node_id: Its id.
        class_type: Its class.
        inputs: Its inputs. A link is `[id, output number]`, of a node that may be added later; any other list is a
            value.
        title: Its title; its class if empty.

    Returns:
        The change.
    """
    given = copy.deepcopy(dict(inputs))

    def edit(prompt: dict[str, Any], node_defs: NodeDefs | None) -> None:
        del node_defs
        values = {name: _as_input(value, _is_like_link) for name, value in given.items()}
        prompt[node_id] = {"class_type": class_type, "inputs": values, "_meta": {"title": title or class_type}}

    return edit


def replacing(node_id: str, class_type: str, inputs: Mapping[str, Any]) -> Edit:
    """Replace a node by one of another class.

    Args:
        node_id: The node.
        class_type: The new class.
        inputs: Inputs to set or to override, links and other lists told apart as `adding` does.

    Returns:
        The change.
    """
    given = copy.deepcopy(dict(inputs))

    def edit(prompt: dict[str, Any], node_defs: NodeDefs | None) -> None:
        old = as_object(prompt[node_id])
        new = {name: _as_input(value, _is_like_link) for name, value in given.items()}
        kept = {**as_object(old.get("inputs")), **new}
        definition = raw_definition(node_defs or {}, class_type)
        if definition is not None:
            declared = live_inputs(definition, kept)
            kept = {name: value for name, value in kept.items() if name in declared or name in new}
        title = title_of(old)
        new_title = class_type if title == old.get("class_type") else title
        prompt[node_id] = {"class_type": class_type, "inputs": kept, "_meta": {"title": new_title}}

    return edit


def removing(node_id: str) -> Edit:
    """Remove a node, and every link that starts from it.

    Args:
        node_id: The node.

    Returns:
        The change.
    """

    def edit(prompt: dict[str, Any], node_defs: NodeDefs | None) -> None:
        del node_defs, prompt[node_id]
        for node in prompt.values():
            inputs = as_object(as_object(node).get("inputs"))
            node["inputs"] = {
                name: value for name, value in inputs.items() if not (is_list(value) and value[:1] == [node_id])
            }

    return edit


def free_id(prompt: Mapping[str, Any]) -> str:
    """Find an id that no node has.

    Args:
        prompt: A prompt in API format.

    Returns:
        The id.
    """
    taken = [int(node_id.split(":")[0]) for node_id in prompt if node_id.split(":")[0].isdecimal()]
    return str(max(taken, default=0) + 1)


def _as_input(value: Any, is_link: Callable[[list[Any]], bool]) -> Any:
    # The server takes every bare list for a link, so that a list that is a value has to say so.
    copied: Any = copy.deepcopy(value)
    if value.__class__ is tuple:
        copied = list(copied)
    return {"__value__": copied} if is_list(copied) and not is_link(copied) else copied


def _is_like_link(value: list[Any]) -> bool:
    return len(value) == 2 and isinstance(value[0], str) and type(value[1]) is int


def _find_output(
    prompt: Mapping[str, Any],
    origin_id: str,
    output: str | None,
    target_id: str,
    name: str,
    node_defs: NodeDefs | None,
) -> int:
    origin = as_object(prompt[origin_id])
    definition = raw_definition(node_defs or {}, origin.get("class_type"))
    if definition is None:
        if output is None:
            return 0
        raise InvalidWorkflowError(f"outputs of node {origin_id} are known by name only if node_defs are given")
    types, names = as_list(definition.get("output")), as_list(definition.get("output_name"))
    if output is not None:
        for candidates in (names, types):
            if output in candidates:
                return candidates.index(output)
        listed = ", ".join(str(each) for each in names or types)
        raise InvalidWorkflowError(f"node {origin_id} ({title_of(origin)}) has no output {output!r}; it has {listed}")
    target = as_object(prompt[target_id])
    declared = raw_definition(node_defs or {}, target.get("class_type"))
    specs: Mapping[str, InputSpec] = live_inputs(declared, as_object(target.get("inputs"))) if declared else {}
    wanted = specs[name].type if name in specs else "*"
    fitting = [index for index, kind in enumerate(types) if do_types_match(kind, wanted)]
    if not fitting:
        raise InvalidWorkflowError(f"no output of node {origin_id} ({title_of(origin)}) is {wanted}, as {name!r} takes")
    return fitting[0]
