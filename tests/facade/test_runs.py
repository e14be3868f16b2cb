"""The behaviour of runs, on emulated servers."""

from tests.behaviour.runs import RunBehaviour


class TestRuns(RunBehaviour):
    """Every behaviour, on each emulated version."""
