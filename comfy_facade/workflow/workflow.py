"""A workflow that can be edited by the names people see, checked, and turned into a prompt.

Duty: hold one workflow, in either format. It works on a copy: the object it was loaded from never changes. It sends
nothing anywhere.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from comfy_facade.errors import InvalidWorkflowError, NodeSelectionError
from comfy_facade.raw_json import as_object
from comfy_facade.workflow import edits
from comfy_facade.workflow.definitions import NodeDefs
from comfy_facade.workflow.interface import convert
from comfy_facade.workflow.nodes import WorkflowNode
from comfy_facade.workflow.problems import Problems
from comfy_facade.workflow.prompt_inputs import PromptInput, input_names, list_inputs
from comfy_facade.workflow.selection import matching_nodes, select_input, select_node, title_of
from comfy_facade.workflow.source import Source, WorkflowKind, read_source
from comfy_facade.workflow.validation import find_problems

_Edit = Callable[[dict[str, Any], NodeDefs | None], None]


class Workflow:
    """A workflow, loaded from anywhere.

    Nodes are named by id, by title or class as the interface shows them, or by a path through subgraphs
    (`"Upscaler/KSampler"`). A name that fits several nodes is an error that lists them.

    Attributes:
        kind: `"api"` if it was a prompt, `"interface"` if it was saved by the interface.
        interface: The interface-format workflow, where there is one; it may be sent along with a prompt, so that
            the files made from it can be opened in the interface again.
        container: The kind of file it was found in, such as `"PNG"`; empty for plain JSON.

    Example:
        >>> workflow = Workflow.load({"3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20}}})
        >>> workflow["KSampler"].seed = 7
        >>> workflow.to_prompt()["3"]["inputs"]["seed"]
        7
    """

    def __init__(self, source: Source, node_defs: NodeDefs | None = None) -> None:
        self.kind: WorkflowKind = source.kind
        self.container = source.container
        self.interface: dict[str, Any] | None = source.content if source.kind == "interface" else source.interface
        self._node_defs = node_defs
        self._warnings: list[str] = []
        self._places: dict[str, tuple[str, ...]] = {}
        # Edits made before an interface-format workflow could be converted are made again once it is.
        self._pending: list[_Edit] | None = None
        if source.kind == "api":
            self._prompt: dict[str, Any] = _copied_prompt(source.content)
        else:
            self.interface = copy.deepcopy(source.content)
            self._convert(node_defs)

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
    def warnings(self) -> list[str]:
        """What could not be converted faithfully, such as nodes of classes without a definition."""
        return list(self._warnings)

    def use(self, node_defs: NodeDefs) -> None:
        """Give the definitions that conversion, checks and lists go by from now on.

        Args:
            node_defs: The server's definitions by class name.
        """
        self._node_defs = node_defs
        if self._pending is not None:
            pending, self._pending = self._pending, None
            self._convert(node_defs)
            for edit in pending:
                edit(self._prompt, node_defs)

    def to_prompt(self, node_defs: NodeDefs | None = None) -> dict[str, Any]:
        """Give the prompt in API format.

        Args:
            node_defs: The server's definitions by class name; needed once for interface-format workflows.

        Returns:
            The prompt, the caller's to change.

        Raises:
            InvalidWorkflowError: The workflow is of the interface's format, and there are no definitions.
        """
        if node_defs is not None and (self._pending is not None or self._node_defs is None):
            self.use(node_defs)
        if self._pending is not None:
            raise InvalidWorkflowError(
                "this is a workflow of the interface, which names no inputs: pass node_defs (client.get_node_defs()) "
                "to turn it into a prompt"
            )
        return _copied_prompt(self._prompt)

    def copy(self) -> Workflow:
        """Copy the workflow with its edits.

        Returns:
            A workflow of its own.
        """
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.interface = copy.deepcopy(self.interface)
        other._prompt = _copied_prompt(self._prompt)
        other._warnings = list(self._warnings)
        other._pending = None if self._pending is None else list(self._pending)
        return other

    def __copy__(self) -> Workflow:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Workflow:
        return self.copy()

    def __getitem__(self, key: str | int) -> WorkflowNode:
        """Find the one node of a name.

        Args:
            key: An id, title, class or path.

        Returns:
            The node.

        Raises:
            NodeSelectionError: The name fits none, or several.
        """
        return self._node(select_node(self._prompt, str(key), self._places))

    def __contains__(self, key: object) -> bool:
        return isinstance(key, (str, int)) and bool(matching_nodes(self._prompt, str(key), self._places))

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
        found = list(self._prompt) if name is None else matching_nodes(self._prompt, str(name), self._places)
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
        names = {node_id: input_names(as_object(node), self._node_defs) for node_id, node in self._prompt.items()}
        return select_input(self._prompt, key, self._places, names)

    def set(self, values: Mapping[str, Any]) -> None:
        """Set several values; either all are set or, if one key is wrong, none.

        Args:
            values: The values by key: `"6.text"`, `"KSampler.seed"`, `"My title.steps"`.

        Raises:
            NodeSelectionError: A key fits no node, or several.
            UnknownInputError: The node has no such input.
        """
        resolved = [(*self.resolve(key), value) for key, value in values.items()]
        if self._pending is None:
            for node_id, name, _ in resolved:
                edits.check_input(self._prompt, node_id, name, self._node_defs)
        for node_id, name, value in resolved:
            self._edit(edits.setting(node_id, name, value))

    def connect(self, origin: str | int, target: str, output: int | str | None = None) -> None:
        """Link an output to an input.

        Args:
            origin: The node that the link starts from.
            target: The input it ends at: `"KSampler.model"`.
            output: Which output, by number or name; by default the first whose type the input takes.

        Raises:
            NodeSelectionError: A name fits no node, or several.
        """
        origin_id = select_node(self._prompt, str(origin), self._places)
        target_id, name = self.resolve(target)
        self._edit(edits.connecting(origin_id, output, target_id, name))

    def add(self, class_type: str, inputs: Mapping[str, Any] | None = None, *, title: str = "") -> WorkflowNode:
        """Add a node.

        Args:
            class_type: Its class.
            inputs: Its inputs; links as `[node id, output number]`.
            title: Its title.

        Returns:
            The node.
        """
        node_id = edits.free_id(self._prompt)
        self._edit(edits.adding(node_id, class_type, inputs or {}, title))
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
        node_id = select_node(self._prompt, str(key), self._places)
        self._edit(edits.replacing(node_id, class_type, inputs or {}))
        return self._node(node_id)

    def remove(self, key: str | int) -> None:
        """Remove a node, and every link that starts from it.

        Args:
            key: The node.
        """
        self._edit(edits.removing(select_node(self._prompt, str(key), self._places)))

    def inputs(self, node_defs: NodeDefs | None = None) -> list[PromptInput]:
        """List what can be set, with type, default, choices and limits.

        Args:
            node_defs: The server's definitions by class name, unless the workflow has them already.

        Returns:
            Every value that is not linked, in the order of the prompt.
        """
        defs = self._known(node_defs)
        return list_inputs(self._prompt, defs)

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
        defs = self._known(node_defs)
        if defs is None:
            raise InvalidWorkflowError("pass node_defs (client.get_node_defs()): nothing can be checked without them")
        return find_problems(self._prompt, defs, check_files=check_files)

    def runnable_outputs(self, node_defs: NodeDefs | None = None) -> list[str]:
        """Name the output nodes that the server would run.

        Args:
            node_defs: The server's definitions by class name, unless the workflow has them already.

        Returns:
            Their ids.
        """
        return list(self.validate(node_defs).runnable_outputs)

    def _known(self, node_defs: NodeDefs | None) -> NodeDefs | None:
        if node_defs is not None and (self._pending is not None or self._node_defs is None):
            self.use(node_defs)
        return node_defs if node_defs is not None else self._node_defs

    def _convert(self, node_defs: NodeDefs | None) -> None:
        if node_defs is None:
            self._pending = []
        conversion = convert(self.interface or {}, node_defs or {})
        self._prompt = conversion.prompt
        self._places = conversion.places
        # Without definitions every class is unknown, which is no news.
        self._warnings = conversion.warnings if node_defs is not None else []

    def _edit(self, edit: _Edit) -> None:
        edit(self._prompt, self._node_defs)
        if self._pending is not None:
            self._pending.append(edit)

    def _node(self, node_id: str) -> WorkflowNode:
        return WorkflowNode(node_id, lambda: self._raw(node_id), self._set_input, lambda: self._node_defs)

    def _raw(self, node_id: str) -> dict[str, Any]:
        node: dict[str, Any] | None = self._prompt.get(node_id)
        if node is None:
            raise NodeSelectionError(node_id, (), f"node {node_id!r} was removed")
        return node

    def _set_input(self, node_id: str, name: str, value: Any) -> None:
        if self._pending is None:
            edits.check_input(self._prompt, node_id, name, self._node_defs)
        self._edit(edits.setting(node_id, name, value))


def _copied_prompt(prompt: Mapping[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = {}
    for node_id, node in prompt.items():
        inputs = as_object(as_object(node).get("inputs"))
        copied[str(node_id)] = {**copy.deepcopy(dict(as_object(node))), "inputs": copy.deepcopy(dict(inputs))}
    return copied
