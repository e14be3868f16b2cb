"""Finds the generated module of an operation, and reads answers through it.

Duty: the one place in these tests that knows how the generator names modules and functions.
"""

from __future__ import annotations

import re
from importlib import import_module
from types import ModuleType

import httpx
from comfy_rest import Client
from comfy_rest.types import File, Response, Unset

from tests.openapi.document import Operation

CLIENT = Client(base_url="http://comfyui.invalid", raise_on_unexpected_status=True)


def module_of(operation: Operation) -> ModuleType:
    """Import the generated module of an operation."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation.operation_id).lower()
    return import_module(f"comfy_rest.api.{operation.tag}.{name}")


def read_answer(operation: Operation, response: httpx.Response) -> object:
    """Read an answer as the generated client does.

    Raises:
        comfy_rest.errors.UnexpectedStatus: The contract does not know the answer.
    """
    built: Response[object] = module_of(operation)._build_response(client=CLIENT, response=response)
    return built.parsed


def plain(value: object) -> object:
    """Turn what the generated client read back into plain JSON values."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, File):
        return value.payload.read()
    if hasattr(value, "to_dict"):
        return value.to_dict()
    assert not isinstance(value, Unset)
    return value
