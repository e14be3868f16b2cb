"""The REST contract as it is written: its operations, what each declares, and which of them a request belongs to.

Refusals: no I/O but reading the file, and no judgement; that is ``tests.openapi.contract``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests import yaml_documents

CONTRACT_PATH = Path(__file__).resolve().parents[2] / "openapi" / "comfyui.yaml"

_METHODS = ("get", "put", "post", "delete", "head", "patch")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract."""

    operation_id: str
    method: str
    path: str
    tag: str
    since: str | None
    definition: Mapping[str, Any]
    pointer: str
    """Where the definition is inside the document, as a JSON pointer."""

    def is_in(self, version: str) -> bool:
        """Tell whether a server of this version has the operation."""
        return self.since is None or _version_key(self.since) <= _version_key(version)


class ContractDocument:
    """The contract, read from its file."""

    def __init__(self, path: Path = CONTRACT_PATH) -> None:
        self.document: dict[str, Any] = yaml_documents.read(path)

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """All operations by ``operationId``."""
        found: dict[str, Operation] = {}
        for path, item in self.document["paths"].items():
            for method in _METHODS:
                if method not in item:
                    continue
                definition = item[method]
                found[definition["operationId"]] = Operation(
                    operation_id=definition["operationId"],
                    method=method,
                    path=path,
                    tag=definition["tags"][0],
                    since=definition.get("x-comfyui-since"),
                    definition=definition,
                    pointer=f"/paths/{escape(path)}/{method}",
                )
        return found

    def find(self, method: str, target: str) -> tuple[Operation, dict[str, str]] | None:
        """Find the operation of a request, and its path parameters, decoded."""
        path = urlsplit(target).path
        for candidate in (path, f"/api{path}"):
            for pattern, operation in self._patterns:
                if operation.method == method.lower() and (match := pattern.fullmatch(candidate)):
                    names = re.findall(r"\{(\w+)\}", operation.path)
                    return operation, dict(zip(names, map(unquote, match.groups()), strict=True))
        return None

    def parameters(self, operation: Operation) -> Iterator[tuple[Mapping[str, Any], str]]:
        """Yield the parameters of an operation, each with the JSON pointer of its schema."""
        for index, parameter in enumerate(operation.definition.get("parameters", ())):
            resolved, pointer = self.resolve(parameter, f"{operation.pointer}/parameters/{index}")
            yield resolved, f"{pointer}/schema"

    def responses(self, operation: Operation) -> dict[str, tuple[Mapping[str, Any], str]]:
        """Give the answers of an operation by status, each with its JSON pointer."""
        return {
            status: self.resolve(response, f"{operation.pointer}/responses/{status}")
            for status, response in operation.definition["responses"].items()
        }

    def resolve(self, value: Mapping[str, Any], pointer: str) -> tuple[Mapping[str, Any], str]:
        """Give what a value of the document stands for, and where that is, if it refers to another place."""
        reference = value.get("$ref")
        if reference is None:
            return value, pointer
        pointer = reference.removeprefix("#")
        target: Any = self.document
        for part in pointer.split("/")[1:]:
            target = target[part]
        return target, pointer

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], Operation]]:
        """Patterns of all paths; those with fewer parameters first, so that fixed words win over parameters."""
        ordered = sorted(self.operations.values(), key=lambda operation: operation.path.count("{"))
        return [(_path_pattern(operation.path), operation) for operation in ordered]


def _path_pattern(path: str) -> re.Pattern[str]:
    # The one parameter that may hold bare slashes is the last word of its path.
    parts = re.split(r"\{(\w+)\}", path)
    pattern = "".join(
        re.escape(part) if index % 2 == 0 else "(.+)" if part == "filename" else "([^/]+)"
        for index, part in enumerate(parts)
    )
    return re.compile(pattern)


def escape(part: str) -> str:
    """Write one step of a JSON pointer that goes into a URI fragment."""
    return part.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
