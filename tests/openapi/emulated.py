"""Emulated servers to talk with, as differently set up as answers differ."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from PIL import Image

import comfy_emulator
from tests import plain_http
from tests.openapi.contract import Contract
from tests.openapi.conversation import Session
from tests.openapi.requests import CONVERSATIONS
from tests.openapi.sending import Send

SETUPS: Final[dict[str, dict[str, Any]]] = {
    "0.33.0": {"version": "0.33.0"},
    "0.33.0 with users and assets": {"version": "0.33.0", "multi_user": True, "enable_assets": True},
    "0.3.64": {"version": "0.3.64"},
}
"""By a name for each, what servers are started with."""

EVERYTHING: Final = "0.33.0 with users and assets"
"""The one that has all operations, each ready to succeed."""

_UPLOAD_LIMIT: Final = 1 << 16


@contextmanager
def emulated(setup: str) -> Iterator[comfy_emulator.RunningServer]:
    """Run a server that has a model with a picture, and a limit that uploads can reach in no time."""
    with comfy_emulator.running(max_upload_size=_UPLOAD_LIMIT, **SETUPS[setup]) as server:
        for model in (server.base_directory / "models" / "checkpoints").glob("*.safetensors"):
            Image.new("RGB", (8, 8), "olive").save(model.with_suffix(".png"))
        yield server


def talked(setup: str, url: str, send: Send, contract: Contract) -> Session:
    """Have all conversations with an emulated server."""
    options = SETUPS[setup]
    session = Session(
        contract,
        send,
        options["version"],
        assets=options.get("enable_assets", False),
        multi_user=options.get("multi_user", False),
        shared=False,
    )
    if session.multi_user:
        session.user = plain_http.post(f"{url}/api/users", json={"username": "somebody"}).json()
    for converse in CONVERSATIONS:
        converse(session)
    return session
