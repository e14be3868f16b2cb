"""The order in which the nodes of a prompt run.

Pure: it sees ids and connections, never values. Which results are cached is told to it by a function.
"""

from collections.abc import Callable, Iterable

from comfy_emulator.json_types import Prompt, is_link


class ExecutionOrder:
    """Gives out nodes one at a time, each after the nodes it depends on.

    Among the nodes that could run, an output node goes first, then one that feeds an output node directly, then
    one two steps before an output node, else the one that was found first. Cached nodes are left out unless they
    are asked for as outputs.

    Args:
        prompt: The graph.
        outputs: Ids of the nodes to reach.
        is_output: Tells whether a node id belongs to an output node.
        is_cached: Tells whether a node's result is known already.
    """

    def __init__(
        self,
        prompt: Prompt,
        outputs: Iterable[str],
        is_output: Callable[[str], bool],
        is_cached: Callable[[str], bool],
    ) -> None:
        self._prompt = prompt
        self._is_output = is_output
        self._waiting_for: dict[str, set[str]] = {}
        self._followers: dict[str, list[str]] = {}
        for output in outputs:
            self._collect(output, is_cached)

    def _collect(self, output: str, is_cached: Callable[[str], bool]) -> None:
        unseen = [output]
        while unseen:
            node_id = unseen.pop()
            if node_id in self._waiting_for:
                continue
            self._waiting_for[node_id] = set()
            self._followers.setdefault(node_id, [])
            for value in self._prompt[node_id]["inputs"].values():
                if not is_link(value) or is_cached(value[0]):
                    continue
                source: str = value[0]
                unseen.append(source)
                if source not in self._waiting_for[node_id]:
                    self._waiting_for[node_id].add(source)
                    self._followers.setdefault(source, []).append(node_id)

    def __bool__(self) -> bool:
        return bool(self._waiting_for)

    def next_node(self) -> str:
        """Pick the node to run next. It stays in line until `finish` is called for it.

        Raises:
            LookupError: Only nodes that wait for each other are left.
        """
        ready = [node_id for node_id, sources in self._waiting_for.items() if not sources]
        if not ready:
            raise LookupError(f"these nodes wait for each other: {', '.join(self._waiting_for)}")
        for distance in range(3):
            for node_id in ready:
                if self._reaches_output(node_id, distance):
                    return node_id
        return ready[0]

    def _reaches_output(self, node_id: str, steps: int) -> bool:
        if steps == 0:
            return self._is_output(node_id)
        return any(self._reaches_output(follower, steps - 1) for follower in self._followers[node_id])

    def finish(self, node_id: str) -> None:
        """Take a node out of line and let those that waited for it go on."""
        del self._waiting_for[node_id]
        for follower in self._followers.pop(node_id):
            self._waiting_for[follower].discard(node_id)
