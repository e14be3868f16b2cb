"""Errors as JSON and back, so that a submitter gets the error that the worker had, with all its data.

Pure. Only errors of this SDK are rebuilt by their own class; whatever else a record names becomes a
`WorkerFailedError`, so that a record can never make a program import or construct anything.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final, cast

import comfy_facade.errors
import comfy_fleet.errors
from comfy_facade.errors import ComfyUIError
from comfy_facade.raw_json import RawObject, as_list, as_object
from comfy_fleet.errors import WorkerFailedError

_KINDS: Final[Mapping[str, type[ComfyUIError]]] = {
    name: kind
    for module in (comfy_facade.errors, comfy_fleet.errors)
    for name, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, ComfyUIError)
}


def reduce_error(error: BaseException) -> dict[str, Any]:
    """Make JSON of an error.

    Args:
        error: Any exception.

    Returns:
        A JSON object.
    """
    kind = type(error).__name__
    if not isinstance(error, ComfyUIError) or _KINDS.get(kind) is not type(error):
        return reduce_error(WorkerFailedError(kind, str(error)))
    data = {name: _plain(value) for name, value in vars(error).items() if not name.startswith("_")}
    tuples = [name for name, value in vars(error).items() if isinstance(value, tuple)]
    return {"kind": kind, "message": str(error), "data": data, "tuples": tuples}


def restore_error(record: RawObject) -> ComfyUIError:
    """Make an error of its JSON.

    Args:
        record: What `reduce_error` gave.

    Returns:
        An error of the same class with the same data.
    """
    message = str(record.get("message") or "no reason was kept")
    kind = _KINDS.get(str(record.get("kind")))
    if kind is None:
        return WorkerFailedError(str(record.get("kind") or "unknown"), message)
    error = kind.__new__(kind, message)
    error.args = (message,)
    tuples = set(as_list(record.get("tuples")))
    for name, value in as_object(record.get("data")).items():
        setattr(error, name, tuple(as_list(value)) if name in tuples else value)
    return error


def _plain(value: object) -> Any:
    match value:
        case None | str() | int() | float():
            return value
        case Mapping():
            return {str(key): _plain(part) for key, part in as_object(cast("object", value)).items()}
        case list() | tuple():
            return [_plain(part) for part in as_list(cast("object", value))]
        case _:
            return str(value)
