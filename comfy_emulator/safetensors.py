"""The header of safetensors files: writing tiny ones and reading the metadata of any. Tensors are never read."""

import json
import struct
from pathlib import Path
from typing import Final

from comfy_emulator.json_types import JsonObject, is_object

_LONGEST_HEADER: Final = 1 << 20


def write_tiny(path: Path, metadata: dict[str, str]) -> None:
    """Write a valid file with one small tensor.

    Args:
        path: Where to.
        metadata: What the file tells about itself.
    """
    header = {"__metadata__": metadata, "emulated": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(4))


def read_header(path: Path, longest: int = _LONGEST_HEADER) -> JsonObject | None:
    """Read the header of a file.

    Args:
        path: The file.
        longest: Headers of more bytes are not read.

    Returns:
        The header; None if the file does not begin with one.
    """
    with path.open("rb") as file:
        start = file.read(8)
        if len(start) < 8:
            return None
        (length,) = struct.unpack("<Q", start)
        if length > longest:
            return None
        text = file.read(length)
    try:
        header = json.loads(text)
    except ValueError:
        return None
    return header if is_object(header) else None


def read_metadata(path: Path) -> JsonObject | None:
    """Read what a file tells about itself, or None if it tells nothing."""
    header = read_header(path)
    metadata = None if header is None else header.get("__metadata__")
    return metadata if is_object(metadata) else None
