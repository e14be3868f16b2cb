"""What can be given as a prompt, brought into one form: a prompt in API format, and the workflow to embed.

It copies as deep as anything will be changed, and asks for node definitions only where the interface's format needs
them.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from os import PathLike
from typing import IO, TYPE_CHECKING, Any, Final

from attrs import frozen

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.node_defs import NodeDefs
from comfy_facade.raw_json import RawObject, as_object

if TYPE_CHECKING:
    from comfy_facade.workflow import Workflow

    PromptSource = Mapping[str, Any] | Workflow | str | PathLike[str] | bytes | IO[bytes]
    """A prompt in API format, or anything that `Workflow.load` takes: a workflow of the interface, JSON text, a
    path, bytes, or a picture, video or sound that ComfyUI wrote."""

_logger: Final = logging.getLogger("comfy_facade")


@frozen
class PreparedPrompt:
    """A prompt that may be changed, and what goes with it.

    Attributes:
        prompt: In API format; `inputs` are this call's own.
        workflow: The workflow in interface format to be embedded in saved files as it is, if there is such a one.
        source: What the prompt was made of otherwise, if that was a workflow.
    """

    prompt: dict[str, Any]
    workflow: RawObject | None
    source: Workflow | None = None

    def embedded(self, prompt: RawObject) -> RawObject | None:
        """Give the workflow to embed in what a prompt saves.

        Args:
            prompt: The prompt as it runs, seeds included.

        Returns:
            The one that was given, else the one that the prompt was made of with the values that run, or `None`.
        """
        if self.workflow is None and self.source is not None:
            return self.source.to_interface(prompt)
        return self.workflow


async def prepare(
    source: PromptSource,
    workflow: RawObject | None,
    read_node_defs: Callable[[], Awaitable[NodeDefs]],
) -> PreparedPrompt:
    """Make a prompt of whatever was given.

    Args:
        source: What was given; it is never changed.
        workflow: The workflow to embed, or `None` for the one that `source` is or carries, if any.
        read_node_defs: Gives the server's definitions.

    Returns:
        The prompt.

    Raises:
        InvalidWorkflowError: It is none.
    """
    if isinstance(source, Mapping) and _node_without_class(source) is None:
        return PreparedPrompt(_copied(source), workflow)
    from comfy_facade.workflow import Workflow

    loaded = Workflow.load(source)
    prompt = loaded.to_prompt(await read_node_defs() if loaded.kind == "interface" else None)
    # Text and files may hold such a node, for the server to judge; a dict is somebody's own work.
    node_id = _node_without_class(prompt) if isinstance(source, Mapping) and loaded.kind == "api" else None
    if node_id is not None:
        raise InvalidWorkflowError(f"node {node_id!r} has no class_type, so this is no prompt in API format")
    for warning in loaded.warnings:
        _logger.warning("the workflow was converted with a doubt: %s", warning)
    return PreparedPrompt(prompt, workflow, loaded)


def _node_without_class(prompt: Mapping[str, Any]) -> str | None:
    for node_id, node in prompt.items():
        if not isinstance(as_object(node).get("class_type"), str):
            return node_id
    return None


def _copied(prompt: Mapping[str, Any]) -> dict[str, Any]:
    # Seeds replace values of `inputs` and nothing deeper, so nothing deeper needs a copy. JSON makes text of all keys.
    return {str(node_id): {**node, "inputs": dict(as_object(node.get("inputs")))} for node_id, node in prompt.items()}
