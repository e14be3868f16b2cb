"""A workflow from whatever people have at hand: dicts, text, paths, bytes, open files, media.

Duty: find the JSON, tell which of the two formats it is, and refuse what is neither with the place that is wrong. It
converts nothing.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, Literal, TypeGuard, cast

from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.raw_json import as_list, as_object
from comfy_facade.workflow.embedded import HEAD_SIZE, embedded_texts, is_container
from comfy_facade.workflow.json_kinds import is_list, is_mapping, is_object, kind_of
from comfy_facade.workflow.json_text import LONGEST_TEXT, check_depth, parse_json

LARGEST_IN_MEMORY: Final = 512 * 1024 * 1024
"""The most bytes that are taken into memory, of files that cannot be read here and there."""
_PIECE: Final = 1 << 20

WorkflowKind = Literal["api", "interface"]
"""`"api"` is what the server runs; `"interface"` is what the interface saves, and has to be converted."""


@dataclass(frozen=True, slots=True)
class Source:
    """What was found.

    Attributes:
        kind: Which format it is.
        content: The prompt, or the interface-format workflow.
        interface: The interface-format workflow that came with a prompt, if any.
        container: The kind of file that carried it, such as `"PNG"`; empty for plain JSON.
        is_borrowed: Whether the objects are the caller's, and so have to be copied.
    """

    kind: WorkflowKind
    content: dict[str, Any]
    interface: dict[str, Any] | None = None
    container: str = ""
    is_borrowed: bool = False


def read_source(source: object) -> Source:
    """Find the workflow in a source.

    Args:
        source: A dict, JSON text, a path, bytes or a binary file.

    Returns:
        The workflow; dicts are taken as they are, not copied.

    Raises:
        InvalidWorkflowError: There is none in it, or it is broken.
    """
    if is_mapping(source):
        check_depth(source, "the workflow")
        return replace(_recognise(source, "the workflow"), is_borrowed=True)
    if _is_bytes(source):
        return _read_file(io.BytesIO(bytes(source)), "the bytes")
    if isinstance(source, str) and source.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return _recognise(parse_json(source, "the text"), "the text")
    if isinstance(source, (str, Path)):
        return _read_path(Path(source))
    if hasattr(source, "__fspath__"):
        return read_source(os.fspath(cast("os.PathLike[str]", source)))
    if _stands_at_start(source):
        return _read_file(source, "the file")
    if callable(getattr(source, "read", None)):
        return _read_stream(cast("IO[Any]", source), "the file")
    raise _no_source(source)


def _is_bytes(source: object) -> TypeGuard[bytes | bytearray | memoryview[int]]:
    return isinstance(source, (bytes, bytearray, memoryview))


def _stands_at_start(source: object) -> TypeGuard[BinaryIO]:
    # Other files may seek as well, but some have to unpack all that comes before.
    return (
        isinstance(source, (io.BufferedReader, io.BufferedRandom, io.BytesIO))
        and source.seekable()
        and source.tell() == 0
    )


def _no_source(source: object) -> InvalidWorkflowError:
    return InvalidWorkflowError(
        f"a workflow is a dict, JSON text, a path, bytes or a binary file, not {type(source).__name__}"
    )


def _read_path(path: Path) -> Source:
    try:
        with path.open("rb") as file:
            return _read_file(file, str(path)) if file.seekable() else _read_stream(file, str(path))
    except (OSError, ValueError) as error:
        raise InvalidWorkflowError(f"cannot read {str(path)[:300]!r}: {error}") from error


def _read_stream(stream: IO[Any], place: str) -> Source:
    """Take what is left of an open file into memory: it may be text, a pipe, or a file that stands in its middle."""
    data = bytearray()
    while True:
        part: object = stream.read(_PIECE)
        if isinstance(part, str):
            part = part.encode("utf-8", "surrogatepass")
        if not isinstance(part, bytes):
            raise _no_source(stream)
        if not part:
            break
        data += part
        if len(data) > LONGEST_TEXT and not is_container(bytes(data[:HEAD_SIZE])):
            raise InvalidWorkflowError(f"{place}: more than {LONGEST_TEXT:,} bytes are more than a workflow has")
        if len(data) > LARGEST_IN_MEMORY:
            raise InvalidWorkflowError(
                f"{place}: more than {LARGEST_IN_MEMORY:,} bytes are not read into memory; save them, and pass the path"
            )
    return _read_file(io.BytesIO(data), place)


def _read_file(file: BinaryIO, place: str) -> Source:
    head = file.read(HEAD_SIZE)
    if is_container(head):
        return _read_container(file, place)
    size = file.seek(0, io.SEEK_END)
    if size > LONGEST_TEXT:
        raise InvalidWorkflowError(
            f"{place}: {size:,} bytes that are no picture, video, sound or model ComfyUI writes are more than a "
            f"workflow has (at most {LONGEST_TEXT:,})"
        )
    file.seek(0)
    # A device has no size, and may have no end.
    return _recognise(parse_json(file.read(LONGEST_TEXT + 1), place), place)


def _read_container(file: BinaryIO, place: str) -> Source:
    container, texts = embedded_texts(file, place)
    found: dict[str, Source] = {}
    faults: list[InvalidWorkflowError] = []
    for name, text in texts.items():
        try:
            found[name] = _recognise(parse_json(text.rstrip(b"\0"), f"{place}, {name!r}"), f"{place}, {name!r}")
        except InvalidWorkflowError as error:
            faults.append(error)
    api = next((source for source in found.values() if source.kind == "api"), None)
    interface = next((source for source in found.values() if source.kind == "interface"), None)
    if api is not None:
        return Source("api", api.content, interface.content if interface is not None else api.interface, container)
    if interface is not None:
        return Source("interface", interface.content, None, container)
    if faults:
        # One of the two texts is enough; only a file without a sound one is at fault.
        raise faults[0]
    raise InvalidWorkflowError(
        f"{place}: this {container} file carries no prompt and no workflow; was its metadata stripped, or switched off?"
    )


def _recognise(value: object, place: str) -> Source:
    if not is_mapping(value):
        raise InvalidWorkflowError(f"{place}: a workflow is a JSON object, not {kind_of(value)}")
    raw = dict(value)
    if is_list(raw.get("nodes")):
        return Source("interface", _checked_interface(raw, place))
    inner = raw.get("prompt")
    if is_object(inner) and "class_type" not in raw:
        extra = as_object(as_object(raw.get("extra_data")).get("extra_pnginfo")).get("workflow")
        return Source("api", _checked_api(inner, f"{place}, 'prompt'"), extra if is_object(extra) else None)
    if any("class_type" in as_object(node) for node in raw.values()):
        return Source("api", _checked_api(raw, place))
    if "nodes" in raw:
        raise InvalidWorkflowError(f"{place}: 'nodes' is {kind_of(raw['nodes'])}, but should be an array")
    raise InvalidWorkflowError(
        f"{place}: neither a prompt in API format (node ids with 'class_type' and 'inputs') nor a workflow of the "
        f"interface (with 'nodes' and 'links')"
    )


def _checked_api(prompt: dict[str, Any], place: str) -> dict[str, Any]:
    if not prompt:
        raise InvalidWorkflowError(f"{place}: the prompt holds no nodes")
    for node_id, node in prompt.items():
        where = f"{place}: node {str(node_id)[:80]!r}"
        if not is_mapping(node):
            raise InvalidWorkflowError(f"{where} is {kind_of(node)}, but should be an object")
        if not isinstance(node.get("class_type", ""), str):
            raise InvalidWorkflowError(f"{where}: 'class_type' is {kind_of(node['class_type'])}, but should be text")
        if not is_mapping(node.get("inputs", {})):
            raise InvalidWorkflowError(f"{where}: 'inputs' is {kind_of(node['inputs'])}, but should be an object")
    return prompt


def _checked_interface(workflow: dict[str, Any], place: str) -> dict[str, Any]:
    _check_graph(workflow, place)
    definitions = as_object(workflow.get("definitions"))
    for index, raw in enumerate(as_list(definitions.get("subgraphs"))):
        where = f"{place}: definitions.subgraphs[{index}]"
        if not is_object(raw):
            raise InvalidWorkflowError(f"{where} is {kind_of(raw)}, but should be an object")
        _check_graph(raw, where)
    return workflow


def _check_graph(graph: dict[str, Any], place: str) -> None:
    for index, node in enumerate(as_list(graph.get("nodes"))):
        if not is_object(node):
            raise InvalidWorkflowError(f"{place}: nodes[{index}] is {kind_of(node)}, but should be an object")
        for key, kinds in (("id", (int, str)), ("type", (str,))):
            if not isinstance(node.get(key), kinds):
                raise InvalidWorkflowError(f"{place}: nodes[{index}] has no {key!r}")
    links = graph.get("links")
    if links is not None and not is_list(links) and not is_object(links):
        raise InvalidWorkflowError(f"{place}: 'links' is {kind_of(links)}, but should be an array")
