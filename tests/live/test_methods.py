"""The behaviour of the methods beside runs, on the real server at `COMFYUI_URL`."""

import pytest

from tests.behaviour.methods import MethodBehaviour


@pytest.mark.live
class TestMethods(MethodBehaviour):
    """Every behaviour, on the real server at `COMFYUI_URL`."""
