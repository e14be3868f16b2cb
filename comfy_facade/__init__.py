"""A typed client for self-hosted ComfyUI: REST and websocket joined into one set of methods, sync and async.

Duty: run prompts and give what they made, whatever the connection does on the way; and reach every other route of
the server. It refuses to guess: the stream is best effort, REST state decides, and what neither can tell is an error.

Names are loaded when they are first used (PEP 562), so that importing the package costs a program that may never
need a client next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from comfy_facade.async_client import AsyncComfyUIApiClient
    from comfy_facade.client import ComfyUIApiClient
    from comfy_facade.codegen import generate_module, write_module
    from comfy_facade.errors import (
        AlreadyExistsError,
        AnswerHiddenError,
        AuthenticationError,
        ClientClosedError,
        ComfyUIError,
        ConnectionFailedError,
        InvalidWorkflowError,
        NodeExecutionError,
        NodeSelectionError,
        NotFoundError,
        PromptFailedError,
        PromptInterruptedError,
        PromptNotFinishedError,
        PromptNotFoundError,
        PromptRejectedError,
        PromptTimeoutError,
        SlowConsumerError,
        SyncUnavailableError,
        UnexpectedResponseError,
        UnknownInputError,
        UnsafePathError,
        UnsupportedByServerError,
        UploadTooLargeError,
    )
    from comfy_facade.graph import Graph, GraphNode, Output
    from comfy_facade.job import Job
    from comfy_facade.models import History, HistoryEntry, PromptStatus, Queue, QueuedPrompt, QueueItem
    from comfy_facade.node_defs import InputDef, NodeDef, NodeDefs, OutputDef
    from comfy_facade.outputs import FileReference
    from comfy_facade.progress import RunProgress
    from comfy_facade.progress_display import ProgressDisplay
    from comfy_facade.results import OutputFile, PromptResult, SyncOutputFile, Timings
    from comfy_facade.streamed_image import StreamedImage
    from comfy_facade.sync_values import SyncEventStream, SyncJob
    from comfy_facade.uploads import UploadedFile
    from comfy_facade.workflow import (
        Problem,
        Problems,
        PromptInput,
        Workflow,
        WorkflowNode,
        randomize_prompt,
        variations,
    )

__all__ = [
    "AlreadyExistsError",
    "AnswerHiddenError",
    "AsyncComfyUIApiClient",
    "AuthenticationError",
    "ClientClosedError",
    "ComfyUIApiClient",
    "ComfyUIError",
    "ConnectionFailedError",
    "FileReference",
    "Graph",
    "GraphNode",
    "History",
    "HistoryEntry",
    "InputDef",
    "InvalidWorkflowError",
    "Job",
    "NodeDef",
    "NodeDefs",
    "NodeExecutionError",
    "NodeSelectionError",
    "NotFoundError",
    "Output",
    "OutputDef",
    "OutputFile",
    "Problem",
    "Problems",
    "ProgressDisplay",
    "PromptFailedError",
    "PromptInput",
    "PromptInterruptedError",
    "PromptNotFinishedError",
    "PromptNotFoundError",
    "PromptRejectedError",
    "PromptResult",
    "PromptStatus",
    "PromptTimeoutError",
    "Queue",
    "QueueItem",
    "QueuedPrompt",
    "RunProgress",
    "SlowConsumerError",
    "StreamedImage",
    "SyncEventStream",
    "SyncJob",
    "SyncOutputFile",
    "SyncUnavailableError",
    "Timings",
    "UnexpectedResponseError",
    "UnknownInputError",
    "UnsafePathError",
    "UnsupportedByServerError",
    "UploadTooLargeError",
    "UploadedFile",
    "Workflow",
    "WorkflowNode",
    "generate_module",
    "randomize_prompt",
    "variations",
    "write_module",
]

_HOMES: Final = {
    "generate_module": "comfy_facade.codegen",
    "write_module": "comfy_facade.codegen",
    "Graph": "comfy_facade.graph",
    "GraphNode": "comfy_facade.graph",
    "Output": "comfy_facade.graph",
    "UploadedFile": "comfy_facade.uploads",
    "OutputDef": "comfy_facade.node_defs",
    "InputDef": "comfy_facade.node_defs",
    "NodeDefs": "comfy_facade.node_defs",
    "NodeDef": "comfy_facade.node_defs",
    "UploadTooLargeError": "comfy_facade.errors",
    "NotFoundError": "comfy_facade.errors",
    "AlreadyExistsError": "comfy_facade.errors",
    "AnswerHiddenError": "comfy_facade.errors",
    "SyncUnavailableError": "comfy_facade.errors",
    "StreamedImage": "comfy_facade.streamed_image",
    "AsyncComfyUIApiClient": "comfy_facade.async_client",
    "ComfyUIApiClient": "comfy_facade.client",
    "AuthenticationError": "comfy_facade.errors",
    "ClientClosedError": "comfy_facade.errors",
    "ComfyUIError": "comfy_facade.errors",
    "ConnectionFailedError": "comfy_facade.errors",
    "InvalidWorkflowError": "comfy_facade.errors",
    "NodeExecutionError": "comfy_facade.errors",
    "NodeSelectionError": "comfy_facade.errors",
    "PromptFailedError": "comfy_facade.errors",
    "PromptInterruptedError": "comfy_facade.errors",
    "PromptNotFinishedError": "comfy_facade.errors",
    "PromptNotFoundError": "comfy_facade.errors",
    "PromptRejectedError": "comfy_facade.errors",
    "PromptTimeoutError": "comfy_facade.errors",
    "SlowConsumerError": "comfy_facade.errors",
    "UnexpectedResponseError": "comfy_facade.errors",
    "UnknownInputError": "comfy_facade.errors",
    "UnsafePathError": "comfy_facade.errors",
    "UnsupportedByServerError": "comfy_facade.errors",
    "Job": "comfy_facade.job",
    "History": "comfy_facade.models",
    "HistoryEntry": "comfy_facade.models",
    "PromptStatus": "comfy_facade.models",
    "Queue": "comfy_facade.models",
    "QueueItem": "comfy_facade.models",
    "QueuedPrompt": "comfy_facade.models",
    "FileReference": "comfy_facade.outputs",
    "ProgressDisplay": "comfy_facade.progress_display",
    "RunProgress": "comfy_facade.progress",
    "OutputFile": "comfy_facade.results",
    "PromptResult": "comfy_facade.results",
    "SyncOutputFile": "comfy_facade.results",
    "Timings": "comfy_facade.results",
    "SyncEventStream": "comfy_facade.sync_values",
    "SyncJob": "comfy_facade.sync_values",
    "Problem": "comfy_facade.workflow",
    "Problems": "comfy_facade.workflow",
    "PromptInput": "comfy_facade.workflow",
    "Workflow": "comfy_facade.workflow",
    "WorkflowNode": "comfy_facade.workflow",
    "randomize_prompt": "comfy_facade.workflow",
    "variations": "comfy_facade.workflow",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
