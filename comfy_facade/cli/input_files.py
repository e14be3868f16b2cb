"""What the files hold that the command line names: workflows and node definitions, from files, pipes, standard input.

It reads no more than a bound of what has no size of its own, and waits for none of it longer than the command lives.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from comfy_facade.cli.exit_codes import UsageProblemError
from comfy_facade.cli.printable import size_text
from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.raw_json import as_object
from comfy_facade.workflow import Workflow
from comfy_facade.workflow.json_text import check_depth

# More than any video that is worth a pipe; a file of any size can be named instead.
_LONGEST = 256 * 1024 * 1024
_CHUNK: Final = 1024 * 1024
_STANDARD_INPUT: Final = "standard input"

ReadT = TypeVar("ReadT")


async def load_workflow(source: str) -> Workflow:
    """Load the workflow that the command line names.

    Args:
        source: A path, or `-` for standard input.

    Returns:
        The workflow.

    Raises:
        UsageProblemError: There is no such file, or it has no end.
        InvalidWorkflowError: It holds no workflow.
    """
    path = None if source == "-" else Path(source)
    _check(path, "WORKFLOW is a file, or - for standard input")
    if path is not None and await asyncio.to_thread(path.is_file):
        return await asyncio.to_thread(Workflow.load, path)
    place = _STANDARD_INPUT if path is None else source
    content = await _read(path)
    if not content:
        raise InvalidWorkflowError(f"{place} is empty")
    try:
        return await asyncio.to_thread(Workflow.load, content)
    except InvalidWorkflowError as error:
        # Of bytes it cannot say where they are from.
        raise InvalidWorkflowError(str(error).replace("the bytes", place, 1)) from error


async def load_definitions(file: Path) -> Mapping[str, Any]:
    """Load the node definitions that the command line names.

    Args:
        file: A file with the answer of `GET /object_info`.

    Returns:
        The definitions by class name; at least one.

    Raises:
        UsageProblemError: There is no such file, or it holds no definitions.
    """
    _check(file, "--node-defs takes a file")
    content = await _read(file)
    return await asyncio.to_thread(_definitions, content, file)


def _definitions(content: bytes, file: Path) -> Mapping[str, Any]:
    advice = "save the answer of /object_info in it"
    try:
        value = json.loads(content)
        check_depth(value, str(file))
    except RecursionError:
        raise UsageProblemError(f"{file} is nested too deeply", advice) from None
    except InvalidWorkflowError as error:
        raise UsageProblemError(str(error), advice) from None
    except ValueError:
        raise UsageProblemError(f"{file} is no JSON", advice) from None
    definitions = as_object(value)
    if not definitions:
        raise UsageProblemError(f"{file} holds no node definitions", advice)
    for name, definition in definitions.items():
        if not isinstance(as_object(definition).get("input"), Mapping):
            raise UsageProblemError(f"{file}: {name!r} is no definition of a node class", advice)
    return definitions


def _check(path: Path | None, advice: str) -> None:
    if path is None and sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - closed before the start
        raise UsageProblemError(f"{_STANDARD_INPUT} is closed", advice)
    if path is not None and path.is_dir():
        raise UsageProblemError(f"{str(path)!r} is a directory", advice)
    if path is not None and not path.exists():
        raise UsageProblemError(f"there is no file {str(path)!r}", advice)


async def _read(path: Path | None) -> bytes:
    content = await _abandonable(lambda: _bounded(path))
    if len(content) > _LONGEST:
        place = _STANDARD_INPUT if path is None else repr(str(path))
        raise UsageProblemError(f"{place} gives more than {size_text(_LONGEST)}", "name a file that holds less")
    return content


def _bounded(path: Path | None) -> bytes:
    # Without a buffer, which would be locked by a read that was left behind.
    with open(sys.stdin.fileno() if path is None else path, "rb", buffering=0, closefd=path is not None) as file:
        chunks: list[bytes] = []
        left = _LONGEST + 1
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            chunks.append(chunk)
            left -= len(chunk)
    return b"".join(chunks)


async def _abandonable(read: Callable[[], ReadT]) -> ReadT:
    """Read in a thread that may be left behind, for nothing ends the wait for a pipe that nobody writes into."""
    future: concurrent.futures.Future[ReadT] = concurrent.futures.Future()

    def work() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            content = read()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            future.set_exception(error)
        else:
            future.set_result(content)

    threading.Thread(target=work, name="comfy-facade input", daemon=True).start()
    return await asyncio.wrap_future(future)
