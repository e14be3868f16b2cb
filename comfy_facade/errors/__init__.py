"""The exceptions of the SDK.

Tree::

    ComfyUIError
    ├── InvalidWorkflowError         the workflow given is none, before anything was sent
    ├── NodeSelectionError           a name fits no node of the workflow, or several
    ├── UnknownInputError            a node of the workflow has no such input
    ├── PromptRejectedError          the server refused the prompt: nothing of it runs
    ├── PromptFailedError            the prompt ran and did not succeed
    │   ├── NodeExecutionError       a node raised
    │   └── PromptInterruptedError   somebody interrupted it
    ├── PromptNotFoundError          the server knows no such prompt (any more)
    ├── PromptNotFinishedError       its result was asked for too early
    ├── PromptTimeoutError           a time limit passed
    ├── ConnectionFailedError        the server could not be reached
    │   └── AnswerHiddenError        it is there, and the browser has no answer for this page
    ├── AuthenticationError          the server or a proxy refused the credentials
    ├── UnexpectedResponseError      an answer that is not what the route gives
    │   ├── NotFoundError            the server has no such thing
    │   ├── AlreadyExistsError       it would replace something that was to be kept
    │   ├── UploadTooLargeError      the server takes no file of that size
    │   └── UnsupportedByServerError this version of ComfyUI lacks the route
    ├── SlowConsumerError            events were left unread beyond the limit
    ├── ClientClosedError            the client was closed
    ├── SyncUnavailableError         a browser that cannot wait in synchronous code
    └── UnsafePathError              a file name of the server would leave the directory

Every error carries its data as attributes and says what to do next. None keeps a header, a password or a token, and
no exception of httpx, websockets, attrs or the generated bindings leaves the SDK.
"""

from __future__ import annotations

from comfy_facade.errors.local import (
    ClientClosedError,
    ComfyUIError,
    InvalidWorkflowError,
    NodeSelectionError,
    SlowConsumerError,
    SyncUnavailableError,
    UnknownInputError,
    UnsafePathError,
)
from comfy_facade.errors.prompts import (
    NodeExecutionError,
    PromptFailedError,
    PromptInterruptedError,
    PromptNotFinishedError,
    PromptNotFoundError,
    PromptRejectedError,
    PromptTimeoutError,
)
from comfy_facade.errors.requests import (
    AlreadyExistsError,
    AnswerHiddenError,
    AuthenticationError,
    ConnectionFailedError,
    NotFoundError,
    UnexpectedResponseError,
    UnsupportedByServerError,
    UploadTooLargeError,
)

__all__ = [
    "AlreadyExistsError",
    "AnswerHiddenError",
    "AuthenticationError",
    "ClientClosedError",
    "ComfyUIError",
    "ConnectionFailedError",
    "InvalidWorkflowError",
    "NodeExecutionError",
    "NodeSelectionError",
    "NotFoundError",
    "PromptFailedError",
    "PromptInterruptedError",
    "PromptNotFinishedError",
    "PromptNotFoundError",
    "PromptRejectedError",
    "PromptTimeoutError",
    "SlowConsumerError",
    "SyncUnavailableError",
    "UnexpectedResponseError",
    "UnknownInputError",
    "UnsafePathError",
    "UnsupportedByServerError",
    "UploadTooLargeError",
]
