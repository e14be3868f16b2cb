"""What the program's exit codes mean, and which error gives which.

Pure. The codes are documented and stay.
"""

from __future__ import annotations

from enum import IntEnum

from comfy_facade.errors import (
    AuthenticationError,
    ConnectionFailedError,
    InvalidWorkflowError,
    NodeSelectionError,
    PromptFailedError,
    PromptInterruptedError,
    PromptRejectedError,
    PromptTimeoutError,
    UnknownInputError,
)


class ExitCode(IntEnum):
    """How the program ended."""

    DONE = 0
    """It did what it was asked for."""
    FAILED = 1
    """Anything that has no code of its own: an unknown prompt, a file that is not there, an answer that is none."""
    USAGE = 2
    """The command line, or the profile that it names, is wrong; nothing was sent."""
    REJECTED = 3
    """The server refused the prompt, or would refuse it, or the workflow is none."""
    NODE_FAILED = 4
    """The prompt ran and a node failed."""
    UNREACHABLE = 5
    """The server cannot be reached, or refuses the credentials."""
    TIMED_OUT = 6
    """The time limit passed."""
    INTERRUPTED = 130
    """Ctrl-C, or somebody interrupted the prompt on the server."""
    TERMINATED = 143
    """The program was told to end; it cleans up as after Ctrl-C."""


class UsageProblemError(Exception):
    """The command line asks for something that makes no sense.

    Attributes:
        advice: What to do instead.
    """

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.advice = advice


class CommandFailedError(Exception):
    """The command could not do all it was asked for, and no error of the client says so.

    Attributes:
        advice: What to do about it.
        code: The exit code.
    """

    def __init__(self, problem: str, advice: str, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(problem)
        self.advice = advice
        self.code = code


def exit_code_of(error: BaseException) -> ExitCode:
    """Choose the exit code for an error.

    Args:
        error: What ended the command.

    Returns:
        The code.
    """
    match error:
        case UsageProblemError() | NodeSelectionError() | UnknownInputError():
            return ExitCode.USAGE
        case CommandFailedError():
            return error.code
        case PromptRejectedError() | InvalidWorkflowError():
            return ExitCode.REJECTED
        case PromptInterruptedError() | KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case PromptFailedError():
            return ExitCode.NODE_FAILED
        case ConnectionFailedError() | AuthenticationError():
            return ExitCode.UNREACHABLE
        case PromptTimeoutError() | TimeoutError():
            return ExitCode.TIMED_OUT
        case _:
            return ExitCode.FAILED
