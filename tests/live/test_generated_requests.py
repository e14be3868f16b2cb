"""A real server answers requests that nobody thought of as the contract says.

Only what changes nothing is sent: reading, and posts about prompts that do not exist.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import pytest
from schemathesis import GenerationMode

from tests.openapi.document import Operation
from tests.openapi.generated_requests import CONTRACT, WRONG, ask

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

# Refused, or about what does not exist.
HARMLESS = {"queuePrompt", "cancelJob", "cancelJobs", "subscribeLogs"}

OPERATIONS = [
    operation
    for operation in CONTRACT.operations.values()
    if operation.method in ("get", "head") or operation.operation_id in HARMLESS
]


@pytest.fixture(scope="module")
def server() -> Iterator[httpx.Client]:
    url = os.environ.get("COMFYUI_URL")
    if not url:
        pytest.skip("COMFYUI_URL names no server")
    with httpx.Client(base_url=url, timeout=60) as client:
        users = client.get("/api/users").json().get("users")
        if users:
            client.headers["Comfy-User"] = next(iter(users))
        yield client


@pytest.fixture(scope="module")
def version(server: httpx.Client) -> str:
    found: str = server.get("/api/system_stats").json()["system"]["comfyui_version"]
    return found


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.operation_id)
def test_requests_are_answered_by_contract(
    operation: Operation, mode: GenerationMode, server: httpx.Client, version: str
) -> None:
    if not operation.is_in(version):
        pytest.skip(f"{version} does not have it")
    if mode is GenerationMode.NEGATIVE and operation.operation_id not in WRONG:
        pytest.skip("the contract forbids nothing there")
    user = {name: value for name, value in server.headers.items() if name == "comfy-user"}
    assert ask(str(server.base_url).rstrip("/"), operation.operation_id, mode, headers=user) > 0
