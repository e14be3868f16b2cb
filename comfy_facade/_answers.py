"""What an answer must be: its status, its type, its shape; and the error for one that is not.

It sends nothing. What it shows of an answer is short, and holds nothing that the request carried in secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import unquote_plus

import httpx

from comfy_facade._discretion import shown_url
from comfy_facade.errors import AuthenticationError, NotFoundError, UnexpectedResponseError
from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_ws.url import without_credentials

T = TypeVar("T")

_BODY_SHOWN: Final = 2_000
_HARMLESS_HEADERS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "comfy-user",
        "connection",
        "content-length",
        "content-type",
        "host",
        "if-range",
        "range",
        "transfer-encoding",
        "user-agent",
    }
)
# What the SDK itself puts into a query; an authentication may put a token there too.
_OWN_PARAMETERS: Final = frozenset(
    {"dir", "filename", "full_info", "max_items", "offset", "overwrite", "recurse", "split", "subfolder", "type"}
)
# Taking shorter texts out of a page would leave nothing that can be read.
_SHORTEST_SECRET: Final = 6
_SEPARATORS: Final = re.compile(r"[\s;,=\"]+")


def require(response: httpx.Response, *statuses: int) -> None:
    """Raise unless an answer has one of some statuses.

    Args:
        response: The answer, read.
        statuses: The statuses.

    Raises:
        AuthenticationError: The status is 403.
        NotFoundError: It is 404.
        UnexpectedResponseError: It is any other.
    """
    status = response.status_code
    if status in statuses:
        return
    if status == 403:
        raise AuthenticationError(status, str(shown_url(response.request.url)))
    if status == 404:
        raise NotFoundError(status, route_of(response), _shown_body(response))
    raise unexpected(response)


def is_json(response: httpx.Response) -> bool:
    """Say whether an answer says that it is JSON.

    Args:
        response: The answer.

    Returns:
        Whether its content type is JSON's.
    """
    return str(response.headers.get("Content-Type", "")).startswith("application/json")


def required_object(value: object) -> RawObject:
    """Take a JSON value for an object; for `json_of`.

    Args:
        value: Any JSON value.

    Returns:
        The object.

    Raises:
        TypeError: It is none.
    """
    answer = as_object(value)
    if answer is not value:
        raise TypeError(f"a JSON object was expected, not {type(value).__name__}")
    return answer


def required_list(value: object) -> Sequence[Any]:
    """Take a JSON value for an array; for `json_of`.

    Args:
        value: Any JSON value.

    Returns:
        The array.

    Raises:
        TypeError: It is none.
    """
    answer = as_list(value)
    if answer is not value:
        raise TypeError(f"a JSON array was expected, not {type(value).__name__}")
    return answer


def required_text(value: object) -> str:
    """Take a JSON value for a text; for `json_of`.

    Args:
        value: Any JSON value.

    Returns:
        The text.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, not {type(value).__name__}")
    return value


def required_texts(value: object) -> list[str]:
    """Take a JSON value for an array of texts; for `json_of`.

    Args:
        value: Any JSON value.

    Returns:
        The texts.

    Raises:
        TypeError: It is none.
    """
    return [required_text(entry) for entry in required_list(value)]


def route_of(response: httpx.Response) -> str:
    """Name the route of an answer, for messages.

    Args:
        response: The answer.

    Returns:
        Method and path, without query.
    """
    return f"{response.request.method} {response.request.url.path}"


def unexpected(response: httpx.Response, detail: str = "") -> UnexpectedResponseError:
    """Make the error for an answer that is not what the route gives.

    Args:
        response: The answer, read.
        detail: What is wrong with it.

    Returns:
        The error, to be raised.
    """
    if response.is_redirect:
        location = without_credentials(str(response.headers.get("Location", "")))
        detail = f"a redirect to {location!r}, which is not followed; use that address"
    elif response.status_code == 500 and "/userdata" in response.request.url.path:
        detail = detail or "servers for several users fail so on a user whom they do not know: check user="
    return UnexpectedResponseError(response.status_code, route_of(response), _shown_body(response), detail)


def _shown_body(response: httpx.Response) -> str:
    text = response.content[:_BODY_SHOWN].decode("utf-8", "replace")
    # Some servers' error pages repeat the request.
    for secret in _secrets_of(response.request):
        text = text.replace(secret, "(secret)")
    return text


def _secrets_of(request: httpx.Request) -> Sequence[str]:
    sent = [value for name, value in request.headers.items() if name not in _HARMLESS_HEADERS]
    for pair in request.url.query.decode().split("&"):
        name, _, value = pair.partition("=")
        if name not in _OWN_PARAMETERS:
            sent += [value, unquote_plus(value)]
    parts = [part for value in sent for part in (value, *_SEPARATORS.split(value))]
    return sorted({part for part in parts if len(part) >= _SHORTEST_SECRET}, key=len, reverse=True)


def json_of(response: httpx.Response, check: Callable[[object], T]) -> T:
    """Read the JSON of an answer.

    Args:
        response: The answer, read.
        check: Makes the result of the JSON, and raises `ValueError`, `TypeError` or `KeyError` if it is not of the
            right shape.

    Returns:
        What `check` made.

    Raises:
        UnexpectedResponseError: It is no JSON, or not of the right shape.
    """
    try:
        value: object = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise unexpected(response, f"no JSON: {error}") from error
    try:
        return check(value)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise unexpected(response, f"not what the route gives: {type(error).__name__} {error}") from error
