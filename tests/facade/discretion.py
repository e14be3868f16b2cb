"""Secrets of every kind that a client can hold, and a search for them in all that it shows."""

from __future__ import annotations

import asyncio
import base64
import logging
import traceback
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from typing import Any

import httpx
import pytest

from comfy_facade import AsyncComfyUIApiClient, ComfyUIError
from comfy_ws import StreamError
from tests import prompts

LOGGERS = ("comfy_facade", "comfy_ws", "websockets", "httpx", "httpcore", "asyncio")
SECRETS = {
    "header": "hidden-header-1f",
    "cookie": "hidden-cookie-2e",
    "token": "hidden-token-3d",
    "password": "hidden-password-4c",
    "query": "hidden-query-5b",
    "proxy": "hidden-proxy-6a",
    "set-cookie": "hidden-answer-79",
    "location": "hidden-location-88",
    "client id": "hidden-client-id-97",
}
BASIC = base64.b64encode(f"user:{SECRETS['password']}".encode()).decode()
FORBIDDEN = [*SECRETS.values(), BASIC, base64.b64encode(f"user:{SECRETS['proxy']}".encode()).decode()]


def assert_discreet(text: str, where: str) -> None:
    for secret in FORBIDDEN:
        if secret in text:
            position = text.index(secret)
            pytest.fail(f"{where} shows {secret}: ...{text[max(0, position - 200) : position + 50]}...")


class Everything(logging.Handler):
    """Keeps every record as any handler could write it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []
        self.names: set[str] = set()
        self._formatter = logging.Formatter("%(name)s %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        self.names.add(record.name.partition(".")[0])
        self.texts.append(self._formatter.format(record))
        self.texts.append(repr(record.args))
        self.texts.append(repr(record.msg))


def chain_of(error: BaseException) -> Iterator[BaseException]:
    pending: list[BaseException | None] = [error]
    while pending:
        found = pending.pop()
        if found is None:
            continue
        yield found
        pending.append(found.__cause__)
        if not found.__suppress_context__:
            pending.append(found.__context__)


def assert_error_is_discreet(error: BaseException) -> None:
    assert_discreet("".join(traceback.format_exception(error)), "the traceback")
    for found in chain_of(error):
        assert_discreet(str(found) + repr(found), f"a {type(found).__name__}")
        if isinstance(found, (ComfyUIError, StreamError)):
            for name, value in vars(found).items():
                assert_discreet(f"{value!r} {value}", f"{type(found).__name__}.{name}")


def reprs_below(owner: object, depth: int = 6) -> Iterator[tuple[str, str]]:
    """The reprs of an object and of all that the SDK's own objects below it hold."""
    seen: set[int] = set()
    pending: list[tuple[str, object, int]] = [(type(owner).__name__, owner, depth)]
    while pending:
        path, value, left = pending.pop()
        if id(value) in seen or not type(value).__module__.startswith(("comfy_", "tests")):
            continue
        seen.add(id(value))
        yield path, f"{value!r} {value}"
        if left:
            held = dict(getattr(value, "__dict__", {}))
            held |= {name: getattr(value, name, None) for name in getattr(type(value), "__slots__", ())}
            pending += [(f"{path}.{name}", part, left - 1) for name, part in held.items()]


class EveryKind(httpx.Auth):
    """Puts a token into a header and another secret into the query."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        request.headers["Authorization"] = f"Bearer {SECRETS['token']}"
        request.url = request.url.copy_merge_params({"key": SECRETS["query"]})
        yield request


def options_of(url: str, way: str) -> dict[str, Any]:
    """Credentials of every kind, as far as they go together."""
    headers = {"X-Api-Key": SECRETS["header"], "Cookie": f"session={SECRETS['cookie']}"}
    common: dict[str, Any] = {
        "url": url,
        "headers": headers,
        "client_id": SECRETS["client id"],
        "timeout": 0.2,
        "outage_timeout": 0.1,
    }
    with_user = url.replace("//", f"//user:{SECRETS['password']}@") + f"?key={SECRETS['query']}"
    return {
        "token": {**common, "auth": SECRETS["token"]},
        "basic": {**common, "auth": ("user", SECRETS["password"])},
        "digest": {**common, "auth": httpx.DigestAuth("user", SECRETS["password"])},
        "address": {**common, "url": with_user},
        "query": {**common, "auth": EveryKind()},
    }[way]


WAYS = ["token", "basic", "digest", "address", "query"]


async def try_everything(client: AsyncComfyUIApiClient) -> list[ComfyUIError]:
    """Do something of every kind, and give the errors that came of it."""
    calls: list[Callable[[], Awaitable[Any]]] = [
        client.init,
        lambda: client.events().open(),
        client.get_queue,
        lambda: client.run_prompt(prompts.one_image(), timeout=0.5),
        lambda: client.get_user_data("a.txt"),
        client.free,
    ]
    errors: list[ComfyUIError] = []
    for call in calls:
        try:
            await call()
        except ComfyUIError as error:
            errors.append(error)
    return errors


async def assert_all_is_discreet(options: Mapping[str, Any], log: Everything) -> None:
    async with asyncio.timeout(20):
        client = AsyncComfyUIApiClient(**options)
        try:
            errors = await try_everything(client)
            for path, text in reprs_below(client):
                assert_discreet(text, path)
            assert_discreet(repr(client.rest), "the bindings")
            with_rest = client.rest.get_async_httpx_client()
            try:
                await with_rest.get("/api/queue", params={"key": SECRETS["query"]})
            except httpx.HTTPError as failure:
                assert_discreet(str(failure), "an error of httpx")
        finally:
            await client.close()
    assert errors
    for error in errors:
        assert_error_is_discreet(error)
    assert {"httpcore", "httpx"} & log.names, "the log is at its most talkative"
    for text in log.texts:
        assert_discreet(text, "the log")
