"""Every error that a user can catch, and what it tells. It is checked, never run."""

from __future__ import annotations

from typing import Any, assert_type

from comfy_facade import (
    AlreadyExistsError,
    AnswerHiddenError,
    AuthenticationError,
    ClientClosedError,
    ComfyUIApiClient,
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


def runs(client: ComfyUIApiClient) -> None:
    try:
        client.run_prompt("workflow.json")
    except PromptRejectedError as error:
        assert_type(error.error.get("message"), Any | None)
    except NodeExecutionError as error:
        assert_type((error.node_id, error.class_type, error.exception_type), tuple[str, str, str])
        assert_type((error.exception_message, error.traceback), tuple[str, tuple[str, ...]])
    except PromptInterruptedError as error:
        assert_type((error.prompt_id, error.node_id), tuple[str, str | None])
    except PromptFailedError as error:
        assert_type(error.prompt_id, str)
    except PromptNotFoundError as error:
        assert_type((error.prompt_id, error.reason), tuple[str, str])
    except PromptTimeoutError as error:
        assert_type((error.prompt_id, error.timeout), tuple[str, float])
    except PromptNotFinishedError as error:
        assert_type(error.prompt_id, str)
    except (InvalidWorkflowError, NodeSelectionError, UnknownInputError) as error:
        assert_type(str(error), str)


def requests(client: ComfyUIApiClient) -> None:
    try:
        client.get_queue()
    except AuthenticationError as error:
        assert_type((error.status, error.url), tuple[int, str])
    except (AlreadyExistsError, NotFoundError, UnsupportedByServerError, UploadTooLargeError) as error:
        assert_type(error.status, int)
    except UnexpectedResponseError as error:
        assert_type(error.status, int)
    except AnswerHiddenError as error:
        assert_type(error.reason, str)
    except ConnectionFailedError as error:
        assert_type(error.is_sent, bool)
    except (ClientClosedError, SlowConsumerError, SyncUnavailableError, UnsafePathError) as error:
        assert_type(str(error), str)
    except ComfyUIError as error:
        assert_type(str(error), str)
