"""What a fleet gives back: the result of one server, with files that lie in the store.

Results travel as JSON, a manifest of names, sizes and hashes; the bytes are read from the store when they are wanted.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from comfy_facade.outputs import FileReference
from comfy_facade.raw_json import RawObject, as_list, as_number, as_object
from comfy_facade.results import FileT, OutputFile, PromptResult, StrPath, Timings
from comfy_facade.saving import target_path, written_whole
from comfy_facade.streamed_image import StreamedImage
from comfy_fleet.errors import StoreFailedError
from comfy_fleet.prompt_task import PromptTask, seeds_of_json, seeds_to_json
from comfy_fleet.store import Store, StoredFile

_FILE_FIELDS: Final = ("filename", "subfolder", "type", "node_id", "output_name", "node_title", "is_animated")


@frozen
class _InStore(FileReference):
    """A file of a result, in the store.

    Attributes:
        path: Where it lies below the store.
        size: In bytes.
        sha256: The hash of its bytes, in hexadecimal.
    """

    path: str = ""
    size: int = 0
    sha256: str = ""
    _store: Store | None = field(default=None, alias="store", repr=False, eq=False)

    def _read_now(self) -> bytes:
        data = self._kept_in().read(self.path)
        self._check(hashlib.sha256(data).hexdigest())
        return data

    def _save_now(self, to: StrPath) -> Path:
        path = target_path(self.filename, to)
        digest = hashlib.sha256()
        with closing(self._kept_in().pieces(self.path)) as pieces, written_whole(path) as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
            self._check(digest.hexdigest())
        return path

    def _kept_in(self) -> Store:
        if self._store is None:
            raise StoreFailedError(self.path, "this file was made by hand and belongs to no store")
        return self._store

    def _check(self, sha256: str) -> None:
        if sha256 != self.sha256:
            raise StoreFailedError(self.path, "its bytes are not those that the worker wrote")


@frozen
class FleetFile(_InStore):
    """A file that a run made, in the store.

    Attributes:
        path: Where it lies below the store.
        size: In bytes.
        sha256: The hash of its bytes, in hexadecimal.
    """

    async def read(self) -> bytes:
        """Read the whole file from the store and check its hash.

        Returns:
            Its bytes.

        Raises:
            StoreFailedError: It cannot be read, or is not what the worker wrote.
        """
        return await asyncio.to_thread(self._read_now)

    async def save(self, to: StrPath) -> Path:
        """Copy the file out of the store.

        Args:
            to: A directory, or the path of the file to write, see `OutputFile.save`.

        Returns:
            The path of the copy.

        Raises:
            StoreFailedError: It cannot be read, or is not what the worker wrote.
            UnsafePathError: The server gave a name that is no plain file name.
        """
        return await asyncio.to_thread(self._save_now, to)


@frozen
class SyncFleetFile(_InStore):
    """A file that a run made, in the store, as `Fleet` gives it: the same without `await`.

    Attributes:
        path: Where it lies below the store.
        size: In bytes.
        sha256: The hash of its bytes, in hexadecimal.
    """

    def read(self) -> bytes:
        """Read the whole file, see `FleetFile.read`.

        Returns:
            Its bytes.
        """
        return self._read_now()

    def save(self, to: StrPath) -> Path:
        """Copy the file out of the store, see `FleetFile.save`.

        Args:
            to: A directory, or the path of the file to write.

        Returns:
            The path of the copy.
        """
        return self._save_now(to)


@frozen
class FleetResult(PromptResult[FileT]):
    """What a run gave, wherever it ran.

    Attributes:
        worker: The worker whose server ran it.
        attempt: Which start it was: 1 unless servers or workers were lost.
    """

    worker: str = ""
    attempt: int = 1


def manifest(
    task: PromptTask,
    result: PromptResult[OutputFile],
    files: list[StoredFile],
    streamed: list[StoredFile],
    *,
    worker: str,
    attempt: int,
) -> dict[str, Any]:
    """Make JSON of a result.

    Args:
        task: What was asked for.
        result: What the server gave.
        files: Its files as they lie in the store, in their order.
        streamed: Its streamed images likewise.
        worker: The worker's name.
        attempt: Which start it was.

    Returns:
        A JSON object.
    """
    timings = result.timings
    return {
        "prompt_id": task.prompt_id,
        "worker": worker,
        "attempt": attempt,
        "prompt": task.prompt,
        "seeds": seeds_to_json(task.seeds),
        "files": [
            {**{name: getattr(file, name) for name in _FILE_FIELDS}, **_stored_to_json(kept)}
            for file, kept in zip(result.files, files, strict=True)
        ],
        "streamed": [
            {"node_id": image.node_id, "mime_type": image.mime_type, **_stored_to_json(kept)}
            for image, kept in zip(result.streamed_images, streamed, strict=True)
        ],
        "texts": list(result.texts),
        "outputs": result.outputs,
        "node_errors": result.node_errors,
        "cached_nodes": sorted(result.cached_nodes),
        "timings": [timings.started_at, timings.ended_at, timings.total],
        "events_complete": result.events_complete,
    }


async def result_of(raw: RawObject, store: Store) -> FleetResult[FleetFile]:
    """Make a result of its manifest; only streamed images are read from the store now.

    Args:
        raw: What `manifest` gave.
        store: The store.

    Returns:
        The result.

    Raises:
        StoreFailedError: A streamed image cannot be read.
    """
    files = tuple(_file_of_json(as_object(file), store) for file in as_list(raw.get("files")))
    streamed: list[StreamedImage] = []
    for image in map(as_object, as_list(raw.get("streamed"))):
        data = await asyncio.to_thread(store.read, str(image["path"]))
        streamed.append(StreamedImage(data, str(image["node_id"]), str(image["mime_type"])))
    outputs: Mapping[str, RawObject] = {node: as_object(output) for node, output in as_object(raw["outputs"]).items()}
    return FleetResult(
        prompt_id=str(raw["prompt_id"]),
        images=tuple(file for file in files if file.is_image),
        files=files,
        texts=tuple(str(text) for text in as_list(raw.get("texts"))),
        outputs=outputs,
        streamed_images=tuple(streamed),
        seeds=seeds_of_json(as_list(raw.get("seeds"))),
        prompt=as_object(raw.get("prompt")),
        node_errors=as_object(raw.get("node_errors")),
        cached_nodes=frozenset(str(node) for node in as_list(raw.get("cached_nodes"))),
        timings=Timings(*(as_number(value) for value in as_list(raw["timings"]))),
        events_complete=bool(raw.get("events_complete")),
        worker=str(raw.get("worker") or ""),
        attempt=int(as_number(raw.get("attempt")) or 1),
    )


def sync_result(result: FleetResult[FleetFile]) -> FleetResult[SyncFleetFile]:
    """Make the synchronous side of a result.

    Args:
        result: The result.

    Returns:
        The same result, whose files need no `await`.
    """
    files = tuple(_sync_file(file) for file in result.files)
    return FleetResult(
        prompt_id=result.prompt_id,
        images=tuple(file for file in files if file.is_image),
        files=files,
        texts=result.texts,
        outputs=result.outputs,
        streamed_images=result.streamed_images,
        seeds=result.seeds,
        prompt=result.prompt,
        node_errors=result.node_errors,
        cached_nodes=result.cached_nodes,
        timings=result.timings,
        events_complete=result.events_complete,
        worker=result.worker,
        attempt=result.attempt,
    )


def _stored_to_json(file: StoredFile) -> dict[str, Any]:
    return {"path": file.path, "size": file.size, "sha256": file.sha256}


def _file_of_json(raw: RawObject, store: Store) -> FleetFile:
    fields = {name: raw[name] for name in _FILE_FIELDS}
    return FleetFile(**fields, path=raw["path"], size=raw["size"], sha256=raw["sha256"], store=store)


def _sync_file(file: FleetFile) -> SyncFleetFile:
    fields = {name: getattr(file, name) for name in _FILE_FIELDS}
    # The two are sides of one value.
    store = file._store  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return SyncFleetFile(**fields, path=file.path, size=file.size, sha256=file.sha256, store=store)
