"""A workflow that can be edited by the names people see, checked, and turned into a prompt.

Duty: hold one workflow, in either format. It works on a copy: the object it was loaded from never changes. It sends
nothing anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from comfy_facade.errors import InvalidWorkflowError, NodeSelectionError
from comfy_facade.raw_json import as_object
from comfy_facade.workflow import edits
from comfy_facade.workflow.definitions import NodeDefs
from comfy_facade.workflow.nodes import WorkflowNode
from comfy_facade.workflow.problems import Problems
from comfy_facade.workflow.prompt_inputs import PromptInput, input_names, list_inputs
from comfy_facade.workflow.selection import matching_nodes, select_input, select_node, title_of
from comfy_facade.workflow.source import Source, WorkflowKind, read_source
from comfy_facade.workflow.state import WorkflowState, copied_prompt
from comfy_facade.workflow.validation import find_problems


class Workflow:
    """A workflow, loaded from anywhere.

    Nodes are named by id, by title or class as the interface shows them, or by a path through subgraphs
    (`"Upscaler/KSampler"`). A name that fits several nodes is an error that lists them.

    Example:
        >>> workflow = Workflow.load({"3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20}}})
        >>> workflow["KSampler"].seed = 7
        >>> workflow.to_prompt()["3"]["inputs"]["seed"]
        7
    """

    def __init__(self, source: Source, node_defs: NodeDefs | None = None) -> None:
        self._state = WorkflowState(source, node_defs)

    @classmethod
    def load(cls, source: object, node_defs: NodeDefs | None = None) -> Workflow:
        """Load a workflow.

        Args:
            source: A prompt in API format or a workflow of the interface, as a dict, JSON text, a path, bytes or a
                binary file; or a picture, video, sound or model that ComfyUI wrote, which carries one. Where a file
                carries both, the prompt is taken, since it is what really ran. A `Workflow` is copied.
            node_defs: The server's definitions by class name. Interface-format workflows need them, here or later.

        Returns:
            The workflow.

        Raises:
            InvalidWorkflowError: There is no workflow in it, or it is broken; the message says where.
        """
        if isinstance(source, Workflow):
            loaded = source.copy()
            if node_defs is not None:
                loaded.use(node_defs)
            return loaded
        return cls(read_source(source), node_defs)

    @property
    def kind(self) -> WorkflowKind:
        """`"api"` if it was a prompt, `"interface"` if it was saved by the interface."""
        return self._state.kind

    @property
    def container(self) -> str:
        """The kind of file it was found in, such as `"PNG"`; empty for plain JSON."""
        return self._state.container

    @property
    def interface(self) -> dict[str, Any] | None:
        """The interface-format workflow as it was loaded, if there is one; `to_interface` gives it with edits."""
        return self._state.interface

    @property
    def warnings(self) -> list[str]:
        """What could not be converted faithfully, such as nodes of classes without a definition."""
        return list(self._state.warnings)

    def use(self, node_defs: NodeDefs) -> None:
        """Go by these definitions (the server's, by class name) from now on: for conversion, checks and lists."""
        self._state.use(node_defs)

    def to_prompt(self, node_defs: NodeDefs | None = None) -> dict[str, Any]:
        """Give the prompt in API format.

        Args:
            node_defs: The server's definitions by class name; needed once for interface-format workflows.

        Returns:
            The prompt, the caller's to change.

        Raises:
            InvalidWorkflowError: The workflow is of the interface's format, and there are no definitions.
        """
        self._state.settled(node_defs)
        return copied_prompt(self._prompt)

    def to_interface(self, prompt: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """Give the interface-format workflow with the values that run, as the interface itself embeds it.

        Args:
            prompt: A prompt that `to_prompt` gave, changed since; by default the workflow with its edits.

        Returns:
            The workflow, copied where values changed; `None` if none was loaded. What it has no place for is left
            as it was loaded: links, added nodes, one value that is to be several, a prompt that it came along with.
        """
        return self._state.interface_with(self._prompt if prompt is None else prompt)

    def copy(self) -> Workflow:
        """Copy the workflow with its edits."""
        other = object.__new__(type(self))
        other._state = self._state.copy()
        return other

    def __getitem__(self, key: str | int) -> WorkflowNode:
        """Find the one node of a name; none or several are a `NodeSelectionError`."""
        return self._node(select_node(self._prompt, str(key), self._state.places))

    def __contains__(self, key: object) -> bool:
        return isinstance(key, (str, int)) and bool(matching_nodes(self._prompt, str(key), self._state.places))

    def __iter__(self) -> Iterator[WorkflowNode]:
        return iter([self._node(node_id) for node_id in self._prompt])

    def __len__(self) -> int:
        return len(self._prompt)

    def __repr__(self) -> str:
        return f"<Workflow kind={self.kind!r} nodes={len(self._prompt)}>"

    def find(
        self, name: str | int | None = None, *, class_type: str | None = None, title: str | None = None
    ) -> list[WorkflowNode]:
        """Find all nodes that fit.

        Args:
            name: An id, title, class or path.
            class_type: A class.
            title: A title.

        Returns:
            The nodes that fit everything given, in the order of the prompt; without arguments, all.
        """
        found = list(self._prompt) if name is None else matching_nodes(self._prompt, str(name), self._state.places)
        return [
            self._node(node_id)
            for node_id in found
            if class_type in {None, as_object(self._prompt[node_id]).get("class_type")}
            and title in {None, title_of(self._prompt[node_id])}
        ]

    def resolve(self, key: str) -> tuple[str, str]:
        """Find out which input a key means.

        Args:
            key: A node's name and an input's: `"6.text"`, `"KSampler.seed"`, `"My title.steps"`.

        Returns:
            The node's id and the input's name.

        Raises:
            NodeSelectionError: The key fits no node, or several.
        """
        names = {node_id: input_names(as_object(node), self._state.node_defs) for node_id, node in self._prompt.items()}
        return select_input(self._prompt, key, self._state.places, names)

    def set(self, values: Mapping[str, Any]) -> None:
        """Set several values; either all are set or, if one key is wrong, none.

        Args:
            values: The values by key: `"6.text"`, `"KSampler.seed"`, `"My title.steps"`.

        Raises:
            NodeSelectionError: A key fits no node, or several.
            UnknownInputError: The node has no such input.
        """
        resolved = [(*self.resolve(key), value) for key, value in values.items()]
        if not self._state.is_pending:
            for node_id, name, _ in resolved:
                edits.check_input(self._prompt, node_id, name, self._state.node_defs)
        for node_id, name, value in resolved:
            self._state.edit(edits.setting(node_id, name, value))

    def connect(self, origin: str | int, target: str, output: int | str | None = None) -> None:
        """Link an output to an input.

        Args:
            origin: The node that the link starts from.
            target: The input it ends at: `"KSampler.model"`.
            output: Which output, by number or name; by default the first whose type the input takes.

        Raises:
            NodeSelectionError: A name fits no node, or several.
        """
        origin_id = select_node(self._prompt, str(origin), self._state.places)
        target_id, name = self.resolve(target)
        self._state.edit(edits.connecting(origin_id, output, target_id, name))

    def add(self, class_type: str, inputs: Mapping[str, Any] | None = None, *, title: str = "") -> WorkflowNode:
        """Add a node.

        Args:
            class_type: Its class.
            inputs: Its inputs; links as `[node id, output number]`, of nodes that are there.
            title: Its title.

        Returns:
            The node.
        """
        node_id = edits.free_id(self._prompt)
        self._state.edit(edits.adding(node_id, class_type, inputs or {}, title))
        return self._node(node_id)

    def replace(self, key: str | int, class_type: str, inputs: Mapping[str, Any] | None = None) -> WorkflowNode:
        """Replace a node by one of another class, keeping its id, its links and the inputs both have.

        Args:
            key: The node.
            class_type: The new class.
            inputs: Inputs to set or to override.

        Returns:
            The new node.
        """
        node_id = select_node(self._prompt, str(key), self._state.places)
        self._state.edit(edits.replacing(node_id, class_type, inputs or {}))
        return self._node(node_id)

    def remove(self, key: str | int) -> None:
        """Remove a node, and every link that starts from it.

        Args:
            key: The node.
        """
        self._state.edit(edits.removing(select_node(self._prompt, str(key), self._state.places)))

    def inputs(self, node_defs: NodeDefs | None = None) -> list[PromptInput]:
        """List what can be set, with type, default, choices and limits.

        Args:
            node_defs: The server's definitions by class name, unless the workflow has them already.

        Returns:
            Every value that is not linked, in the order of the prompt.

        Raises:
            InvalidWorkflowError: The workflow is of the interface's format, and there are no definitions.
        """
        known = self._state.settled(node_defs)
        return list_inputs(self._prompt, known)

    def validate(self, node_defs: NodeDefs | None = None, *, check_files: bool = False) -> Problems:
        """Find out what the server would refuse, before anything is sent.

        The server drops an output that depends on a faulty node and runs the others; `runnable_outputs` of the
        answer names those.

        Args:
            node_defs: The server's definitions by class name, unless the workflow has them already.
            check_files: Also report uploaded files that the definitions do not list.

        Returns:
            The problems, an empty list if it is sound.

        Raises:
            InvalidWorkflowError: There are no definitions.
        """
        defs = self._state.known(node_defs)
        if defs is None:
            raise InvalidWorkflowError("pass node_defs (client.get_node_defs()): nothing can be checked without them")
        return find_problems(self._prompt, defs, check_files=check_files)

    def runnable_outputs(self, node_defs: NodeDefs | None = None) -> list[str]:
        """Name the output nodes that the server would run, by id; `validate` tells what is wrong with the others."""
        return list(self.validate(node_defs).runnable_outputs)

    @property
    def _prompt(self) -> dict[str, Any]:
        return self._state.prompt

    def _node(self, node_id: str) -> WorkflowNode:
        return WorkflowNode(node_id, lambda: self._raw(node_id), self._set_input, lambda: self._state.node_defs)

    def _raw(self, node_id: str) -> dict[str, Any]:
        node: dict[str, Any] | None = self._prompt.get(node_id)
        if node is None:
            raise NodeSelectionError(node_id, (), f"node {node_id!r} was removed")
        return node

    def _set_input(self, node_id: str, name: str, value: Any) -> None:
        if not self._state.is_pending:
            edits.check_input(self._prompt, node_id, name, self._state.node_defs)
        self._state.edit(edits.setting(node_id, name, value))
