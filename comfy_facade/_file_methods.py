"""The client's methods for files on the server: read, download, link to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from comfy_facade._core import ClientCore
from comfy_facade._rest import view_arguments
from comfy_facade.outputs import FileReference, RawOutputs, files_of
from comfy_facade.results import OutputFile, StrPath
from comfy_facade.saving import target_path, written_whole


class FileMethods:
    """What a client does with files on the server."""

    _core: ClientCore

    async def download(self, file: FileReference | Mapping[str, Any], to: StrPath) -> Path:
        """Save a file of the server, streamed to disk (`GET /view`).

        Args:
            file: A file of a result, or any mapping with `filename` and perhaps `subfolder` and `type`.
            to: A directory, or the path of the file to write, see `OutputFile.save`.

        Returns:
            The path of the saved file; nothing is left under it if this fails.

        Raises:
            UnsafePathError: The file's name is no plain file name.
            UnexpectedResponseError: The server has no such file.
            ConnectionFailedError: The server could not be reached, or the connection broke.
        """
        return await save_file(self._core, reference_of(file), to)

    def view_url(self, file: FileReference | Mapping[str, Any]) -> str:
        """Give the address of a file on the server (`GET /view`).

        Args:
            file: A file of a result, or any mapping with `filename` and perhaps `subfolder` and `type`.

        Returns:
            The address; it holds no credentials.
        """
        return view_url(self._core, reference_of(file))


class _Access:
    """Lets an output file read itself, without a reference to the whole client."""

    def __init__(self, core: ClientCore) -> None:
        self._core = core

    async def read_file(self, file: FileReference) -> bytes:
        async with self._core.routes.view(file) as response:
            with self._core.transport.translated():
                return await response.aread()

    async def save_file(self, file: FileReference, to: StrPath) -> Path:
        return await save_file(self._core, file, to)


def reference_of(file: FileReference | Mapping[str, Any]) -> FileReference:
    """Take a file or a raw mapping of the server for a file.

    Args:
        file: Either.

    Returns:
        The file.

    Raises:
        ValueError: The mapping names no file.
    """
    if isinstance(file, FileReference):
        return file
    filename = file.get("filename") or file.get("name")
    if not isinstance(filename, str):
        raise ValueError("a file needs a filename")
    return FileReference(filename, str(file.get("subfolder") or ""), str(file.get("type") or "output"))


def view_url(core: ClientCore, file: FileReference) -> str:
    """Give the address of a file.

    Args:
        core: The client's parts.
        file: The file.

    Returns:
        The address.
    """
    arguments = view_arguments(file)
    return str(httpx.URL(core.settings.base_url + arguments["url"], params=arguments["params"]))


def output_files(core: ClientCore, outputs: RawOutputs) -> tuple[OutputFile, ...]:
    """Make the files of a result.

    Args:
        core: The client's parts.
        outputs: What each node returned, in order.

    Returns:
        The files, in order.
    """
    access = _Access(core)
    return tuple(
        OutputFile(
            filename=file.filename,
            subfolder=file.subfolder,
            type=file.type,
            node_id=file.node_id,
            output_name=file.output_name,
            url=view_url(core, file),
            access=access,
        )
        for file in files_of(outputs)
    )


async def save_file(core: ClientCore, file: FileReference, to: StrPath) -> Path:
    """Stream a file to disk.

    Args:
        core: The client's parts.
        file: The file.
        to: A directory or a path.

    Returns:
        The path of the saved file.
    """
    path = target_path(file.filename, to)
    async with core.routes.view(file) as response:
        with written_whole(path) as target, core.transport.translated():
            async for chunk in response.aiter_bytes():
                target.write(chunk)
    return path
