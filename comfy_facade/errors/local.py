"""The root of all errors, and those of this side: of workflows, of what is asked of them, and of the client itself.

No server refused anything here, and mostly none was asked. Wrong arguments are none of these errors: they are a
`ValueError` or a `TypeError`, as anywhere in Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ComfyUIError(Exception):
    """Root of everything that the SDK raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Python would make the copy of the message alone, which none of the constructors takes.
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[ComfyUIError], args: tuple[Any, ...], data: dict[str, Any]) -> ComfyUIError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(data)
    return error


class InvalidWorkflowError(ComfyUIError):
    """What was given as a workflow is none.

    Attributes:
        reason: What is wrong, and where.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NodeSelectionError(ComfyUIError, LookupError):
    """A name fits no node of a workflow, or several.

    Attributes:
        key: The name.
        matches: Ids of the nodes it fits; empty if none.
    """

    def __init__(self, key: str, matches: Sequence[str], message: str) -> None:
        super().__init__(message)
        self.key = key
        self.matches = tuple(matches)


class UnknownInputError(ComfyUIError, AttributeError):
    """A node of a workflow has no input of that name.

    Attributes:
        node_id: The node.
        input_name: The name.
    """

    def __init__(self, node_id: str, input_name: str, message: str) -> None:
        super().__init__(message)
        self.node_id = node_id
        self.input_name = input_name


class SlowConsumerError(ComfyUIError):
    """Events were left unread beyond the limit of the stream, which has therefore ended.

    Attributes:
        limit: The limit that was passed.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} control events were left unread: read events() faster, or close it")
        self.limit = limit


class ClientClosedError(ComfyUIError):
    """The client was closed, before or during the call, or cannot be used from here: its message says why."""

    def __init__(self, reason: str = "the client is closed", advice: str = "make a new one") -> None:
        super().__init__(f"{reason}: {advice}")


class SyncUnavailableError(ComfyUIError):
    """A browser cannot let synchronous code wait here."""

    def __init__(self) -> None:
        super().__init__(
            "this browser cannot wait in synchronous code here (it needs JSPI, and Python entered by runPythonAsync): "
            "use AsyncComfyUIApiClient and await its methods"
        )


class UnsafePathError(ComfyUIError):
    """A file name that the server gave would not stay in the directory it is saved to.

    Attributes:
        filename: The name as the server gave it.
    """

    def __init__(self, filename: str) -> None:
        super().__init__(f"the server names a file {filename!r}, which is no plain file name; save it to a full path")
        self.filename = filename
