"""The servers that suites run against."""

from __future__ import annotations

import os
from dataclasses import dataclass

import httpx
import pytest

URL_VARIABLE = "COMFYUI_URL"


@dataclass(frozen=True)
class ServerUnderTest:
    """A ComfyUI server, emulated or real."""

    url: str
    version: str

    @property
    def is_old(self) -> bool:
        """Whether it is of the generation that has neither jobs nor checked prompt ids."""
        return self.version.startswith("0.3.")


def live_server() -> ServerUnderTest:
    """The server at `COMFYUI_URL`; skips the test where that names none."""
    url = os.environ.get(URL_VARIABLE)
    if not url:
        pytest.skip(f"{URL_VARIABLE} names no server")
    with httpx.Client(base_url=url, timeout=30) as client:
        version = client.get("/api/system_stats").json()["system"]["comfyui_version"]
        if not client.get("/api/object_info/ProbeSteps").json():
            pytest.skip("the server has no probe nodes: copy tests/live/probe_nodes into its custom_nodes")
    return ServerUnderTest(url, version)
