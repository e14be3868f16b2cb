"""The prompt behind a workflow, and what is known about it.

Duty: convert an interface-format workflow as soon as definitions are there, and make again the edits that came
before. Until then it holds the nodes without their values, which is enough to find them by name.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.raw_json import RawObject, as_object
from comfy_facade.workflow.definitions import NodeDefs
from comfy_facade.workflow.edits import Edit
from comfy_facade.workflow.interface import SavedValue, convert, with_values
from comfy_facade.workflow.source import Source, WorkflowKind


class WorkflowState:
    """What a workflow holds.

    Attributes:
        kind: The format it was loaded from.
        container: The kind of file it was found in; empty for plain JSON.
        interface: The interface-format workflow, if there is one.
        node_defs: Definitions by class name, if they are known.
        places: Title and name of each subgraph in use, by path.
        warnings: What could not be converted faithfully.
    """

    def __init__(self, source: Source, node_defs: NodeDefs | None) -> None:
        self.kind: WorkflowKind = source.kind
        self.container = source.container
        interface = source.content if source.kind == "interface" else source.interface
        self.interface = copy.deepcopy(interface) if source.is_borrowed else interface
        self.node_defs = node_defs
        self.places: dict[str, tuple[str, ...]] = {}
        self.warnings: list[str] = []
        self._saved: Mapping[tuple[str, str], SavedValue] = {}
        self._prompt: dict[str, Any] | None = copied_prompt(source.content) if source.kind == "api" else None
        self._pending: list[Edit] | None = None
        if source.kind == "interface":
            self._pending = []
            if node_defs is not None:
                self.use(node_defs)

    @property
    def prompt(self) -> dict[str, Any]:
        """The prompt; without values while it `is_pending`."""
        if self._prompt is None:
            # Nobody has asked for a node by name before, which is all that this one is good for.
            conversion = convert(self.interface or {}, {})
            self._prompt, self.places = conversion.prompt, conversion.places
        return self._prompt

    @property
    def is_pending(self) -> bool:
        """Whether it waits for definitions before it can be converted."""
        return self._pending is not None

    def use(self, node_defs: NodeDefs) -> None:
        """Go by these definitions from now on.

        Args:
            node_defs: Definitions by class name.
        """
        self.node_defs = node_defs
        if self._pending is not None:
            conversion = convert(self.interface or {}, node_defs)
            for edit in self._pending:
                edit(conversion.prompt, node_defs)
            self._prompt, self.places, self.warnings = conversion.prompt, conversion.places, conversion.warnings
            self._saved = conversion.saved
            self._pending = None

    def settled(self, node_defs: NodeDefs | None) -> NodeDefs | None:
        """Choose the definitions for one call that needs the workflow converted.

        Args:
            node_defs: Those given with the call; kept if they are the first.

        Returns:
            The definitions, or `None` if there are none and none are needed.

        Raises:
            InvalidWorkflowError: It `is_pending` still.
        """
        known = self.known(node_defs)
        if self.is_pending:
            raise InvalidWorkflowError(
                "this is a workflow of the interface, which names no inputs: pass node_defs (client.get_node_defs()) "
                "to turn it into a prompt"
            )
        return known

    def interface_with(self, prompt: RawObject) -> dict[str, Any] | None:
        """Give the interface-format workflow with the values of a prompt.

        Args:
            prompt: A prompt that was made of it, or the one that is held.

        Returns:
            The workflow, which is not copied where nothing changed; `None` if there is none.
        """
        return with_values(self.interface, self._saved, prompt) if self.interface is not None else None

    def known(self, node_defs: NodeDefs | None) -> NodeDefs | None:
        """Choose the definitions for one call.

        Args:
            node_defs: Those given with the call; kept if they are the first.

        Returns:
            The definitions, or `None` if there are none.
        """
        if node_defs is not None and (self.is_pending or self.node_defs is None):
            self.use(node_defs)
        return self.node_defs if node_defs is None else node_defs

    def edit(self, edit: Edit) -> None:
        """Make a change.

        Args:
            edit: The change.
        """
        edit(self.prompt, self.node_defs)
        if self._pending is not None:
            self._pending.append(edit)

    def copy(self) -> WorkflowState:
        """Copy it with its edits.

        Returns:
            One of its own.
        """
        other = copy.copy(self)
        vars(other).update(
            _prompt=None if self._prompt is None else copied_prompt(self._prompt),
            _pending=None if self._pending is None else list(self._pending),
            warnings=list(self.warnings),
        )
        return other


def copied_prompt(prompt: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a prompt.

    Args:
        prompt: A prompt in API format.

    Returns:
        The copy; every node in it has inputs.
    """
    copied: dict[str, Any] = {}
    for node_id, node in prompt.items():
        inputs = as_object(as_object(node).get("inputs"))
        copied[str(node_id)] = {**copy.deepcopy(dict(as_object(node))), "inputs": copy.deepcopy(dict(inputs))}
    return copied
