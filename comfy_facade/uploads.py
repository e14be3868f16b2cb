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
from typing import IO, Any, Protocol, runtime_checkable

from attrs import frozen

from comfy_facade.outputs import FileReference


@runtime_checkable
class PillowImage(Protocol):
    """A picture of Pillow's, which need not be installed."""

    def save(self, fp: Any, format: str | None = None) -> None:  # noqa: A002 - Pillow's name
        """Write the encoded picture."""
        ...


UploadSource = str | os.PathLike[str] | bytes | IO[bytes] | PillowImage
"""A path, bytes, a binary file (sent from its beginning where it can be rewound), or a picture of Pillow's."""


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
    elif isinstance(data, bytes):
        with io.BytesIO(data) as file:
            yield _upload(file, filename)
    elif isinstance(data, PillowImage):
        with io.BytesIO() as file:
            data.save(file, format="PNG")
            file.seek(0)
            yield _upload(file, filename)
    else:
        yield _upload(data, filename)


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
