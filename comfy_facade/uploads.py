"""What can be uploaded, brought into one form: a binary file with a name and a type.

It reads local files and sends nothing.
"""

from __future__ import annotations

import io
import mimetypes
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, Protocol, runtime_checkable

from attrs import frozen

from comfy_facade.outputs import FileReference


@runtime_checkable
class PillowImage(Protocol):
    """A picture of Pillow's, which need not be installed."""

    def save(self, fp: Any, format: str | None = None) -> None:  # noqa: A002 - Pillow's name
        """Write the encoded picture."""
        ...


_PNG_MODES: Final = frozenset({"1", "L", "LA", "I;16", "P", "RGB", "RGBA"})

UploadSource = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | PillowImage
"""A path, bytes, a binary file (sent from its beginning where it can be rewound), or a picture of Pillow's.

A picture is sent as PNG; one of a mode that PNG does not hold, such as CMYK, as RGB, or as RGBA if it is transparent.
"""


@frozen
class Upload:
    """A file ready to be sent.

    Attributes:
        file: Where its bytes are read from.
        filename: Its name on the server.
        mime_type: Its type.
        size: Its size in bytes, or `None` for a stream that cannot tell.
    """

    file: IO[bytes]
    filename: str
    mime_type: str
    size: int | None


@frozen
class UploadedFile(FileReference):
    """A file that the server took.

    Attributes:
        filename: Its name, which may differ from the one that was asked for.
        subfolder: The folder below the root, or `""`.
        type: The root: `"input"`, `"temp"` or `"output"`.
    """

    @property
    def name_for_input(self) -> str:
        """How a node's input names it, `LoadImage`'s `image` say."""
        path = f"{self.subfolder}/{self.filename}" if self.subfolder else self.filename
        return path if self.type == "input" else f"{path} [{self.type}]"


@contextmanager
def opened(data: UploadSource, filename: str | None) -> Generator[Upload]:
    """Open what is to be uploaded; it is closed again if it was opened here.

    Args:
        data: What to upload.
        filename: Its name on the server; `None` for a path's own.

    Yields:
        The file.

    Raises:
        ValueError: It needs a name.
        FileNotFoundError: There is no such local file.
    """
    if isinstance(data, (str, os.PathLike)):
        path = Path(data)
        with path.open("rb") as file:
            yield _upload(file, filename or path.name)
    elif isinstance(data, (bytes, bytearray, memoryview)):
        with io.BytesIO(bytes(data)) as file:
            yield _upload(file, filename)
    elif isinstance(data, PillowImage):
        with io.BytesIO() as file:
            _as_png_holds_it(data).save(file, format="PNG")
            file.seek(0)
            yield _upload(file, filename)
    else:
        yield _upload(data, filename)


def _as_png_holds_it(picture: Any) -> Any:
    mode = getattr(picture, "mode", "RGB")
    if mode in _PNG_MODES:
        return picture
    if mode.startswith("I"):
        return picture.convert("I;16")
    # Greys with multiplied transparency can be converted to nothing else.
    is_transparent = mode in {"PA", "RGBa"} or "transparency" in picture.info
    converted = picture.convert("LA" if mode == "La" else "RGBA" if is_transparent else "RGB")
    # It tells what the colours before meant.
    converted.info.pop("icc_profile", None)
    return converted


def _upload(file: IO[bytes], filename: str | None) -> Upload:
    if not filename:
        raise ValueError("a file name is needed to upload anything but a path: pass filename=")
    size: int | None = None
    if file.seekable():
        position = file.tell()
        size = file.seek(0, io.SEEK_END)
        file.seek(position)
    guessed, _ = mimetypes.guess_type(filename)
    return Upload(file, filename, guessed or "application/octet-stream", size)
