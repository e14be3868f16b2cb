"""Results of nodes that ran, kept for as long as the emulated version keeps them.

Stores and forgets; what makes two results equal is decided by `comfy_emulator.signature`.
"""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from comfy_emulator.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What a node gave.

    Attributes:
        outputs: Values by output index.
        shown: What the node showed to the client, as `{"meta", "output"}`; None if it showed nothing.
    """

    outputs: tuple[Any, ...]
    shown: JsonObject | None


class ResultCache:
    """Results by signature.

    Args:
        kept: How many results stay that the running prompt does not use.
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._results: OrderedDict[str, NodeResult] = OrderedDict()

    def begin_prompt(self, used: Collection[str]) -> None:
        """Forget what is neither used by the coming prompt nor among the most recent results.

        Args:
            used: Signatures of the coming prompt's nodes.
        """
        unused = [signature for signature in self._results if signature not in used]
        for signature in unused[: max(0, len(unused) - self._kept)]:
            del self._results[signature]

    def get(self, signature: str) -> NodeResult | None:
        """Give the result for a signature, or None."""
        if signature not in self._results:
            return None
        self._results.move_to_end(signature)
        return self._results[signature]

    def __contains__(self, signature: str) -> bool:
        return signature in self._results

    def put(self, signature: str, result: NodeResult) -> None:
        """Keep a result."""
        self._results[signature] = result
        self._results.move_to_end(signature)

    def clear(self) -> None:
        """Forget everything."""
        self._results.clear()
