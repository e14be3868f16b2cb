"""The real server at `COMFYUI_URL`."""

from __future__ import annotations

import pytest

from tests.servers import ServerUnderTest, live_server


@pytest.fixture(scope="session")
def server() -> ServerUnderTest:
    """The real server; tests are skipped where there is none."""
    return live_server()
