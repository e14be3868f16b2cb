"""The behaviour of runs, on emulated servers."""

from tests.behaviour.events import EventBehaviour
from tests.behaviour.runs import RunBehaviour


class TestRuns(RunBehaviour):
    """Every behaviour, on each emulated version."""


class TestEvents(EventBehaviour):
    """What the websocket tells, on each emulated version."""
