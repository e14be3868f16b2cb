"""Errors of requests: no answer came, or not the one that the route gives.

They hold of an answer only what is no secret, and never a header. What an answer says of a prompt is told by the
errors in `prompts`.
"""

from __future__ import annotations

from comfy_facade.errors.local import ComfyUIError


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
