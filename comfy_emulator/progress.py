"""How far the nodes of a running prompt are, as the `progress_state` event tells it.

Pure state. Nodes that were not touched are not in it, nor are cached ones that no output node asked for.
"""

from dataclasses import dataclass

from comfy_emulator.json_types import JsonObject


@dataclass(slots=True)
class _NodeProgress:
    value: float = 0
    maximum: float = 1
    state: str = "pending"


def node_identity(node_id: str) -> JsonObject:
    """Tell which node shows a result, as history and the cache keep it."""
    return {"node_id": node_id, "display_node": node_id, "parent_node": None, "real_node_id": node_id}


class ProgressState:
    """The progress of one prompt.

    Args:
        prompt_id: The prompt.
    """

    def __init__(self, prompt_id: str) -> None:
        self._prompt_id = prompt_id
        self._nodes: dict[str, _NodeProgress] = {}

    def start(self, node_id: str) -> None:
        """Note that a node begins."""
        self._nodes[node_id] = _NodeProgress(0.0, 1.0, "running")

    def update(self, node_id: str, value: float, maximum: float) -> None:
        """Note how far a node is."""
        self._nodes[node_id] = _NodeProgress(value, maximum, "running")

    def finish(self, node_id: str) -> None:
        """Note that a node is done, or was taken from the cache."""
        progress = self._nodes.setdefault(node_id, _NodeProgress())
        progress.value, progress.state = progress.maximum, "finished"

    def identity(self, node_id: str) -> JsonObject:
        """Tell which node a preview belongs to."""
        return {
            "node_id": node_id,
            "prompt_id": self._prompt_id,
            "display_node_id": node_id,
            "parent_node_id": None,
            "real_node_id": node_id,
        }

    def as_json(self) -> JsonObject:
        """Give the data of a `progress_state` event."""
        nodes = {
            node_id: {
                "value": progress.value,
                "max": progress.maximum,
                "state": progress.state,
                **self.identity(node_id),
            }
            for node_id, progress in self._nodes.items()
        }
        return {"prompt_id": self._prompt_id, "nodes": nodes}
