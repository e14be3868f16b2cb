"""The client's methods for files on the server: upload, read, download, link to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import httpx

from comfy_facade import _download, _rest
from comfy_facade._answers import json_of, required_object, required_text, route_of
from comfy_facade._core import ClientCore
from comfy_facade.errors import UploadTooLargeError
from comfy_facade.outputs import FileReference, RawOutputs, files_of
from comfy_facade.raw_json import as_number
from comfy_facade.results import OutputFile, StrPath
from comfy_facade.saving import target_path
from comfy_facade.uploads import Upload, UploadedFile, UploadSource, opened

Directory = Literal["input", "temp", "output"]
"""Where the server keeps a file."""


class FileMethods:
    """What a client does with files on the server."""

    _core: ClientCore
    _max_upload_size: int | None = None

    async def upload_image(
        self,
        data: UploadSource,
        filename: str | None = None,
        *,
        subfolder: str = "",
        type: Directory = "input",  # noqa: A002 - the server's name
        overwrite: bool = False,
    ) -> UploadedFile:
        """Upload an image, or any other file that a node reads (`POST /upload/image`).

        Files are streamed from disk. Where the server tells its `max_upload_size`, it is checked first.

        Args:
            data: A path, bytes, a binary file, or a picture of Pillow's (sent as PNG).
            filename: Its name on the server; a path's own by default. Where a file with other content has it and
                `overwrite` is false, the server chooses another.
            subfolder: A folder below the directory, made as needed.
            type: The directory.
            overwrite: Whether to replace a file of that name.

        Returns:
            The file on the server; its `name_for_input` is what `LoadImage` takes.

        Raises:
            UploadTooLargeError: The server takes no file of that size.
            UnexpectedResponseError: The server refused it.
            ValueError: It needs a file name.
        """
        fields = _upload_fields(subfolder, type, overwrite=overwrite)
        with opened(data, filename) as upload:
            arguments = _rest.upload_image(upload.file, upload.filename, upload.mime_type, fields)
            return await self._upload(upload, arguments)

    async def upload_mask(
        self,
        data: UploadSource,
        filename: str | None = None,
        *,
        original: FileReference | Mapping[str, Any],
        subfolder: str = "",
        type: Directory = "input",  # noqa: A002 - the server's name
        overwrite: bool = False,
    ) -> UploadedFile:
        """Upload a mask, which the server puts into the alpha channel of an image it has (`POST /upload/mask`).

        Args:
            data: The mask, an image with an alpha channel: a path, bytes, a binary file, or a picture of Pillow's.
            filename: The name of the new file; a path's own by default.
            original: The image on the server.
            subfolder: A folder below the directory, made as needed.
            type: The directory of the new file.
            overwrite: Whether to replace a file of that name.

        Returns:
            The new file on the server. It is not written if `original` does not exist, of which the server says
            nothing.

        Raises:
            UploadTooLargeError: The server takes no file of that size.
            UnexpectedResponseError: The server refused it.
            ValueError: It needs a file name.
        """
        reference = reference_of(original)
        described = {"filename": reference.filename, "subfolder": reference.subfolder, "type": reference.type}
        fields = _upload_fields(subfolder, type, overwrite=overwrite)
        with opened(data, filename) as upload:
            arguments = _rest.upload_mask(upload.file, upload.filename, upload.mime_type, json.dumps(described), fields)
            return await self._upload(upload, arguments)

    async def _upload(self, upload: Upload, arguments: dict[str, Any]) -> UploadedFile:
        limit = await self._upload_limit()
        route = f"POST {arguments['url']}"
        if limit is not None and upload.size is not None and upload.size > limit:
            raise UploadTooLargeError(upload.size, limit, route)
        response = await self._core.transport.send(arguments, 200, 413)
        if response.status_code == 413:
            raise UploadTooLargeError(upload.size or 0, limit, route_of(response))
        return json_of(response, _uploaded_file)

    async def _upload_limit(self) -> int | None:
        if self._max_upload_size is None:
            self._max_upload_size = await self._core.transport.json(_rest.get_features(), _upload_limit)
        return self._max_upload_size or None

    async def download(self, file: FileReference | Mapping[str, Any], to: StrPath) -> Path:
        """Save a file of the server, streamed to disk (`GET /view`) and resumed where the connection breaks.

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
        return await _download.read_file(self._core.transport, file)

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
    arguments = _rest.view_file(file)
    return str(httpx.URL(core.settings.base_url + arguments["url"], params=arguments["params"]))


def output_files(
    core: ClientCore, outputs: RawOutputs, prompt: Mapping[str, Any] | None = None
) -> tuple[OutputFile, ...]:
    """Make the files of a result.

    Args:
        core: The client's parts.
        outputs: What each node returned, in order.
        prompt: The prompt, for the titles of its nodes.

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
            node_title=file.node_title,
            is_animated=file.is_animated,
            url=view_url(core, file),
            access=access,
        )
        for file in files_of(outputs, prompt)
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
    await _download.save_file(core.transport, file, path)
    return path


def _upload_fields(subfolder: str, directory: str, *, overwrite: bool) -> dict[str, str]:
    # The server takes any other text than these for no, and an absent field too.
    replace = {"overwrite": "true"} if overwrite else {}
    return {"type": directory, "subfolder": subfolder, **replace}


def _upload_limit(value: object) -> int:
    # 0 stands for a server that does not tell.
    return int(as_number(required_object(value).get("max_upload_size")) or 0)


def _uploaded_file(value: object) -> UploadedFile:
    answer = required_object(value)
    return UploadedFile(
        required_text(answer["name"]), str(answer.get("subfolder") or ""), str(answer.get("type") or "input")
    )
