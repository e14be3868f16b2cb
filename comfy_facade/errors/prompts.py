"""Errors of prompts and their runs: refused, failed, interrupted, gone, not over yet.

They tell what became of a prompt. That a request about it got no answer, or an odd one, is an error of `requests`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from comfy_facade.errors.local import ComfyUIError
from comfy_facade.raw_json import as_list, as_object


class PromptRejectedError(ComfyUIError):
    """The server refused a prompt, so nothing of it runs.

    Attributes:
        error: The server's error: `type`, `message`, `details`, `extra_info`.
        node_errors: Errors by node id: `class_type`, `errors`, `dependent_outputs`.
    """

    def __init__(self, error: Mapping[str, Any], node_errors: Mapping[str, Any]) -> None:
        super().__init__(_rejection_message(error, node_errors))
        self.error = error
        self.node_errors = node_errors


class PromptFailedError(ComfyUIError):
    """A prompt ran and did not succeed.

    Attributes:
        prompt_id: Which prompt.
        outputs: What its nodes had returned before, by node id.
    """

    def __init__(self, message: str, *, prompt_id: str, outputs: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.prompt_id = prompt_id
        self.outputs: Mapping[str, Any] = outputs or {}


class NodeExecutionError(PromptFailedError):
    """A node raised an exception on the server.

    Attributes:
        node_id: The node, or `""` if the server did not say.
        class_type: Its class.
        exception_type: The class of the exception.
        exception_message: Its message.
        traceback: The lines of the server's traceback.
    """

    def __init__(
        self,
        *,
        prompt_id: str,
        node_id: str,
        class_type: str,
        exception_type: str,
        exception_message: str,
        traceback: Sequence[str],
        outputs: Mapping[str, Any] | None = None,
    ) -> None:
        where = f"node {node_id} ({class_type})" if node_id else "a node"
        what = ": ".join(part for part in (exception_type, exception_message.strip()) if part) or "an exception"
        message = f"{where} raised {what} - see .traceback for the lines on the server"
        super().__init__(message, prompt_id=prompt_id, outputs=outputs)
        self.node_id = node_id
        self.class_type = class_type
        self.exception_type = exception_type
        self.exception_message = exception_message
        self.traceback = tuple(traceback)


class PromptInterruptedError(PromptFailedError):
    """Somebody interrupted the prompt, here or elsewhere.

    Attributes:
        node_id: The node that was running, or `None`.
        class_type: Its class, or `None`.
    """

    def __init__(
        self,
        *,
        prompt_id: str,
        node_id: str | None = None,
        class_type: str | None = None,
        outputs: Mapping[str, Any] | None = None,
    ) -> None:
        where = f" in node {node_id} ({class_type})" if node_id else ""
        message = f"prompt {prompt_id} was interrupted{where}; run it again if its result is still wanted"
        super().__init__(message, prompt_id=prompt_id, outputs=outputs)
        self.node_id = node_id
        self.class_type = class_type


class PromptNotFoundError(ComfyUIError):
    """The server knows no such prompt: it is neither queued, nor running, nor in the history.

    Attributes:
        prompt_id: Which prompt.
        reason: `"unknown"` (never seen by this client), `"deleted"` (it was pending, then gone), `"forgotten"`
            (the server restarted) or `"evicted"` (it ran, but the history no longer has it).
    """

    _EXPLANATIONS: Mapping[str, str] = {
        "unknown": "check the id; the server may have restarted since, or dropped it from its history",
        "deleted": "somebody deleted it from the queue, or cleared the queue; queue it again if it is still wanted",
        "forgotten": "the server restarted and lost its queue; queue it again",
        "evicted": "it ran, but somebody cleared the history, or the history is full; run it again",
    }

    def __init__(self, prompt_id: str, reason: str = "unknown") -> None:
        super().__init__(f"the server knows no prompt {prompt_id}: {self._EXPLANATIONS.get(reason, reason)}")
        self.prompt_id = prompt_id
        self.reason = reason


class PromptNotFinishedError(ComfyUIError):
    """A result was asked for while the prompt is still pending or running.

    Attributes:
        prompt_id: Which prompt.
    """

    def __init__(self, prompt_id: str) -> None:
        super().__init__(f"prompt {prompt_id} is not finished: call wait_for_prompt first")
        self.prompt_id = prompt_id


class PromptTimeoutError(ComfyUIError):
    """A prompt did not finish within the time limit. It may still run on the server.

    Attributes:
        prompt_id: Which prompt.
        timeout: The limit, in seconds.
    """

    def __init__(self, prompt_id: str, timeout: float) -> None:
        super().__init__(
            f"prompt {prompt_id} did not finish within {timeout:g} s; it may still run: wait_for_prompt waits on, "
            f"interrupt(prompt_id) stops it"
        )
        self.prompt_id = prompt_id
        self.timeout = timeout


def _rejection_message(error: Mapping[str, Any], node_errors: Mapping[str, Any]) -> str:
    reason = error.get("message") or error.get("type") or "no reason given"
    lines = [f"the server refused the prompt: {reason}{_in_brackets(error.get('details'))}"]
    for node_id, raw in node_errors.items():
        node = as_object(raw)
        for fault in map(as_object, as_list(node.get("errors"))):
            what = fault.get("message") or fault.get("type") or "no reason given"
            where = f"node {node_id}{_in_brackets(node.get('class_type'))}"
            lines.append(f"  {where}: {what}{_in_brackets(fault.get('details'))}")
    return "\n".join(lines)


def _in_brackets(text: object) -> str:
    return f" ({text})" if text else ""
