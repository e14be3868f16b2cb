"""What a person is told of an error: two lines, the first what happened, the second what to do.

Pure. It words errors and ends nothing; their texts hold no credentials, and texts of servers no control characters.
"""

from __future__ import annotations

from typing import Any, Final

from comfy_facade.cli.exit_codes import CommandFailedError, UsageProblemError, exit_code_of
from comfy_facade.cli.printable import one_line
from comfy_facade.errors import (
    AuthenticationError,
    ComfyUIError,
    ConnectionFailedError,
    InvalidWorkflowError,
    NodeExecutionError,
    NodeSelectionError,
    PromptFailedError,
    PromptInterruptedError,
    PromptNotFinishedError,
    PromptNotFoundError,
    PromptRejectedError,
    PromptTimeoutError,
    UnexpectedResponseError,
    UnknownInputError,
    UnsafePathError,
)
from comfy_facade.raw_json import as_list, as_object

_LONGEST_LINE: Final = 400


def describe(error: BaseException) -> tuple[str, str]:
    """Word an error for a person.

    Args:
        error: What ended the command.

    Returns:
        What happened and what to do, a line each.
    """
    problem, advice = _words(error)
    return one_line(problem, _LONGEST_LINE), one_line(advice, _LONGEST_LINE)


def record_of(error: BaseException) -> dict[str, Any]:
    """Word an error for a program.

    Args:
        error: What ended the command.

    Returns:
        A JSON object.
    """
    problem, advice = describe(error)
    record: dict[str, Any] = {
        "event": "error",
        "error": type(error).__name__,
        "message": problem,
        "advice": advice,
        "exit_code": int(exit_code_of(error)),
    }
    match error:
        case PromptRejectedError():
            record |= {"server_error": error.error, "node_errors": error.node_errors}
        case NodeExecutionError():
            record |= {
                "prompt_id": error.prompt_id,
                "node_id": error.node_id,
                "class_type": error.class_type,
                "exception_type": error.exception_type,
                "exception_message": error.exception_message,
                "traceback": list(error.traceback),
            }
        case PromptFailedError() | PromptNotFoundError() | PromptTimeoutError() | PromptNotFinishedError():
            record["prompt_id"] = error.prompt_id
        case _:
            pass
    return record


def _words(error: BaseException) -> tuple[str, str]:
    match error:
        case UsageProblemError() | CommandFailedError():
            return str(error), error.advice
        case PromptRejectedError():
            return _rejection(error)
        case NodeExecutionError():
            where = f"node {error.node_id} ({error.class_type})"
            return (
                f"{where} failed: {error.exception_type}: {error.exception_message.strip()}",
                f"the server's traceback is in: comfy-facade status {error.prompt_id} --json",
            )
        case PromptInterruptedError():
            return str(error), "somebody interrupted it on the server; run it again if it is still wanted"
        case PromptTimeoutError():
            return (
                f"prompt {error.prompt_id} did not finish within {error.timeout:g} s",
                "give it more time with --timeout, or none at all by leaving it out",
            )
        case ConnectionFailedError():
            return f"cannot reach ComfyUI at {error.url}: {error.reason}", "is it running, and is --url right?"
        case AuthenticationError():
            return (
                f"{error.url} answered with status {error.status}: it refuses the credentials",
                "set COMFYUI_TOKEN, or name a profile that holds them with --profile",
            )
        case UnsafePathError():
            return (
                f"the server names a file {error.filename[:200]!r}, which is no plain file name",
                "nothing was written; is that server to be trusted?",
            )
        case _:
            return _other_words(error)


def _other_words(error: BaseException) -> tuple[str, str]:
    match error:
        case PromptNotFoundError():
            return str(error), "comfy-facade queue and comfy-facade history list what the server knows"
        case PromptNotFinishedError():
            return f"prompt {error.prompt_id} is not finished", f"wait for it: comfy-facade wait {error.prompt_id}"
        case NodeSelectionError() | UnknownInputError():
            return str(error), "comfy-facade validate WORKFLOW --inputs lists what can be set"
        case InvalidWorkflowError():
            return str(error), "comfy-facade takes prompts in API format, saved workflows, and files made by ComfyUI"
        case UnexpectedResponseError():
            return str(error).partition("; is that")[0], "is that address a ComfyUI server, and not another service?"
        case ComfyUIError():
            return str(error), "run it again with --debug for more"
        case OSError():
            name = "" if error.filename is None else f"{error.filename}: "
            return f"{name}{error.strerror or error}", "is the path right, and may it be read or written?"
        case _:
            return f"{type(error).__name__}: {error}", "this should not happen; run it again with --debug for more"


def _rejection(error: PromptRejectedError) -> tuple[str, str]:
    message = str(error.error.get("message") or error.error.get("type") or "no reason given")
    details = str(error.error.get("details") or "")
    first = f"the server refused the prompt: {message}" + (f" ({details})" if details else "")
    faults = [
        f"node {node_id} ({as_object(node).get('class_type')}): {fault.get('message')} ({fault.get('details')})"
        for node_id, node in error.node_errors.items()
        for fault in map(as_object, as_list(as_object(node).get("errors")))
    ]
    if not faults:
        return first, "comfy-facade validate WORKFLOW says what is wrong with it"
    more = f", and {len(faults) - 1} more: comfy-facade validate WORKFLOW lists all" if len(faults) > 1 else ""
    return first, faults[0] + more
