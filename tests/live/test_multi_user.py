"""Several users, on a real server that was started with `--multi-user`."""

from __future__ import annotations

import httpx
import pytest

from tests.behaviour.users import MultiUserBehaviour
from tests.servers import ServerUnderTest, live_server


@pytest.fixture(scope="module")
def server() -> ServerUnderTest:
    """The real server; tests are skipped where it keeps one user."""
    server = live_server()
    if "users" not in httpx.get(f"{server.url}/users").json():
        pytest.skip("the server keeps one user: start it with --multi-user")
    return server


@pytest.mark.live
class TestMultiUser(MultiUserBehaviour):
    """Every behaviour, on a real server."""
