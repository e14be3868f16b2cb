"""The place where files lie that submitters and workers share: a directory, or any URL that fsspec knows.

Files never travel through the broker. A file appears under its name only when it is whole. Everything here blocks;
callers put it into threads.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, Final

from attrs import frozen

from comfy_facade.saving import written_whole
from comfy_fleet.errors import StoreFailedError

StoreLocation = str | os.PathLike[str]
"""A directory, or a URL of fsspec's."""

# Bytes that are read at a time; over a network each reading is a request.
_PIECE: Final = 8 * 2**20


@frozen
class StoredFile:
    """A file in the store.

    Attributes:
        path: Below the store, with `/` between its parts.
        size: In bytes.
        sha256: The hash of its bytes, in hexadecimal.
    """

    path: str
    size: int
    sha256: str


class Store:
    """Files below one directory or URL.

    Args:
        location: Where; credentials in a URL stay in this object.

    Raises:
        StoreFailedError: fsspec does not know such URLs, or lacks the package for them.
    """

    def __init__(self, location: StoreLocation) -> None:
        text = os.fspath(location)
        self._directory: Path | None = None
        self._files: Any = None
        self._root = ""
        if "://" not in text:
            self._directory = Path(text)
            return
        try:
            core: Any = import_module("fsspec.core")
            self._files, self._root = core.url_to_fs(text)
        except (ImportError, ValueError) as error:
            raise StoreFailedError("", str(error)) from error
        if text.startswith(("file://", "local://")):
            self._directory = Path(self._root)

    def __repr__(self) -> str:
        return f"<Store {'directory' if self._directory is not None else type(self._files).__name__}>"

    def read(self, path: str) -> bytes:
        """Read a file.

        Args:
            path: Below the store.

        Returns:
            Its bytes.

        Raises:
            StoreFailedError: It cannot be read.
        """
        with _told(path):
            if self._directory is not None:
                return (self._directory / checked(path)).read_bytes()
            data: bytes = self._files.cat_file(self._url(path))
            return data

    def pieces(self, path: str) -> Generator[bytes]:
        """Read a file piece by piece, so that a large one needs little memory.

        Args:
            path: Below the store.

        Yields:
            Its bytes, in order.

        Raises:
            StoreFailedError: It cannot be read.
        """
        with _told(path):
            if self._directory is not None:
                with (self._directory / checked(path)).open("rb") as file:
                    while piece := file.read(_PIECE):
                        yield piece
                return
            url = self._url(path)
            size = int(self._files.info(url)["size"])
            # Whoever reads the same file at the same time does not share a position in it.
            for start in range(0, size, _PIECE):
                yield self._files.cat_file(url, start=start, end=min(start + _PIECE, size))

    def exists(self, path: str, size: int | None = None) -> bool:
        """Say whether a file is there.

        Args:
            path: Below the store.
            size: The size it must have, in bytes.

        Returns:
            Whether it is.

        Raises:
            StoreFailedError: That cannot be told.
        """
        with _told(path):
            try:
                if self._directory is not None:
                    found = (self._directory / checked(path)).stat().st_size
                else:
                    found = int(self._files.info(self._url(path))["size"])
            except FileNotFoundError:
                return False
        return size is None or found == size

    def write(self, path: str, data: bytes) -> StoredFile:
        """Write a file.

        Args:
            path: Below the store; a file that is there is replaced.
            data: Its bytes.

        Returns:
            The file.

        Raises:
            StoreFailedError: It cannot be written.
        """
        with _told(path):
            if self._directory is not None:
                with written_whole(self._directory / checked(path)) as file:
                    file.write(data)
            else:
                self._make_parent(path)
                self._files.pipe_file(self._url(path), data)
        return StoredFile(path, len(data), hashlib.sha256(data).hexdigest())

    def place(self, path: str) -> Path:
        """Give a local path that a file for the store can be written to; `keep` puts it there.

        Args:
            path: Below the store.

        Returns:
            The path; of the same file system where the store is a directory.
        """
        if self._directory is not None:
            target = self._directory / checked(path)
            return target.with_name(f".{secrets.token_hex(8)}{target.suffix or '.part'}")
        # With a suffix: what has none would be taken for a directory to write to.
        suffix = PurePosixPath(path).suffix or ".part"
        return Path(tempfile.mkdtemp(prefix="comfy-fleet-")) / f"whole{suffix}"

    def keep(self, local: Path, path: str) -> StoredFile:
        """Put a file that was written to a `place` into the store.

        Args:
            local: The place.
            path: Below the store.

        Returns:
            The file.

        Raises:
            StoreFailedError: It cannot be written.
        """
        with _told(path):
            with local.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
            if self._directory is not None:
                local.replace(self._directory / checked(path))
            else:
                self._make_parent(path)
                self._files.put_file(str(local), self._url(path))
        return StoredFile(path, size, sha256)

    def discard(self, local: Path) -> None:
        """Remove what is left of a `place`.

        Args:
            local: The place.
        """
        local.unlink(missing_ok=True)
        if self._directory is None:
            local.parent.rmdir()

    def _make_parent(self, path: str) -> None:
        self._files.makedirs(self._url(path).rpartition("/")[0], exist_ok=True)

    def _url(self, path: str) -> str:
        return f"{self._root.rstrip('/')}/{checked(path)}"


@contextmanager
def _told(path: str) -> Generator[None]:
    try:
        yield
    except StoreFailedError:
        raise
    except Exception as error:
        # What a file system of fsspec's raises depends on the package behind it.
        raise StoreFailedError(path, f"{type(error).__name__}: {error}") from error


def checked(path: str, flavour: type[PurePath] = PurePath) -> str:
    """Refuse a path that would leave the store.

    Args:
        path: Below the store; whoever can write results can write it.
        flavour: Whose paths they are: this system's, where backslashes and drives count only on Windows.

    Returns:
        The path as it is.

    Raises:
        StoreFailedError: It would lead out of the store.
    """
    read = flavour(path)
    if read.anchor or ".." in read.parts:
        raise StoreFailedError(path, "it would leave the store")
    return path
