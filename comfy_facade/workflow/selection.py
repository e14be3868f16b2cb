"""Which nodes people mean by a title, a class, an id or a path.

Duty: one rule for every place where a node is named. What fits nothing, or more than one, is an error that lists what
could have been meant.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from comfy_facade.errors import NodeSelectionError
from comfy_facade.raw_json import as_object

Places = Mapping[str, tuple[str, ...]]
"""What else the node that stands for a subgraph may be called, by its path: its title, the subgraph's name."""


def title_of(node: object) -> str:
    """Give the title of a node.

    Args:
        node: A node of a prompt.

    Returns:
        Its title in the interface, or else its class.
    """
    raw = as_object(node)
    title = as_object(raw.get("_meta")).get("title")
    return str(title or raw.get("class_type") or "")


def matching_nodes(prompt: Mapping[str, Any], key: str, places: Places) -> list[str]:
    """Find the nodes that a name fits.

    An id counts alone. Then titles and classes count alike, as they are written, and failing that in any case. A
    name with slashes is a path: the subgraphs by title, name or id, then the node.

    Args:
        prompt: A prompt in API format.
        key: The name.
        places: Names of the subgraphs.

    Returns:
        The ids of all nodes it fits.
    """
    if key in prompt:
        return [key]
    for fold in (str, str.casefold):
        wanted = fold(key)
        found = [node_id for node_id, node in prompt.items() if wanted in _names(node, fold)]
        if found:
            return found
    if "/" not in key:
        return []
    *outer, last = (part.strip() for part in key.split("/"))
    return [
        node_id
        for node_id, node in prompt.items()
        if _is_inside(node_id, outer, places) and (node_id.split(":")[-1] == last or last in _names(node, str))
    ]


def select_node(prompt: Mapping[str, Any], key: str, places: Places) -> str:
    """Find the one node that a name fits.

    Args:
        prompt: A prompt in API format.
        key: The name.
        places: Names of the subgraphs.

    Returns:
        Its id.

    Raises:
        NodeSelectionError: It fits none, or several.
    """
    found = matching_nodes(prompt, key, places)
    if len(found) == 1:
        return found[0]
    raise selection_error(prompt, key, found)


def select_input(
    prompt: Mapping[str, Any], key: str, places: Places, has_input: Mapping[str, Iterable[str]]
) -> tuple[str, str]:
    """Find the one input that a key such as `"KSampler.seed"` means; both parts may have dots of their own.

    Args:
        prompt: A prompt in API format.
        key: The node's name and the input's, with a dot between them.
        places: Names of the subgraphs.
        has_input: The inputs of each node that may be set.

    Returns:
        The node's id and the input's name.

    Raises:
        NodeSelectionError: It fits no node, or several.
    """
    splits = [(key[:at], key[at + 1 :]) for at, char in enumerate(key) if char == "." and 0 < at < len(key) - 1]
    if not splits:
        raise NodeSelectionError(key, (), f"{key!r} names no input: write it as 'node.input', such as 'KSampler.seed'")
    fitting = [(name, matching_nodes(prompt, node, places), node) for node, name in splits]
    exact = [
        (name, [node_id for node_id in found if name in has_input.get(node_id, ())], node)
        for name, found, node in fitting
    ]
    for name, found, node in (*exact, *fitting):
        if len(found) == 1:
            return found[0], name
        if found:
            raise selection_error(prompt, node, found)
    raise selection_error(prompt, splits[0][0], [])


def selection_error(prompt: Mapping[str, Any], key: str, found: list[str]) -> NodeSelectionError:
    """Word a name that does not fit exactly one node.

    Args:
        prompt: A prompt in API format.
        key: The name.
        found: The nodes it fits.

    Returns:
        The error, to be raised.
    """
    listed = ", ".join(f"{node_id} ({title_of(prompt[node_id])})" for node_id in found[:12])
    if found:
        more = f" and {len(found) - 12} more" if len(found) > 12 else ""
        return NodeSelectionError(key, tuple(found), f"{key!r} fits {len(found)} nodes: {listed}{more}; use an id")
    names = {name: None for node in prompt.values() for name in _names(node, str)}
    near = difflib.get_close_matches(key, names, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    return NodeSelectionError(key, (), f"no node has the id, title or class {key!r}{hint}")


def _names(node: object, fold: Any) -> tuple[str, str]:
    return fold(title_of(node)), fold(str(as_object(node).get("class_type") or ""))


def _is_inside(node_id: str, outer: list[str], places: Places) -> bool:
    parts = node_id.split(":")
    if len(parts) != len(outer) + 1:
        return False
    for depth, wanted in enumerate(outer):
        path = ":".join(parts[: depth + 1])
        if wanted not in {parts[depth], path, *places.get(path, ())}:
            return False
    return True
