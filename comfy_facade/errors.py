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

from collections.abc import Mapping, Sequence
from typing import Any

from comfy_facade.raw_json import as_list, as_object


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


class ConnectionFailedError(ComfyUIError):
    """The server could not be reached, or the connection broke.

    Attributes:
        url: The address, without credentials.
        reason: What went wrong.
        is_sent: Whether the request may have reached the server all the same.
    """

    def __init__(self, url: str, reason: str, *, is_sent: bool = False) -> None:
        where = f" at {url}" if url else ""
        super().__init__(f"cannot reach ComfyUI{where}: {reason}; is it running, and is the address right?")
        self.url = url
        self.reason = reason
        self.is_sent = is_sent


class AnswerHiddenError(ConnectionFailedError):
    """The server can be reached, and yet a browser has no answer for the page: it does not say which way it was lost.

    Either the connection broke, or the server answered with an error that it does not show to pages of other origins.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason, is_sent=True)


class AuthenticationError(ComfyUIError):
    """The server, or a proxy in front of it, refused the credentials.

    Attributes:
        status: 401 or 403; 407 where a proxy on the way wants credentials of its own.
        url: The address, without credentials.
    """

    def __init__(self, status: int, url: str) -> None:
        advice = (
            "put user and password into the proxy's address"
            if status == 407
            else ("pass headers=, auth= or user= as the server or its proxy wants them")
        )
        super().__init__(f"{url} answered with status {status}: {advice}")
        self.status = status
        self.url = url


class UnexpectedResponseError(ComfyUIError):
    """An answer that is not what the route gives: another status, another type, broken JSON.

    Attributes:
        status: Its HTTP status.
        route: Method and path of the request.
        body: The first part of the answer's body, as text.
    """

    def __init__(self, status: int, route: str, body: str, detail: str = "") -> None:
        reason = f" ({detail})" if detail else ""
        shown = body if len(body) <= 200 else body[:200] + "..."
        super().__init__(
            f"{route} answered with status {status}{reason}: {shown!r}; is that address a ComfyUI server, "
            f"and not a login page or another service?"
        )
        self.status = status
        self.route = route
        self.body = body


class NotFoundError(UnexpectedResponseError):
    """The server has no such file, folder or model."""

    def __init__(self, status: int, route: str, body: str) -> None:
        super().__init__(status, route, body, "the server has nothing of that name")


class AlreadyExistsError(UnexpectedResponseError):
    """A file exists that was not to be overwritten."""

    def __init__(self, status: int, route: str, body: str) -> None:
        super().__init__(status, route, body, "it exists already; pass overwrite=True to replace it")


class UploadTooLargeError(UnexpectedResponseError):
    """The server takes no file of that size.

    Attributes:
        size: The size of the file, in bytes.
        limit: What the server takes, in bytes, or `None` if it did not say.
    """

    def __init__(self, size: int, limit: int | None, route: str) -> None:
        told = "an unknown limit" if limit is None else f"{limit:,} bytes"
        super().__init__(
            413, route, "", f"the file has {size:,} bytes and the server takes {told}; start it with --max-upload-size"
        )
        self.size = size
        self.limit = limit


class UnsupportedByServerError(UnexpectedResponseError):
    """This version of ComfyUI lacks the route that the method needs.

    Attributes:
        since: The first version known to have it, or `""`.
    """

    def __init__(self, status: int, route: str, since: str = "") -> None:
        super().__init__(status, route, "", f"ComfyUI {since} or later has this route" if since else "no such route")
        self.since = since


class SlowConsumerError(ComfyUIError):
    """Events were left unread beyond the limit of the stream, which has therefore ended.

    Attributes:
        limit: The limit that was passed.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} control events were left unread: read events() faster, or close it")
        self.limit = limit


class ClientClosedError(ComfyUIError):
    """The client was closed, before or during the call."""

    def __init__(self) -> None:
        super().__init__("the client is closed: make a new one")


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
