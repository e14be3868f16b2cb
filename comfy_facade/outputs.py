"""What nodes returned, taken apart: which files, which texts.

Pure. Nodes return whatever they like under names of their own, so everything here looks at the shape of a value and
never fails on one it does not know.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from attrs import evolve, frozen

from comfy_facade.file_kinds import IMAGE_SUFFIXES, FileKind, kind_of_file
from comfy_facade.raw_json import as_list, as_object

RawOutputs = Mapping[str, Mapping[str, Any]]
"""What each node returned, by node id, as the server sends it."""

_TEXT_NAMES: Final = frozenset({"text", "texts", "string", "strings"})


@frozen
class FileReference:
    """A file on the server.

    Attributes:
        filename: Its name.
        subfolder: The folder below the root, or `""`.
        type: The root: `"output"`, `"temp"` or `"input"`.
        node_id: The node that returned it, or `""`.
        output_name: The name under which the node returned it (`"images"`, `"audio"` ...), or `""`.
        node_title: The node's title in the workflow, or its class, or `""`.
        is_animated: Whether the node says that it is an image that moves.
    """

    filename: str
    subfolder: str = ""
    type: str = "output"
    node_id: str = ""
    output_name: str = ""
    node_title: str = ""
    is_animated: bool = False

    @property
    def is_image(self) -> bool:
        """Whether it is an image, by its suffix or else by the name it was returned under."""
        suffix = PurePosixPath(self.filename).suffix.lower()
        if suffix in IMAGE_SUFFIXES:
            return True
        guessed, _ = mimetypes.guess_type(self.filename)
        return guessed is None and self.output_name == "images"

    @property
    def kind(self) -> FileKind:
        """What kind of file it is, by its suffix or else by the name it was returned under."""
        return kind_of_file(self.filename, self.output_name, is_animated=self.is_animated)

    @property
    def is_temporary(self) -> bool:
        """Whether it is in the directory `temp`, which the server empties when it starts."""
        return self.type == "temp"


def in_node_order(outputs: RawOutputs, prompt: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Bring outputs into the order of the prompt's nodes.

    Args:
        outputs: What each node returned.
        prompt: The prompt; nodes that are not in it (they were expanded on the server) come last.

    Returns:
        The same outputs, ordered.
    """
    ordered = {node_id: outputs[node_id] for node_id in prompt if node_id in outputs}
    return ordered | {node_id: output for node_id, output in outputs.items() if node_id not in ordered}


def files_of(outputs: RawOutputs, prompt: Mapping[str, Any] | None = None) -> Iterator[FileReference]:
    """Find the files among what nodes returned.

    Args:
        outputs: What each node returned.
        prompt: The prompt, for the titles of its nodes.

    Yields:
        Each file once, in the order of the nodes.
    """
    seen: set[tuple[str, str, str]] = set()
    for node_id, output in outputs.items():
        title = _title(node_id, prompt)
        # Beside `images` and alike some nodes return `animated`, true or false for each, or once for all.
        moves = [flag is True for flag in as_list(output.get("animated"))]
        for output_name, value in output.items():
            for index, entry in enumerate(_entries(value)):
                reference = _reference(entry, node_id, output_name)
                if reference is None:
                    continue
                key = (reference.type, reference.subfolder, reference.filename)
                if key not in seen:
                    seen.add(key)
                    is_animated = bool(moves) and moves[min(index, len(moves) - 1)]
                    yield evolve(reference, node_title=title, is_animated=is_animated)


def texts_of(outputs: RawOutputs) -> Iterator[str]:
    """Find the texts among what nodes returned.

    Args:
        outputs: What each node returned.

    Yields:
        Each text, in the order of the nodes.
    """
    for output in outputs.values():
        for output_name, value in output.items():
            if output_name in _TEXT_NAMES:
                yield from (entry for entry in _entries(value) if isinstance(entry, str))


def _title(node_id: str, prompt: Mapping[str, Any] | None) -> str:
    # What a node expanded into carries the node's own id in front: "7.0.0.2" came from 7.
    known = prompt or {}
    node = as_object(known.get(node_id) or known.get(node_id.partition(".")[0]))
    return str(as_object(node.get("_meta")).get("title") or node.get("class_type") or "")


def _entries(value: object) -> Sequence[object]:
    return as_list(value) or (() if isinstance(value, (list, tuple)) else (value,))


def _reference(entry: object, node_id: str, output_name: str) -> FileReference | None:
    raw = as_object(entry)
    filename, subfolder, kind = raw.get("filename"), raw.get("subfolder", ""), raw.get("type", "output")
    if not isinstance(filename, str) or not filename:
        return None
    return FileReference(
        filename,
        subfolder if isinstance(subfolder, str) else "",
        kind if isinstance(kind, str) else "output",
        node_id,
        output_name,
    )
