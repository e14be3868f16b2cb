"""Texts inside safetensors (latents too), GLB and SVG files.

Duty: the JSON header of safetensors, the `extras` of a GLB's asset, the `<metadata>` of an SVG.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.raw_json import as_object
from comfy_facade.workflow.embedded.reading import Reader, entries
from comfy_facade.workflow.json_text import LONGEST_TEXT, parse_json

_SVG_METADATA: Final = re.compile(rb"<metadata[^>]{0,200}>\s{0,200}<!\[CDATA\[")


def safetensors_texts(reader: Reader) -> Iterator[tuple[str, bytes]]:
    """Find the texts of a safetensors or latent file.

    Args:
        reader: The file.

    Yields:
        Name and text of each entry of its metadata.
    """
    reader.go(0)
    size = reader.number(8, little=True)
    if size > reader.left:
        raise InvalidWorkflowError(f"{reader.place}: its header claims {size:,} bytes, the file has {reader.left:,}")
    header = as_object(parse_json(reader.take(size), f"{reader.place}, header"))
    yield from entries(as_object(header.get("__metadata__")))


def glb_texts(reader: Reader) -> Iterator[tuple[str, bytes]]:
    """Find the texts of a GLB file.

    Args:
        reader: The file.

    Yields:
        Name and text of each extra of its asset.
    """
    reader.go(12)
    size, kind = reader.number(4, little=True), reader.take(4)
    if kind != b"JSON":
        return
    document = as_object(parse_json(reader.take(size).rstrip(b"\0 "), f"{reader.place}, JSON chunk"))
    for holder in (as_object(document.get("asset")), document):
        yield from entries(as_object(holder.get("extras")))


def svg_texts(reader: Reader) -> Iterator[tuple[str, bytes]]:
    """Find the texts of an SVG file.

    Args:
        reader: The file.

    Yields:
        Name and text of each entry of its metadata.
    """
    reader.go(0)
    data = reader.take(min(reader.left, LONGEST_TEXT))
    found = _SVG_METADATA.search(data)
    # What ends the first would end those after it too, so that none of these has to be tried.
    end = -1 if found is None else data.find(b"]]>", found.end())
    if found is not None and end >= 0:
        yield from entries(as_object(parse_json(data[found.end() : end], f"{reader.place}, metadata")))
