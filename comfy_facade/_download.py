"""A file of the server, streamed to disk, and resumed where the connection broke.

The bytes go to a partial file that takes its name when it is complete. It asks for the rest only of the very file
that it began with: where the server says that it changed, it begins again.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Final

import httpx

from comfy_facade import _rest
from comfy_facade._answers import require, route_of, unexpected
from comfy_facade._transport import Transport
from comfy_facade.errors import ConnectionFailedError, UnexpectedResponseError
from comfy_facade.outputs import FileReference
from comfy_facade.saving import written_whole

# Attempts in a row that bring not one byte more than any before.
_FRUITLESS_ATTEMPTS: Final = 5
_FIRST_PAUSE: Final = 0.1
_CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)


async def read_file(transport: Transport, file: FileReference) -> bytes:
    """Read a whole file (`GET /view`).

    Args:
        transport: Sends the requests.
        file: The file.

    Returns:
        Its bytes.
    """
    async with _view(transport, file, {}) as response:
        with transport.translated():
            return await response.aread()


async def save_file(transport: Transport, file: FileReference, path: Path) -> None:
    """Stream a file to disk (`GET /view`, with `Range` after a break).

    Args:
        transport: Sends the requests.
        file: The file.
        path: Where to; nothing is left under it unless the file is complete.

    Raises:
        ConnectionFailedError: The connection broke again and again without one more byte.
        UnexpectedResponseError: The server sends other parts of the file than it is asked for.
    """
    with written_whole(path) as target:
        await _Download(transport, file, target).run()


class _Download:
    def __init__(self, transport: Transport, file: FileReference, target: BinaryIO) -> None:
        self._transport: Final = transport
        self._file: Final = file
        self._target: Final = target
        self._validator: str | None = None
        self._size: int | None = None

    async def run(self) -> None:
        fruitless = furthest = 0
        while True:
            try:
                await self._attempt()
                return
            except (ConnectionFailedError, _UnfitPartError) as error:
                reached = self._target.tell()
                # Not how far the attempt before came: where each begins anew, they could take turns for ever.
                fruitless = 0 if reached > furthest else fruitless + 1
                furthest = max(furthest, reached)
                if fruitless >= _FRUITLESS_ATTEMPTS:
                    raise (error.reason if isinstance(error, _UnfitPartError) else error) from error.__cause__
                await asyncio.sleep(_FIRST_PAUSE * 2**fruitless)

    async def _attempt(self) -> None:
        headers = {"Accept-Encoding": "identity"}
        offset = self._target.tell()
        if offset and self._validator is not None:
            headers |= {"Range": f"bytes={offset}-", "If-Range": self._validator}
        async with _view(self._transport, self._file, headers) as response:
            # A proxy may encode it all the same; then places in the file are not places in what is sent.
            is_plain = response.headers.get("Content-Encoding", "identity") == "identity"
            if response.status_code == 206:
                self._check_part(response, offset if "Range" in headers else 0)
            if "Range" not in headers or response.status_code == 200:
                self._target.seek(0)
                self._target.truncate()
                self._size = _number(response.headers.get("Content-Length")) if is_plain else None
            validator = response.headers.get("ETag") or response.headers.get("Last-Modified")
            self._validator = validator if is_plain else None
            with self._transport.translated():
                async for chunk in response.aiter_bytes():
                    self._target.write(chunk)

    def _check_part(self, response: httpx.Response, offset: int) -> None:
        """Refuse a part that is not the rest of this very file, and ask for no more parts."""
        headers = response.headers
        if offset == 0 and "Content-Range" not in headers:
            return
        part = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
        start, size = (int(part[1]), int(part[2]) + 1) if part else (-1, -1)
        said = {self._size if offset else None, _number(part[3]) if part else None}
        length = _number(headers.get("Content-Length"))
        if start == offset < size and said <= {None, size} and length in {None, size - start}:
            return
        self._validator = None
        detail = "a part of the file that was not asked for"
        reason = UnexpectedResponseError(response.status_code, route_of(response), "", detail)
        raise _UnfitPartError(reason) if offset else reason


class _UnfitPartError(Exception):
    def __init__(self, reason: UnexpectedResponseError) -> None:
        super().__init__(str(reason))
        self.reason: Final = reason


@asynccontextmanager
async def _view(transport: Transport, file: FileReference, headers: dict[str, str]) -> AsyncGenerator[httpx.Response]:
    arguments = _rest.view_file(file)
    arguments["headers"] = {**arguments.get("headers", {}), **headers}
    async with transport.stream(arguments) as response:
        # ComfyUI never serves a page here, whatever the file is: this is somebody's login.
        is_page = str(response.headers.get("Content-Type", "")).startswith("text/html")
        if response.status_code not in (200, 206) or is_page:
            with transport.translated():
                await response.aread()
            require(response, 200, 206)
            raise unexpected(response, "a page instead of the file")
        yield response


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
