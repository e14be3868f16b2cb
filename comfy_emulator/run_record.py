"""What a run leaves behind: its outputs, its messages and whether it succeeded.

Holds the record while the run fills it; the queue keeps it afterwards.
"""

from dataclasses import dataclass, field
from typing import Any

from comfy_emulator.json_types import JsonObject


@dataclass(slots=True)
class RunRecord:
    """What a run leaves for the history.

    Attributes:
        outputs: What nodes showed, by node id.
        meta: Which nodes showed it, by node id.
        messages: The lifecycle events that were told, each as `[type, data]`.
        succeeded: Whether the run reached its end.
    """

    outputs: JsonObject = field(default_factory=dict[str, Any])
    meta: JsonObject = field(default_factory=dict[str, Any])
    messages: list[list[Any]] = field(default_factory=list[list[Any]])
    succeeded: bool = False

    def as_json(self) -> JsonObject:
        """Give the record as `/history` writes it, without the prompt."""
        return {
            "outputs": self.outputs,
            "status": {
                "status_str": "success" if self.succeeded else "error",
                "completed": self.succeeded,
                "messages": self.messages,
            },
            "meta": self.meta,
        }
