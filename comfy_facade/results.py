"""What a run gives back: files to read and save, texts, and everything raw beside them.

The values know how to ask for their bytes through the client that made them, and nothing else of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from attrs import field, fields, frozen

from comfy_facade.decoding import pillow_image, pixel_array
from comfy_facade.errors import ClientClosedError, ComfyUIError
from comfy_facade.notebook import Shown, file_html, image_type, result_html
from comfy_facade.outputs import FileReference, RawOutputs
from comfy_facade.raw_json import RawObject
from comfy_facade.streamed_image import StreamedImage

if TYPE_CHECKING:
    from PIL.Image import Image

    from comfy_facade.decoding import Pixels

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


class _ClientFile(FileReference):
    """Goes to other processes as data, without its client; within one it never changes, so that a copy is itself."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        names = (each.name for each in fields(type(self)))
        return type(self), tuple(getattr(self, name) for name in names if not name.startswith("_"))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self


@frozen
class OutputFile(_ClientFile):
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
            ClientClosedError: The client is closed, or the file was pickled or made by hand and has none.
            ConnectionFailedError: The server could not be reached.
        """
        return await _access_of(self._access).read_file(self)

    async def save(self, to: StrPath) -> Path:
        """Save the file (`GET /view`), streamed to disk.

        Args:
            to: A directory, or the path of the file to write. It is taken for a directory if it is one, or if it
                ends with a separator or has no suffix; then it is made as needed and the file keeps its name. A file
                of that name is replaced; files of different subfolders or servers can have the same.

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

    async def to_pil(self) -> Image:
        """Read the file and decode it as an image; needs Pillow.

        Returns:
            Pillow's image.

        Raises:
            ModuleNotFoundError: Pillow is not installed.
        """
        return pillow_image(await self.read())

    async def to_numpy(self) -> Pixels:
        """Read the file and decode it as an image; needs numpy and Pillow.

        Returns:
            Its pixels, of shape height, width, channels (1, 3 or 4), 8 bits each.

        Raises:
            ModuleNotFoundError: numpy or Pillow is not installed.
        """
        return pixel_array(await self.read())

    def _repr_html_(self) -> str:
        """Show it in a notebook, by its address: nothing can be awaited while it is shown."""
        return file_html(Shown(self, self.url))


@frozen
class SyncOutputFile(_ClientFile):
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

    def to_pil(self) -> Image:
        """Read the file and decode it as an image, see `OutputFile.to_pil`.

        Returns:
            Pillow's image.
        """
        return pillow_image(self.read())

    def to_numpy(self) -> Pixels:
        """Read the file and decode it as an image, see `OutputFile.to_numpy`.

        Returns:
            Its pixels.
        """
        return pixel_array(self.read())

    def _repr_png_(self) -> bytes | None:
        """Show it in a notebook, if it is a PNG that can be read."""
        data = self._image_data()
        return data if data is not None and image_type(data) == "image/png" else None

    def _repr_html_(self) -> str | None:
        """Show it in a notebook, whatever it is; a PNG shows itself."""
        return file_html(self.shown())

    def shown(self) -> Shown:
        """Read what a notebook shows of it: an image's bytes, of other files nothing.

        Returns:
            The file, with its bytes where they could be read.
        """
        return Shown(self, self.url, self._image_data())

    def _image_data(self) -> bytes | None:
        if self._reader is None or self.kind not in ("image", "animation"):
            return None
        try:
            return self._reader()
        except ComfyUIError:
            # Showing a result must not fail because the server is gone; its address is left.
            return None


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

    def _repr_html_(self) -> str:
        """Show it in a notebook: all images, players for video and sound, texts."""
        shown = [
            file.shown() if isinstance(file, SyncOutputFile) else Shown(file, getattr(file, "url", ""))
            for file in self.files
        ]
        return result_html(self.prompt_id, shown, self.streamed_images, self.texts)


A = TypeVar("A")


def _access_of(access: A | None) -> A:
    if access is None:
        raise ClientClosedError(
            "this file was pickled or made by hand and has no client", "use client.download(file, to)"
        )
    return access
