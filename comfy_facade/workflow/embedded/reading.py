"""Bounded reading from a file that may lie about its sizes.

Duty: hand out bytes, never more than asked for or allowed, turn a short read into a clear error, and know which texts
are still looked for and what was wrong on the way.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, Final

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.workflow.json_text import LONGEST_TEXT

MOST_PARTS: Final = 20_000
"""The most parts of a container that are looked at."""
_NAMES: Final = ("prompt", "workflow")


class Reader:
    """Reads a file piece by piece.

    Args:
        file: A seekable file.
        place: What to call it in error messages.
        end: Where to stop, in bytes from the start; by default where the file ends.
    """

    def __init__(self, file: BinaryIO, place: str, end: int | None = None) -> None:
        self._file = file
        self.place = place
        self.end = file.seek(0, 2) if end is None else end
        self._parts = 0
        self._wanted = set(_NAMES)
        self._fault: InvalidWorkflowError | None = None
        file.seek(0)

    @property
    def is_done(self) -> bool:
        """Whether all texts that are looked for were found."""
        return not self._wanted

    def wants(self, name: str) -> bool:
        """Tell whether a text of this name is still looked for.

        Args:
            name: The name, as the file spells it.

        Returns:
            Whether it is.
        """
        return folded(name) in self._wanted

    def found(self, name: str) -> None:
        """Look no more for texts of this name.

        Args:
            name: The name, as the file spells it.
        """
        self._wanted.discard(folded(name))

    @contextmanager
    def passing_over_faults(self) -> Generator[None]:
        """Go on behind a broken part, but remember what was wrong with the first."""
        try:
            yield
        except InvalidWorkflowError as error:
            self._fault = self._fault or error

    def raise_fault(self) -> None:
        """Say what was wrong, if anything was passed over.

        Raises:
            InvalidWorkflowError: A part was broken.
        """
        if self._fault is not None:
            raise self._fault

    @property
    def position(self) -> int:
        """Where the next read starts, in bytes from the start."""
        return self._file.tell()

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return self.end - self.position

    def go(self, position: int) -> None:
        """Go to a place; places beyond the end are the end.

        Args:
            position: The place, in bytes from the start.
        """
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise InvalidWorkflowError(f"{self.place}: it has more than {MOST_PARTS:,} parts")
        self._file.seek(min(max(position, 0), self.end))

    def take(self, size: int) -> bytes:
        """Read exactly so many bytes.

        Args:
            size: How many.

        Returns:
            The bytes.

        Raises:
            InvalidWorkflowError: There are not that many, or it is more than any workflow has.
        """
        at = self.position
        if size > LONGEST_TEXT:
            raise InvalidWorkflowError(
                f"{self.place}: a part at byte {at} claims {size:,} bytes of text, more than {LONGEST_TEXT:,}"
            )
        data = self._file.read(max(0, min(size, self.end - at)))
        if len(data) < size:
            raise InvalidWorkflowError(f"{self.place}: it ends at byte {at + len(data)}, in the middle of a part")
        return data

    def number(self, size: int, *, little: bool = False) -> int:
        """Read an unsigned number.

        Args:
            size: How many bytes it has.
            little: Whether its lowest byte comes first.

        Returns:
            The number.
        """
        return int.from_bytes(self.take(size), "little" if little else "big")


def folded(name: str) -> str:
    """Bring the name of a text into the one form in which names are compared.

    Args:
        name: The name, as a file spells it.

    Returns:
        The name in small letters, without space around it.
    """
    return name.strip().lower()


def entries(values: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Take the values of a JSON object for texts.

    Args:
        values: The object; its values are texts, or what such texts would say.

    Yields:
        Name and text of each.
    """
    for name, value in values.items():
        yield name, (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "replace")


def inflate(data: bytes, place: str) -> bytes:
    """Decompress a zlib stream within bounds.

    Args:
        data: The stream.
        place: What to call it in error messages.

    Returns:
        The bytes.

    Raises:
        InvalidWorkflowError: It is broken, or far larger inside than any workflow.
    """
    stream = zlib.decompressobj()
    try:
        text = stream.decompress(data, LONGEST_TEXT)
    except zlib.error as error:
        raise InvalidWorkflowError(f"{place}: its compressed text is broken: {error}") from error
    if stream.unconsumed_tail:
        raise InvalidWorkflowError(f"{place}: its text unpacks to more than {LONGEST_TEXT:,} bytes")
    return text
