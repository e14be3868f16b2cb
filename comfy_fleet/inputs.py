"""The files that a prompt reads: found in it, kept in the store by their hash, named as a server has them.

It reads local files only where the caller names them: as a `Path` in the prompt, or in `inputs`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.raw_json import RawObject, as_object
from comfy_facade.uploads import UploadSource, opened
from comfy_fleet.prompt_task import StoredInput
from comfy_fleet.store import Store

InputSources = Mapping[str, UploadSource] | str | os.PathLike[str]
"""Files by the name that a prompt uses for them, or a directory in which they lie under those names."""


def named_inputs(prompt: RawObject, sources: InputSources | None) -> dict[str, UploadSource]:
    """Find the files that a prompt names.

    Args:
        prompt: In API format; a value may be a `Path` of a local file.
        sources: Where other names are found.

    Returns:
        The sources by the name as text.

    Raises:
        InvalidWorkflowError: A file was given that the prompt does not name.
    """
    values = [value for node in prompt.values() for value in as_object(as_object(node).get("inputs")).values()]
    found: dict[str, UploadSource] = {str(value): value for value in values if isinstance(value, Path)}
    texts = {value for value in values if isinstance(value, str)}
    if sources is None:
        return found
    if isinstance(sources, Mapping):
        unused = [name for name in sources if name not in texts and name not in found]
        if unused:
            raise InvalidWorkflowError(f"no input of the prompt names {', '.join(map(repr, unused))}: check inputs=")
        return found | dict(sources)
    directory = Path(sources)
    return found | {name: path for name in texts if (path := _within(directory, name)) is not None}


def plain_prompt(prompt: RawObject) -> dict[str, Any]:
    """Give a prompt whose paths are text, fit for JSON.

    Args:
        prompt: In API format.

    Returns:
        A copy.
    """

    def replace(value: Any) -> Any:
        return str(value) if isinstance(value, Path) else value

    return _replaced(prompt, replace)


def with_server_names(prompt: RawObject, names: Mapping[str, str]) -> dict[str, Any]:
    """Name files as a server has them.

    Args:
        prompt: In API format.
        names: The server's names by those in the prompt.

    Returns:
        A copy.
    """

    def replace(value: Any) -> Any:
        return names.get(value, value) if isinstance(value, str) else value

    return _replaced(prompt, replace)


def keep_input(source: UploadSource, name: str, store: Store) -> StoredInput:
    """Put a file into the store under its hash, unless it is there.

    Args:
        source: The file.
        name: What the prompt calls it.
        store: The store.

    Returns:
        The file in the store.

    Raises:
        FileNotFoundError: There is no such local file.
        StoreFailedError: It cannot be written.
    """
    with opened(source, Path(name).name or "input") as upload:
        data = upload.file.read()
    kept = StoredInput(hashlib.sha256(data).hexdigest(), len(data), Path(name).suffix.lower())
    if not store.exists(kept.path, kept.size):
        store.write(kept.path, data)
    return kept


def _replaced(prompt: RawObject, replace: Callable[[Any], Any]) -> dict[str, Any]:
    return {
        node_id: {
            **as_object(node),
            "inputs": {name: replace(value) for name, value in as_object(as_object(node).get("inputs")).items()},
        }
        for node_id, node in prompt.items()
    }


def _within(directory: Path, name: str) -> Path | None:
    if not name or len(name) > 255 or "\0" in name or "\n" in name:
        return None
    path = (directory / name).resolve()
    return path if path.is_relative_to(directory.resolve()) and path.is_file() else None
