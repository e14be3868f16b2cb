"""When two nodes would compute the same: their signatures.

Pure. A signature covers the class, the constant inputs, the fingerprint of files behind them and, for connected
inputs, the signatures upstream. It knows nothing of results; those are kept in `comfy_emulator.result_cache`.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Collection

from comfy_emulator.json_types import JsonObject, Prompt, is_link
from comfy_emulator.node_types import Catalogue


def signatures(prompt: Prompt, catalogue: Catalogue, unrepeatable: Collection[str] = ()) -> dict[str, str]:
    """Give every node of a prompt its signature.

    Args:
        prompt: A graph without loops.
        catalogue: The node classes.
        unrepeatable: Ids of nodes whose results nothing that ran before may replace.

    Returns:
        Signatures by node id. Equal signatures mean equal results.
    """
    known: dict[str, str] = {node_id: f"unrepeatable {uuid.uuid4()}" for node_id in unrepeatable}
    for node_id in prompt:
        _sign(node_id, prompt, catalogue, known)
    return known


def _sign(node_id: str, prompt: Prompt, catalogue: Catalogue, known: dict[str, str]) -> str:
    if node_id in known:
        return known[node_id]
    node = prompt.get(node_id)
    if node is None:
        return f"missing {node_id}"
    known[node_id] = f"looping {node_id}"

    def upstream(source: str) -> str:
        return _sign(source, prompt, catalogue, known)

    text = json.dumps(_described(node_id, node, catalogue, upstream), sort_keys=True, default=repr)
    known[node_id] = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return known[node_id]


def _described(node_id: str, node: JsonObject, catalogue: Catalogue, upstream: Callable[[str], str]) -> JsonObject:
    node_class = catalogue.get(node["class_type"])
    inputs: JsonObject = node["inputs"]
    return {
        "class": node["class_type"],
        "id": node_id if node_class is not None and node_class.takes_node_id else None,
        "fingerprint": _fingerprint(node, catalogue),
        "constants": {name: value for name, value in inputs.items() if not is_link(value)},
        "links": {name: (upstream(value[0]), value[1]) for name, value in inputs.items() if is_link(value)},
    }


def _fingerprint(node: JsonObject, catalogue: Catalogue) -> object:
    node_class = catalogue.get(node["class_type"])
    if node_class is None or node_class.fingerprint is None:
        return None
    return node_class.fingerprint({name: value for name, value in node["inputs"].items() if not is_link(value)})
