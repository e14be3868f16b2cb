"""All node classes of a server, and how `/object_info` lists them.

Puts together what other modules define; no class is defined here.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from comfy_emulator.folders import Folders
from comfy_emulator.function_nodes import node_class_of
from comfy_emulator.image_nodes import image_nodes
from comfy_emulator.json_types import JsonObject
from comfy_emulator.node_listing import PASSED_ON, listing, object_fields
from comfy_emulator.node_types import Catalogue, NodeClass
from comfy_emulator.probe_nodes import probe_nodes
from comfy_emulator.sampling_nodes import sampling_nodes
from comfy_emulator.versions import Version


def build_catalogue(folders: Folders, version: Version, functions: Sequence[Callable[..., Any]]) -> Catalogue:
    """Collect the node classes of a server.

    Args:
        folders: Where it keeps its files.
        version: Whose listing to use.
        functions: The user's own nodes; they replace built-in classes of the same name.
    """
    built_in = [*image_nodes(folders), *sampling_nodes(folders, version), *probe_nodes()]
    found = {each.name: _listed(each, version) for each in built_in}
    found.update((each.name, each) for each in map(node_class_of, functions))
    return found


def _listed(node_class: NodeClass, version: Version) -> NodeClass:
    node_class = replace(node_class, listing=listing(node_class.name, version.node_listing))
    if version.node_listing == "newer" and node_class.name in PASSED_ON:
        return replace(node_class, output_types=PASSED_ON[node_class.name], output_names=("images",))
    return node_class


def object_info(node_class: NodeClass, version: Version) -> JsonObject:
    """Describe a class as `/object_info` does."""
    types = node_class.input_types()
    outputs = list(node_class.output_types)
    extra = object_fields(version.node_listing)
    info: JsonObject = {
        "input": {category: dict(named) for category, named in types.items()},
        "input_order": {category: list(named) for category, named in types.items()},
        **({"is_input_list": extra["is_input_list"]} if extra else {}),
        "output": outputs,
        "output_is_list": [False] * len(outputs),
        "output_name": list(node_class.output_names) or outputs,
        "name": node_class.name,
    }
    shown = {
        "display_name": node_class.name,
        "description": "",
        "python_module": "custom_nodes.emulated",
        "category": "sd",
        **node_class.listing,
    }
    late = {name: shown.pop(name) for name in ("search_aliases", "essentials_category") if name in shown}
    info |= shown
    info["output_node"] = node_class.output_node
    if extra:
        info["has_intermediate_output"] = extra["has_intermediate_output"]
        info |= {"search_aliases": []} | late
    return info
