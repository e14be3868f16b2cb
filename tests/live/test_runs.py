"""The behaviour of runs, on the real server at `COMFYUI_URL`."""

import pytest

from tests.behaviour.events import EventBehaviour
from tests.behaviour.runs import RunBehaviour


@pytest.mark.live
class TestRuns(RunBehaviour):
    """Every behaviour, on a real server with the probe nodes."""


@pytest.mark.live
class TestEvents(EventBehaviour):
    """What the websocket tells, on a real server with the probe nodes."""
