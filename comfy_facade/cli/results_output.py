"""What a run gave, said to people and programs, and its files saved where they were asked for."""

from __future__ import annotations

import mimetypes
import secrets
from pathlib import Path
from typing import Any

from comfy_facade.cli.exit_codes import UsageProblemError
from comfy_facade.cli.output import Output
from comfy_facade.results import OutputFile, PromptResult
from comfy_facade.saving import free_path, written_whole


def check_directory(directory: Path | None) -> None:
    """Refuse, before anything runs, to save into what is no directory.

    Args:
        directory: Where files shall be saved to; it need not be there.

    Raises:
        UsageProblemError: Something else has its name.
    """
    if directory is not None and directory.exists() and not directory.is_dir():
        raise UsageProblemError(f"{str(directory)!r} is no directory", "-o takes the directory that files go to")


async def give_result(output: Output, result: PromptResult[OutputFile], directory: Path | None) -> None:
    """Say what a run gave, and save its files.

    Args:
        output: Where to.
        result: The result.
        directory: Where files are saved to, or `None` for their addresses alone. No file is ever replaced.
    """
    for file in result.files:
        record = file_record(file)
        if directory is None:
            output.result(record, file.url)
            continue
        path = await save_beside_others(file, directory)
        output.result({**record, "path": str(path)}, str(path))
    for index, image in enumerate(result.streamed_images):
        record = {"event": "image", "node_id": image.node_id, "mime_type": image.mime_type, "size": len(image)}
        if directory is None:
            output.record(record)
            output.note(f"an image of node {image.node_id} came over the socket; -o DIR saves it")
            continue
        suffix = mimetypes.guess_extension(image.mime_type) or ".bin"
        path = free_path(directory, f"{result.prompt_id[:8]}_{index:05}{suffix}")
        with written_whole(path) as target:
            target.write(image)
        output.result({**record, "path": str(path)}, str(path))
    for text in result.texts:
        output.result({"event": "text", "text": text}, text)


async def save_beside_others(file: OutputFile, directory: Path) -> Path:
    """Save a file and replace none.

    Args:
        file: The file.
        directory: Where to.

    Returns:
        Its path: its own name, or that with a number where it was taken.
    """
    # The free name is chosen last, so that no other file can take it while this one is read.
    free_path(directory, file.filename)
    partial = await file.save(directory / f".{secrets.token_hex(8)}.part")
    return partial.rename(free_path(directory, file.filename))


def file_record(file: OutputFile) -> dict[str, Any]:
    """Describe a file for programs.

    Args:
        file: The file.

    Returns:
        A JSON object.
    """
    return {
        "event": "file",
        "filename": file.filename,
        "subfolder": file.subfolder,
        "type": file.type,
        "kind": file.kind,
        "node_id": file.node_id,
        "node_title": file.node_title,
        "url": file.url,
    }


def done_record(result: PromptResult[OutputFile], seeds: dict[str, int]) -> dict[str, Any]:
    """Describe the end of a run that went well.

    Args:
        result: The result.
        seeds: The seeds that were set.

    Returns:
        A JSON object.
    """
    return {
        "event": "done",
        "prompt_id": result.prompt_id,
        "files": len(result.files),
        "seeds": seeds,
        "cached_nodes": sorted(result.cached_nodes),
        "node_errors": result.node_errors,
        "seconds": result.timings.total,
        "execution_seconds": result.timings.execution,
    }
