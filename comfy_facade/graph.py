"""A prompt written as Python calls: nodes in a graph, and typed handles of what they give.

Duty: hold nodes in the order they were added, give them ids, and turn them into a prompt. It refuses to link nodes of
two graphs, and to add a node where no graph is open. It knows no node class and checks no value: the functions that
`comfy_facade.codegen` writes bring the types, and the server decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from comfy_facade.errors import InvalidWorkflowError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self, TypeAlias, TypeGuard

    Json: TypeAlias = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None
    """A value as an input takes it that is no link."""

T_co = TypeVar("T_co", covariant=True)


class GraphNode:
    """One node of a graph.

    Two nodes are equal only if they are the same one.

    Attributes:
        id: Its id in the prompt, by which results and errors name it.
        class_type: Its class on the server.
    """

    __slots__ = ("class_type", "id", "inputs")

    id: Final[str]
    class_type: Final[str]
    inputs: Final[Mapping[str, Any]]
    """Its inputs as the prompt has them, links as `[node id, index]`."""

    def __init__(self, node_id: str, class_type: str, inputs: Mapping[str, Any]) -> None:
        self.id = node_id
        self.class_type = class_type
        self.inputs = inputs

    def output(self, index: int = 0) -> Output[Any]:
        """Give a handle of one output.

        Args:
            index: Which, from 0, in the order of the class's definition.

        Returns:
            The handle; of a type that fits every input, since the node does not know its class.
        """
        return Output(self, index)

    def __repr__(self) -> str:
        return f"<{self.class_type} {self.id}>"


class Output(Generic[T_co]):
    """A handle of what a node will give, to be passed as an input of other nodes.

    Its type parameter says which of ComfyUI's types it is of, for type checkers alone: `Output[LATENT]` is no
    `Output[IMAGE]`. Two handles are equal if they are of the same output of the same node.

    Attributes:
        node: The node that gives it.
        index: Which of the node's outputs, from 0.
    """

    __slots__ = ("index", "node")

    node: Final[GraphNode]
    index: Final[int]

    def __init__(self, node: GraphNode, index: int = 0) -> None:
        self.node = node
        self.index = index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Output) and self.node is other.node and self.index == other.index

    def __hash__(self) -> int:
        return hash((id(self.node), self.index))

    def __repr__(self) -> str:
        return f"<output {self.index} of {self.node.class_type} {self.node.id}>"


_open_graph: ContextVar[Graph | None] = ContextVar("_open_graph", default=None)


class Graph:
    """A graph that is being written.

    Within `with graph:` every node function adds its node here. Threads and asynchronous tasks have their open graphs
    apart, graphs can be nested, and a graph can be opened again to add more.
    """

    def __init__(self) -> None:
        self._nodes: dict[str, GraphNode] = {}
        self._tokens: list[Token[Graph | None]] = []

    def __enter__(self) -> Self:
        self._tokens.append(_open_graph.set(self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _open_graph.reset(self._tokens.pop())

    def __len__(self) -> int:
        return len(self._nodes)

    def __repr__(self) -> str:
        return f"<graph of {len(self)} nodes>"

    @property
    def nodes(self) -> tuple[GraphNode, ...]:
        """Its nodes, in the order they were added."""
        return tuple(self._nodes.values())

    def add(self, class_type: str, inputs: Mapping[str, Any]) -> GraphNode:
        """Add a node of any class, without types: for classes that a generated module lacks.

        Args:
            class_type: Its class on the server.
            inputs: Its inputs by the server's names: JSON values, or handles of this graph.

        Returns:
            The node.

        Raises:
            InvalidWorkflowError: If an input is a handle of another graph, or no JSON value.
        """
        placed = {name: self._placed(value, f"{class_type}.{name}") for name, value in inputs.items()}
        node = GraphNode(str(len(self._nodes) + 1), class_type, placed)
        self._nodes[node.id] = node
        return node

    def to_prompt(self) -> dict[str, Any]:
        """Give the graph as a prompt.

        Returns:
            A new API-format prompt by node id, which the caller may change.
        """
        return {
            node.id: {
                "class_type": node.class_type,
                "inputs": {name: _copy(value, f"{node.class_type}.{name}") for name, value in node.inputs.items()},
            }
            for node in self.nodes
        }

    def _placed(self, value: object, where: str) -> Any:
        if isinstance(value, Output):
            if self._nodes.get(value.node.id) is not value.node:
                raise InvalidWorkflowError(f"{where} was given {value!r} of another graph: make both in one graph")
            return [value.node.id, value.index]
        copied = _copy(value, where)
        # A list in a prompt is a link; a value that is a list has to say so.
        return {"__value__": copied} if _is_list(value) else copied


def open_graph(wanted_by: str) -> Graph:
    """Find the graph that is open here.

    Args:
        wanted_by: What wants to be added, for the error.

    Returns:
        The graph of the innermost `with`.

    Raises:
        InvalidWorkflowError: If no graph is open.
    """
    graph = _open_graph.get()
    if graph is None:
        raise InvalidWorkflowError(f"{wanted_by} was called where no graph is open: write `with Graph() as graph:`")
    return graph


def _copy(value: object, where: str) -> Any:
    if value is None or isinstance(value, (str, int, float)):
        return value
    if _is_list(value):
        return [_copy(item, where) for item in value]
    if is_mapping(value):
        return {str(key): _copy(item, where) for key, item in value.items()}
    if isinstance(value, GraphNode):
        raise InvalidWorkflowError(f"{where} was given {value!r}, which has no output to link")
    raise InvalidWorkflowError(f"{where} was given {value!r}, which is neither JSON nor a handle of its own")


def is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether a value is a mapping of any kind.

    Args:
        value: Any value.

    Returns:
        Whether it is.
    """
    return isinstance(value, Mapping)


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    # A named tuple is what a node with several outputs gives: taken for a list, it would hide which one was meant.
    return not hasattr(value, "_fields") and isinstance(value, (list, tuple))
