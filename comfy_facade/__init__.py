"""A typed client for self-hosted ComfyUI: REST and websocket joined into one set of methods, sync and async.

Duty: run prompts and give what they made, whatever the connection does on the way; and reach every other route of
the server. It refuses to guess: the stream is best effort, REST state decides, and what neither can tell is an error.
"""

from comfy_facade._run_state import StreamedImage
from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_facade.client import ComfyUIApiClient
from comfy_facade.errors import (
    AuthenticationError,
    ClientClosedError,
    ComfyUIError,
    ConnectionFailedError,
    InvalidWorkflowError,
    NodeExecutionError,
    PromptFailedError,
    PromptInterruptedError,
    PromptNotFinishedError,
    PromptNotFoundError,
    PromptRejectedError,
    PromptTimeoutError,
    SlowConsumerError,
    UnexpectedResponseError,
    UnsafePathError,
    UnsupportedByServerError,
)
from comfy_facade.job import Job
from comfy_facade.models import History, HistoryEntry, PromptStatus, Queue, QueuedPrompt, QueueItem
from comfy_facade.outputs import FileReference
from comfy_facade.progress import RunProgress
from comfy_facade.results import OutputFile, PromptResult, SyncOutputFile, Timings
from comfy_facade.sync_values import SyncEventStream, SyncJob
from comfy_facade.workflow import randomize_prompt

__all__ = [
    "AsyncComfyUIApiClient",
    "AuthenticationError",
    "ClientClosedError",
    "ComfyUIApiClient",
    "ComfyUIError",
    "ConnectionFailedError",
    "FileReference",
    "History",
    "HistoryEntry",
    "InvalidWorkflowError",
    "Job",
    "NodeExecutionError",
    "OutputFile",
    "PromptFailedError",
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
    "Timings",
    "UnexpectedResponseError",
    "UnsafePathError",
    "UnsupportedByServerError",
    "randomize_prompt",
]
