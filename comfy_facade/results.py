"""What a run gives back: files to read and save, texts, and everything raw beside them.

The values know how to ask for their bytes through the client that made them, and nothing else of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from attrs import field, frozen

from comfy_facade._run_state import StreamedImage
from comfy_facade.outputs import FileReference, RawOutputs
from comfy_facade.raw_json import RawObject

StrPath = str | PathLike[str]
"""A path of the local file system."""


class FileAccess(Protocol):
    """How an output file gets at its bytes."""

    async def read_file(self, file: FileReference) -> bytes:
        """Read the whole file."""
        ...

    async def save_file(self, file: FileReference, to: StrPath) -> Path:
        """Save the file, see `OutputFile.save`."""
        ...


@frozen
class OutputFile(FileReference):
    """A file that a run made, on the server.

    Attributes:
        url: Where it can be read; it holds no credentials.
    """

    url: str = ""
    _access: FileAccess | None = field(default=None, alias="access", repr=False, eq=False)

    async def read(self) -> bytes:
        """Read the whole file (`GET /view`).

        Returns:
            Its bytes.

        Raises:
            UnexpectedResponseError: The server no longer has it.
            ConnectionFailedError: The server could not be reached.
        """
        return await _access_of(self._access).read_file(self)

    async def save(self, to: StrPath) -> Path:
        """Save the file (`GET /view`), streamed to disk.

        Args:
            to: A directory, or the path of the file to write. It is taken for a directory if it is one, or if it
                ends with a separator or has no suffix; then it is made as needed and the file keeps its name.

        Returns:
            The path of the saved file; nothing is left under it if saving fails.

        Raises:
            UnsafePathError: The server gave a name that is no plain file name.
            UnexpectedResponseError: The server no longer has the file.
            ConnectionFailedError: The server could not be reached.

        Example:
            ```python
            for image in result.images:
                print(await image.save("pictures/"))
            ```
        """
        return await _access_of(self._access).save_file(self, to)


@frozen
class SyncOutputFile(FileReference):
    """A file that a run made, as the synchronous client gives it: the same without `await`.

    Attributes:
        url: Where it can be read; it holds no credentials.
    """

    url: str = ""
    _reader: Callable[[], bytes] | None = field(default=None, alias="reader", repr=False, eq=False)
    _saver: Callable[[StrPath], Path] | None = field(default=None, alias="saver", repr=False, eq=False)

    def read(self) -> bytes:
        """Read the whole file, see `OutputFile.read`.

        Returns:
            Its bytes.
        """
        return _access_of(self._reader)()

    def save(self, to: StrPath) -> Path:
        """Save the file, see `OutputFile.save`.

        Args:
            to: A directory, or the path of the file to write.

        Returns:
            The path of the saved file.
        """
        return _access_of(self._saver)(to)


FileT = TypeVar("FileT", bound=FileReference, covariant=True)


@frozen
class Timings:
    """How long a run took.

    Attributes:
        started_at: The server's clock when it started, in milliseconds since 1970, or `None` if unknown.
        ended_at: The server's clock when it ended, in milliseconds since 1970, or `None` if unknown.
        total: Seconds from the call to the result, on this machine's clock; `None` for results fetched later.
    """

    started_at: float | None
    ended_at: float | None
    total: float | None

    @property
    def execution(self) -> float | None:
        """Seconds the server spent on it, or `None` if unknown."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at) / 1000


@frozen
class PromptResult(Generic[FileT]):
    """What a run gave.

    Attributes:
        prompt_id: The prompt.
        images: Every image file, in the order of the prompt's nodes.
        files: Every file of any kind, images among them, in the same order.
        texts: Every text that nodes showed, in the same order.
        outputs: What each node returned, raw, by node id.
        streamed_images: Images that output nodes sent over the socket, as `bytes` with `node_id` and `mime_type`.
        seeds: The seeds that were set for this run, by node id and input name.
        prompt: What ran, seeds included.
        node_errors: Errors by node id: branches that the server dropped while it ran the rest.
        cached_nodes: The nodes whose results the server still had.
        timings: How long it took.
        events_complete: Whether every event of the run was heard. If not (the socket broke meanwhile, or there was
            none), files, texts and outputs are whole all the same, for the server keeps them; but images sent over
            the socket are kept nowhere, and `streamed_images` may lack some.
    """

    prompt_id: str
    images: Sequence[FileT]
    files: Sequence[FileT] = field(repr=lambda files: f"<{len(files)} files>")
    texts: Sequence[str]
    outputs: RawOutputs = field(repr=False)
    streamed_images: Sequence[StreamedImage] = field(repr=lambda images: f"<{len(images)} images>")
    seeds: Mapping[tuple[str, str], int]
    prompt: RawObject = field(repr=False)
    node_errors: RawObject
    cached_nodes: frozenset[str]
    timings: Timings
    events_complete: bool = False


A = TypeVar("A")


def _access_of(access: A | None) -> A:
    if access is None:
        raise RuntimeError("this file was made by hand and belongs to no client: use client.download")
    return access
